import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { IndicatorFiles } from '../../../../firmware/sensor/intel/indicator-files.ts';
import { IntelError } from '../../../../firmware/sensor/intel/intel-error.ts';
import { ListReport } from '../../../../firmware/sensor/intel/read-list.ts';
import { emptyIndicators, indicatorsFrom, seedOf } from '../../../../firmware/sensor/intel/sources.ts';
import { askAddress, compileEntries, scratchFolder } from './lists.ts';

const scratch = scratchFolder();

describe('indicatorsFrom', () => {
  test('gives an empty set for no path', async () => {
    const set = await indicatorsFrom([]);
    expect([set.domain('evil.example', 0), set.allowances, set.bundle]).toEqual([undefined, 0, emptyIndicators().bundle]);
  });

  test('reads lists and compiled sets in any mix, and names the file as the source', async () => {
    const list = scratch.write('feed one.txt', 'evil.example\nnot-a-name\n');
    const compiled = scratch.write('b.set', compileEntries(['192.0.2.1']));
    const report = new ListReport();
    const set = await indicatorsFrom([list, compiled], report);
    expect(set.domain('evil.example', 0)?.source).toBe('feed one');
    expect(askAddress(set, '192.0.2.1')?.value).toBe('192.0.2.1');
    expect(set.counts).toMatchObject({ domain: 1, address: 1 });
    expect(report.refused).toBe(1);
  });

  test('lets the most exact entry of any set win, and an allowance of one against an indicator of another', async () => {
    const bad = scratch.write(
      'bad.set',
      compileEntries(['evil.example', 'a'.repeat(32), 'ua:bot', 'http://h.example/', '198.51.100.0/24', 'deep.ok.example']),
    );
    const good = scratch.write(
      'good.set',
      compileEntries(
        ['evil.example', 'a'.repeat(32), 'ua:bot', 'http://h.example/ok', '198.51.100.7', 'ok.example'].map((value) => ({
          value,
          allow: true,
        })),
      ),
    );
    for (const paths of [
      [bad, good],
      [good, bad],
    ]) {
      const set = await indicatorsFrom(paths);
      expect(set.domain('evil.example', 0)).toBeUndefined();
      expect(set.domain('deep.ok.example', 0)?.value).toBe('deep.ok.example');
      expect(set.fingerprint('ja3', 'a'.repeat(32), 0)).toBeUndefined();
      expect(set.userAgent('bot', 0)).toBeUndefined();
      expect(set.url('h.example', '/ok', 0)).toBeUndefined();
      expect(['/ok', '/bad'].map((target) => set.isUrlAllowed('h.example', target, 0))).toEqual([true, false]);
      expect(set.url('h.example', '/bad', 0)?.value).toBe('http://h.example/');
      expect(askAddress(set, '198.51.100.7')).toBeUndefined();
      expect(askAddress(set, '198.51.100.8')?.value).toBe('198.51.100.0/24');
      expect(set.allowances).toBe(6);
    }
  });

  test('takes every entry of an allow list for an allowance, beside lists and compiled sets', async () => {
    const allow = scratch.write('ours.txt', 'good.evil.example\n192.0.2.1\nnot-a-name\n');
    const list = scratch.write('theirs.txt', 'evil.example\n192.0.2.1\n');
    const compiled = scratch.write('theirs.set', compileEntries(['evil.example', '192.0.2.1']));
    for (const paths of [[list], [compiled], [list, compiled]]) {
      const report = new ListReport();
      const set = await indicatorsFrom(paths, report, [allow]);
      expect(['evil.example', 'good.evil.example'].map((name) => set.domain(name, 0)?.value)).toEqual(['evil.example', undefined]);
      expect(askAddress(set, '192.0.2.1')).toBeUndefined();
      expect([set.allowances, report.refused]).toEqual([2, 1]);
    }
    await expect(indicatorsFrom([list], undefined, [compiled])).rejects.toThrow(/is a compiled set, not a list$/);
  });

  test('names the file that cannot be read', async () => {
    await expect(indicatorsFrom([scratch.path('absent')])).rejects.toThrow(/absent: no such file$/);
    await expect(indicatorsFrom([scratch.path('absent')])).rejects.toThrow(IntelError);
    await expect(indicatorsFrom([scratch.path('.')])).rejects.toThrow(/is a folder, not a file$/);
  });
});

