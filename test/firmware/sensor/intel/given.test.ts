import { describe, expect, test } from 'vitest';
import { givenSet } from '../../../../firmware/sensor/intel/given.ts';
import { givenFaults } from '../../../../firmware/sensor/intel/given-faults.ts';
import { givenSchema } from '../../../../firmware/sensor/intel/given-options.ts';
import type { Indicators } from '../../../../firmware/sensor/intel/indicator.ts';
import { joined } from '../../../../firmware/sensor/intel/sources.ts';
import { askAddress, setOf } from './lists.ts';

const comment = 'asked for by VNCERT, 17:40';
const given = (indicators: object[], allowances: object[] = []) =>
  givenSchema.parse({
    indicators: indicators.map((one) => ({ comment, ...one })),
    allowances: allowances.map((one) => ({ comment, ...one })),
  });
const setFrom = (indicators: object[], allowances: object[] = []) => givenSet(given(indicators, allowances), 'centre')!;
const noonMs = Date.parse('2026-11-23T12:00:00Z');

describe('indicators of a configuration', () => {
  test('match like those of a list, with who gave them, why, and how sure', () => {
    const set = setFrom([
      { value: 'evil[.]example', family: 'Emotet', tlp: 'amber', reference: 'https://vncert.example/7' },
      { value: ' 203.0.113.0/24 ', confidence: 40 },
      { value: 'http://h.example/gate.php' },
      { value: 'a'.repeat(32) },
    ]);
    expect(set.domain('www.evil.example', noonMs)).toMatchObject({
      ...{ value: 'evil.example', family: 'Emotet', tlp: 'amber', source: 'centre', confidence: 90, reference: 'https://vncert.example/7' },
    });
    expect(askAddress(set, '203.0.113.9')).toMatchObject({ value: '203.0.113.0/24', confidence: 40, reference: comment });
    expect(set.url('h.example', '/gate.php?x=1', noonMs)?.source).toBe('centre');
    expect(set.fingerprint('ja3', 'a'.repeat(32), noonMs)?.source).toBe('centre');
  });

  test('count until the time that was given, by the time of the frame', () => {
    const set = setFrom(
      [{ value: 'evil.example', until: '2026-11-23T12:00:00Z' }],
      [{ value: 'ok.evil.example', until: '2026-11-23T11:00:00Z' }],
    );
    expect(set.domain('evil.example', noonMs)?.validUntilMs).toBe(noonMs);
    expect(set.domain('evil.example', noonMs + 1000)).toBeUndefined();
    expect(set.domain('ok.evil.example', noonMs - 3_600_000)).toBeUndefined();
    expect(set.domain('ok.evil.example', noonMs)?.value).toBe('evil.example');
  });

  test('have equal rights with lists: an allowance of either counts against an indicator of the other', () => {
    const ask = (set: Indicators) => ['a.example', 'b.example', 'c.example'].map((name) => set.domain(name, noonMs)?.source);
    const list = setOf({ value: 'a.example', source: 'list' }, { value: 'b.example', source: 'list' }, { value: 'c.example', allow: true });
    const ours = setFrom([{ value: 'b.example' }, { value: 'c.example' }], [{ value: 'a.example' }]);
    for (const parts of [
      [list, ours],
      [ours, list],
    ])
      expect(ask(joined(parts))).toEqual([undefined, expect.any(String), undefined]);
  });

  test('are no set at all where there are none: nobody asks an empty one', () => {
    expect(givenSet(given([]), 'centre')).toBeUndefined();
    const list = setOf('evil.example');
    expect(joined([list, undefined])).toBe(list);
    expect(joined([setOf(), list, undefined])).toBe(list);
  });

  test('give the same set for the same content, and another for another', () => {
    const bundle = (value: string) => setFrom([{ value }]).bundle;
    expect(bundle('evil.example')).toBe(bundle('evil.example'));
    expect(bundle('evil.example')).not.toBe(bundle('other.example'));
  });

  test('name each value that no detector could meet, with its place and the reason', () => {
    const document = given(
      [{ value: 'fine.example' }, { value: 'localhost' }, { value: '0.0.0.0/0' }],
      [{ value: '10.0.0.0/8' }, { value: 'x y' }],
    );
    expect(givenFaults(document)).toEqual([
      { path: 'indicators.1.value', message: 'not a domain: it needs at least two labels' },
      { path: 'indicators.2.value', message: 'too wide: an IPv4 network is /8 or smaller' },
      { path: 'allowances.1.value', message: 'space inside the value; write ua:… for a user agent' },
    ]);
    expect(givenFaults({})).toEqual([]);
  });

  test('leave out what is no value, and take the rest', () => {
    const set = setFrom([{ value: 'localhost' }, { value: 'evil.example' }]);
    expect([set.domain('evil.example', noonMs)?.value, set.counts.domain]).toEqual(['evil.example', 1]);
  });

  test('a thousand of them are ready in less time than anybody waits', () => {
    const thousand = Array.from({ length: 1000 }, (_, index) => ({ value: `h${index}.evil.example`, family: `f${index}` }));
    const document = given(thousand);
    const startMs = performance.now();
    expect(givenFaults(document)).toEqual([]);
    expect(givenSet(document, 'centre')?.counts.domain).toBe(1000);
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});
