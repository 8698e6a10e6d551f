import { describe, expect, it } from 'vitest';
import { alertKinds, stages } from '../../../firmware/contract/alert.ts';
import { alertInWords, growthInWords, updateInWords } from '../../../firmware/contract/alert-words.ts';
import { alertOf } from '../../centre/alert-sample.ts';

describe('an alert in words', () => {
  it.each(['vi', 'en'] as const)('tells in %s which machine, what it contacted, how sure we are, and what to do', (lang) => {
    const alert = alertOf();
    const text = alertInWords(alert, lang).replaceAll(/\s+/g, ' ');
    for (const part of ['192.168.10.21', '02:00:5e:00:53:01', 'KETOAN-PC', 'VLAN 10', 'UBND huyện Mẫu', 'demo-box'])
      expect(text).toContain(part);
    for (const part of ['evil.example', 'cdn.evil.example', '203.0.113.9', '443', 'TestRAT', 'IT centre']) expect(text).toContain(part);
    for (const part of ['85 %', 'labels matched = 2', alert.advice[lang], 'contact', '(3/4)']) expect(text).toContain(part);
  });

  it('names kind and stage in the language of the reader', () => {
    expect(alertInWords(alertOf({ stage: 'exchange' }), 'vi')).toContain('đã trao đổi dữ liệu hai chiều');
    expect(alertInWords(alertOf({ stage: 'exchange' }), 'en')).toContain('data went both ways');
    for (const kind of alertKinds) {
      for (const stage of stages) {
        const alert = alertOf({ kind, stage });
        expect(alertInWords(alert, 'vi').split('\n')[0]).not.toBe(alertInWords(alert, 'en').split('\n')[0]);
      }
    }
  });

  it('tells the time as a clock in Vietnam shows it', () => {
    expect(alertInWords(alertOf(), 'vi')).toContain('21/01/2026 01:30:05');
  });

  it('tells of a contact in the past when that was, not when it was found', () => {
    const retro = { firstSeen: '2026-01-02T00:00:00Z', lastSeen: '2026-01-09T00:00:00Z', days: 3, count: 17 };
    const text = alertInWords(alertOf({ retro }), 'en').replaceAll(/\s+/g, ' ');
    expect(text).toContain('in the memory of the box: first 02/01/2026 07:00:00, last 09/01/2026 07:00:00 (Vietnam time), 17 times');
    expect(alertInWords(alertOf({ retro }), 'vi')).toContain('trong trí nhớ của thiết bị');
  });

  it('says that watch is heightened', () => {
    expect(
      alertInWords(alertOf({ duty: 'Tết 2027' }), 'vi')
        .split(/\n(?! {3})/)[0]
        ?.replaceAll(/\s+/g, ' '),
    ).toContain('đang trực tăng cường: Tết 2027');
  });

  it('does without what is not known', () => {
    const { match: _, agency: __, ...least } = alertOf({ host: { ip: '192.168.10.21' }, remote: {}, net: { proto: 'udp' } });
    for (const lang of ['vi', 'en'] as const) {
      const text = alertInWords(least, lang);
      expect(text).toContain('192.168.10.21');
      expect(text).not.toMatch(/undefined|null|\(\)/);
    }
  });

  it('lets no name from the wire steer the terminal', () => {
    const nasty = 'evil\x1b[2J\x07\r\n\u202eexample';
    const text = alertInWords(alertOf({ host: { ip: '192.168.10.21', name: nasty }, remote: { name: nasty } }), 'en');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const labels = text.split('\n').filter((line) => /^ {3}\S/.test(line));
    expect(labels).toHaveLength(6);
  });

  it('says anew what to do where it became worse', () => {
    const text = growthInWords(alertOf({ rev: 2, stage: 'exchange', severity: 4 }), 'vi');
    expect(text).toContain('■ KHẨN CẤP (4/4)');
    expect(text).toContain('192.168.10.21 → cdn.evil.example: đã trao đổi dữ liệu hai chiều');
    expect(text).toContain('Ngắt máy khỏi mạng.');
  });

  it('is one line where only its count grew', () => {
    const text = updateInWords(alertOf({ rev: 2, count: 9, state: 'closed' }), 'en');
    expect(text).toBe('Update: 192.168.10.21 → cdn.evil.example: it was answered, 9 times, closed');
  });

  it('fits into 100 columns, and cuts no word', () => {
    const long = 'Rút cáp mạng nhưng không tắt máy. '.repeat(12).trim();
    const alert = alertOf({ advice: { vi: long, en: long } });
    for (const text of [alertInWords(alert, 'vi'), growthInWords(alert, 'en')]) {
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
      expect(text.replaceAll(/\s+/g, ' ')).toContain(long);
    }
  });

  it('says nothing twice: what other rows tell is no reason once more', () => {
    const match = { type: 'domain', value: 'evil.example', observed: 'cdn.evil.example' };
    const reasons = [
      { measured: 'name asked of DNS', value: 'cdn.evil.example', threshold: 'evil.example' },
      { measured: 'stage reached', value: 'contact' },
      { measured: 'times seen', value: 4, threshold: 1 },
    ];
    expect(alertInWords(alertOf({ match, reasons }), 'en')).toContain('85 %, because of: name asked of DNS\n');
    expect(alertInWords(alertOf({ match, reasons }), 'vi')).toContain('85 %, vì thấy: tên miền được hỏi qua DNS\n');
  });
});
