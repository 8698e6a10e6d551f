import { describe, expect, it } from 'vitest';
import { asJson, type Code, finding, inWords, texts } from '../../../../firmware/command/doctor/finding.ts';
import { languages } from '../../../../firmware/contract/language.ts';

const codes = Object.keys(texts) as Code[];
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe('the texts of the doctor', () => {
  it.each(codes)('%s is said in both languages, of the same measurements, and a fault has a next step', (code) => {
    const { degree, found, next } = texts[code];
    for (const words of [found, ...(next === undefined ? [] : [next])]) {
      for (const lang of languages) expect(words[lang]).toMatch(/\S.*\.$/);
      expect(words.vi).not.toBe(words.en);
      expect([...new Set(names(words.vi))]).toEqual([...new Set(names(words.en))]);
    }
    if (degree === 'fault') expect(next).toBeDefined();
  });

  it('carry the code, fit into 100 columns, and let no name steer the terminal', () => {
    for (const lang of languages) {
      const text = inWords(finding('centre.unreachable', { host: 'evil\x1b[2J\nhost', port: 8883, reason: 'x '.repeat(200) }), lang);
      expect(text).toContain('[centre.unreachable]');
      expect(text).toContain('8883');
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    }
  });

  it('are JSON for a program, which is not translated', () => {
    expect(asJson(finding('disk.full', { path: '/', freeMiB: 12 }))).toBe('{"code":"disk.full","degree":"fault","path":"/","freeMiB":12}');
  });
});