test('the seed comes from the content of the lists, not from their order or names', async () => {
  const one = scratch.write('1.txt', 'a.example\n');
  const two = scratch.write('2.txt', 'b.example\n');
  const three = scratch.write('3.txt', 'b.example\n');
  expect(await seedOf([one, two])).toEqual(await seedOf([three, one]));
  expect(await seedOf([one, two])).not.toEqual(await seedOf([one, one]));
});

describe('a running sensor', () => {
  test('gets the new set whole, and keeps the old one when the new one is damaged', async () => {
    const path = scratch.write('running.set', compileEntries(['old.example']));
    const files = await IndicatorFiles.open([path]);
    scratch.write('running.set', compileEntries(['evil.example']));
    expect((await files.reload()).domain('evil.example', 0)?.value).toBe('evil.example');
    expect(files.current.domain('old.example', 0)).toBeUndefined();
    const damaged = compileEntries(['other.example']);
    damaged[damaged.length - 9] = damaged[damaged.length - 9]! ^ 1;
    scratch.write('running.set', damaged);
    await expect(files.reload()).rejects.toThrow(/was altered/);
    expect(files.current.domain('evil.example', 0)?.value).toBe('evil.example');
  });

  test('keeps its set when the new one is empty or less than half as large, and says how to take it all the same', async () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `h${index}.example\n`).join('');
    const path = scratch.write('shrinking.txt', names(10));
    const files = await IndicatorFiles.open([path]);
    for (const [content, count] of [
      ['# nothing\n', 0],
      [names(4), 4],
    ] as const) {
      scratch.write('shrinking.txt', content);
      await expect(files.reload()).rejects.toThrow(
        new IntelError(`${count} indicators are less than half of the 10 in use; if that is meant, restart the sensor: it takes them then`),
      );
      expect(files.total).toBe(10);
      expect(files.current.domain('h9.example', 0)?.value).toBe('h9.example');
    }
    scratch.write('shrinking.txt', names(5));
    expect((await files.reload()).counts.domain).toBe(5);
    expect((await IndicatorFiles.open([scratch.write('few.txt', '')])).total).toBe(0);
  });

  test('says of each reading what was refused, also of one whose set it did not take', async () => {
    const path = scratch.write('partly.txt', 'evil.example\nbad\n');
    const files = await IndicatorFiles.open([path]);
    expect([files.refused, files.refusals]).toEqual([1, [`${path}:2: bad: not a domain: it needs at least two labels`]]);
    scratch.write('partly.txt', 'bad\nworse\n');
    await expect(files.reload()).rejects.toThrow(IntelError);
    expect(files.refused).toBe(2);
    scratch.write('partly.txt', 'evil.example\n');
    await files.reload();
    expect(files.refused).toBe(0);
  });

  test('keeps its allowances over a reload', async () => {
    const list = scratch.write('kept.txt', 'evil.example\n');
    const files = await IndicatorFiles.open([list], [scratch.write('kept-allow.txt', 'good.evil.example\n')]);
    const set = await files.reload();
    expect(['a.evil.example', 'a.good.evil.example'].map((name) => set.domain(name, 0)?.value)).toEqual(['evil.example', undefined]);
  });

  test('holds one set only, soon after a reload', async () => {
    const names = (letter: string) => Array.from({ length: 60_000 }, (_, index) => `${letter}${index}.example`);
    const path = scratch.write('large.set', compileEntries(names('a')));
    const setBytes = statSync(path).size;
    const files = await IndicatorFiles.open([path]);
    const { arrayBuffers } = process.memoryUsage();
    for (let round = 0; round < 3; round++) await files.reload();
    await expect.poll(() => process.memoryUsage().arrayBuffers).toBeLessThan(arrayBuffers + setBytes);
  });
});
