import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type IntelBuildOptions, intelBuild } from '../../../../firmware/sensor/intel/build-command.ts';
import { loadIndicatorSet } from '../../../../firmware/sensor/intel/load.ts';
import { scratchFolder } from './lists.ts';

const scratch = scratchFolder();

async function build(
  out: string,
  files: string[],
  options: IntelBuildOptions = {},
): Promise<{ exitCode: number; out: string[]; error: string[] }> {
  const printed = { out: [] as string[], error: [] as string[] };
  const { exitCode } = await intelBuild(out, files, options, {
    out: (line) => printed.out.push(line),
    error: (line) => printed.error.push(line),
  });
  return { exitCode, ...printed };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `h${index}.example\n`).join('');

describe('vonggac intel build', () => {
  test('writes a set, says how many of each type, and what was refused where', async () => {
    const list = scratch.write('mixed.txt', 'evil.example\nevil.example\n192.0.2.1\nnonsense\n');
    const allow = scratch.write('good.txt', 'good.example\n');
    const out = scratch.path('mixed.set');
    const result = await build(out, [list], { allow: [allow], source: 'test', confidence: 60, tlp: 'green', family: 'Emotet' });
    expect(result.exitCode).toBe(0);
    expect(result.error).toEqual([]);
    expect(result.out[0]).toMatch(/mixed\.set: 2 indicators, [\d,]+ bytes, \d+\.\d s, bundle [0-9a-f]{16}$/);
    expect(result.out.slice(1).map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
      'address 1',
      'domain 1',
      'allowed 1',
      'repeated 1',
      'refused 1',
      `${list}:4: nonsense: not a domain: it needs at least two labels`,
    ]);
    expect(loadIndicatorSet(out).domain('evil.example', 0)).toMatchObject({
      source: 'test',
      confidence: 60,
      tlp: 'green',
      family: 'Emotet',
    });
    expect(loadIndicatorSet(out).domain('good.example', 0)).toBeUndefined();
  });

  test('shows the first 20 refusals and the number of the others', async () => {
    const list = scratch.write('bad.txt', `evil.example\n${'bad\n'.repeat(50)}`);
    const { out } = await build(scratch.path('bad.set'), [list]);
    expect(out.filter((line) => line.includes('bad.txt:')).length).toBe(20);
    expect(out.at(-1)?.trim()).toBe('… and 30 more');
  });

  test('gives the same numbers as one JSON object', async () => {
    const list = scratch.write('json.txt', 'evil.example\nbad\n');
    const { out } = await build(scratch.path('json.set'), [list], { json: true });
    expect(JSON.parse(out.join(''))).toMatchObject({ lines: 2, allowances: 0, counts: { domain: 1 }, refused: { count: 1 } });
  });

  test('gives the same bytes whatever the order of the files', async () => {
    const one = scratch.write('one.csv', 'value,family,confidence\na.example,X,10\nb.example,Y,20\n');
    const two = scratch.write('two.csv', 'value,family,confidence\nb.example,Z,90\nc.example,X,10\n');
    await build(scratch.path('12.set'), [one, two]);
    await build(scratch.path('21.set'), [two, one]);
    expect(readFileSync(scratch.path('12.set')).equals(readFileSync(scratch.path('21.set')))).toBe(true);
  });

  test('refuses an empty set, or one under half of the last, unless forced', async () => {
    const out = scratch.path('guard.set');
    const empty = scratch.write('empty.txt', '# nothing\n');
    const ten = scratch.write('ten.txt', names(10));
    const five = scratch.write('five.txt', names(5));
    const four = scratch.write('four.txt', names(4));
    expect((await build(out, [empty])).error).toEqual([
      `vonggac intel build: ${out}: not written: the lists hold no indicator; --force writes it all the same`,
    ]);
    expect(existsSync(out)).toBe(false);
    expect((await build(out, [ten])).exitCode).toBe(0);
    const shrunken = await build(out, [four]);
    expect(shrunken).toMatchObject({ exitCode: 2, out: [] });
    expect(shrunken.error).toEqual([
      `vonggac intel build: ${out}: not written: 4 indicators are less than half of the 10 that it has now; --force replaces it`,
    ]);
    expect((await build(out, [five])).exitCode).toBe(0);
    expect((await build(out, [empty], { force: true })).exitCode).toBe(0);
    expect(loadIndicatorSet(out).counts.domain).toBe(0);
  });

  test('does not replace a file that is no intact set, such as a list named by mistake', async () => {
    const list = scratch.write('list-a.txt', names(3));
    const other = scratch.write('list-b.txt', names(3));
    expect((await build(list, [other])).error[0]).toContain('it exists and is no compiled set');
    expect(readFileSync(list, 'utf8')).toBe(names(3));
    const damaged = scratch.write('damaged.set', Buffer.concat([Buffer.from('VGINTEL\x1a', 'latin1'), Buffer.alloc(400)]));
    expect((await build(damaged, [other])).error[0]).toContain('cannot be compared');
    expect((await build(damaged, [other], { force: true })).exitCode).toBe(0);
  });

  test('ends with 2 and one line when a file cannot be read or written, and leaves nothing behind', async () => {
    const list = scratch.write('fine.txt', names(3));
    for (const [out, files, message] of [
      [scratch.path('x.set'), [scratch.path('absent.txt')], /absent\.txt: no such file$/],
      [scratch.path('x.set'), [scratch.path('.')], /is a folder, not a file$/],
      [scratch.path('nowhere/x.set'), [list], /nowhere\/x\.set: cannot be written: the folder \S+nowhere is missing; make it first$/],
    ] as const) {
      const result = await build(out, [...files]);
      expect(result.exitCode).toBe(2);
      expect(result.error.length).toBe(1);
      expect(result.error[0]).toMatch(message);
    }
    expect(readdirSync(dirname(list)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
