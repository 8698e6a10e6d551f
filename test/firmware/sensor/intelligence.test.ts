import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canaryDomain } from '../../../firmware/contract/intelligence-message.ts';
import { givenSchema } from '../../../firmware/sensor/intel/given-options.ts';
import type { Indicators } from '../../../firmware/sensor/intel/indicator.ts';
import { Intelligence, type WantedRelease } from '../../../firmware/sensor/intelligence.ts';
import { compileEntries, scratchFolder } from './intel/lists.ts';

const scratch = scratchFolder();
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function opened(...paths: string[]) {
  const loaded: Indicators[] = [];
  const intelligence = await Intelligence.open({ paths, allow: [], onLoaded: (set) => loaded.push(set), onChange: () => undefined, log });
  const knows = (name: string) => intelligence.current.domain(name, Date.now()) !== undefined;
  return { intelligence, loaded, knows };
}

/** A release of that version with its canary and more names; `canary` false: without. */
function release(version: number, names: readonly string[], canary = true): WantedRelease {
  const path = scratch.write(`${version}-${names.length}.set`, compileEntries([...names, ...(canary ? [canaryDomain(version)] : [])]));
  return { release: { channel: 'main', version, sha256: '0'.repeat(64) }, path };
}

const given = (value: string) => givenSchema.parse({ indicators: [{ value, comment: 'x' }] });

describe('what the sensor matches with', () => {
  it('is its own files, the release of the centre and what the settings give, each changed without the others', async () => {
    const { intelligence, loaded, knows } = await opened(scratch.write('own.txt', 'own.example\n'));
    const names = ['own.example', 'release.example', 'given.example'];
    expect(names.map(knows)).toEqual([true, false, false]);
    intelligence.give(given('given.example'), 'centre');
    expect(names.map(knows)).toEqual([true, false, true]);
    await intelligence.want(release(3, ['release.example']));
    expect(names.map(knows)).toEqual([true, true, true]);
    expect(intelligence.state).toEqual({ release: 3 });
    scratch.write('own.txt', 'other.example\n');
    await intelligence.readFilesAnew();
    expect(names.map(knows)).toEqual([false, true, true]);
    intelligence.give(givenSchema.parse({}), 'config');
    await intelligence.want(undefined);
    expect([...names, 'other.example'].map(knows)).toEqual([false, false, false, true]);
    expect(intelligence.state).toEqual({});
    expect(loaded.at(-1)).toBe(intelligence.current);
  });

  it('hears of another set only where it is another', async () => {
    const { intelligence, loaded } = await opened();
    const wanted = release(3, ['release.example']);
    intelligence.give(given('a.example'), 'centre');
    await intelligence.want(wanted);
    const before = loaded.length;
    intelligence.give(given('a.example'), 'centre');
    await intelligence.want({ ...wanted });
    expect(loaded.length).toBe(before);
  });

  it.each<[what: string, refused: () => WantedRelease, reason: RegExp]>([
    [
      'without its canary',
      () => release(4, ['new.example', 'b.example'], false),
      /^release 4: .*its canary canary-4\.vonggac\.invalid gave no alert$/,
    ],
    [
      'of another version',
      () => ({ ...release(5, ['new.example', 'b.example']), release: { channel: 'main', version: 4, sha256: '' } }),
      /no alert$/,
    ],
    ['that is empty', () => release(4, []), /^release 4: .*it holds nothing but its canary$/],
    ['that is not there', () => ({ ...release(4, ['x.example', 'y.example']), path: scratch.path('none.set') }), /no such file$/],
    ['that is no set', () => ({ ...release(4, []), path: scratch.write('no.set', 'new.example\n') }), /is not a compiled intelligence set/],
  ])('keeps the last release, and says why, where the next one is one %s', async (_what, refused, reason) => {
    const { intelligence, knows } = await opened();
    await intelligence.want(release(3, ['old.example', 'older.example']));
    await intelligence.want(refused());
    expect(intelligence.state).toEqual({ release: 3, error: expect.stringMatching(reason) });
    expect([knows('old.example'), knows('new.example')]).toEqual([true, false]);
    await intelligence.want(release(6, ['new.example', 'newer.example']));
    expect(intelligence.state).toEqual({ release: 6 });
    expect([knows('old.example'), knows('new.example')]).toEqual([false, true]);
  });

  it('goes back to a release that is much smaller', async () => {
    const { intelligence, knows } = await opened();
    const small = release(3, ['old.example']);
    await intelligence.want(small);
    await intelligence.want(
      release(
        4,
        ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `${letter}.example`),
      ),
    );
    await intelligence.want(small);
    expect(intelligence.state).toEqual({ release: 3 });
    expect([knows('old.example'), knows('a.example')]).toEqual([true, false]);
  });

  it('is not without its release where nobody can say which one is wanted', async () => {
    const { intelligence, knows } = await opened();
    await intelligence.want(release(3, ['old.example']));
    await intelligence.want(undefined, 'in-use.json is damaged');
    expect(intelligence.state).toEqual({ release: 3, error: 'in-use.json is damaged' });
    expect(knows('old.example')).toBe(true);
  });

  it('ends at the release that was wanted last, however quickly they were asked for', async () => {
    const { intelligence, knows } = await opened();
    const asked = [3, 4, 5, 6].map((version) => intelligence.want(release(version, [`r${version}.example`])));
    void intelligence.readFilesAnew();
    await Promise.all(asked);
    await expect.poll(() => intelligence.state).toEqual({ release: 6 });
    expect([knows('r5.example'), knows('r6.example')]).toEqual([false, true]);
  });

  it('holds one release only, soon after a change', async () => {
    const names = (letter: string) => Array.from({ length: 60_000 }, (_, index) => `${letter}${index}.example`);
    const intelligence = await Intelligence.open({ paths: [], allow: [], onLoaded: () => undefined, onChange: () => undefined, log });
    const wanted = [1, 2, 3].map((version) => release(version, names(`v${version}`).slice(version)));
    await intelligence.want(wanted[0]);
    const setBytes = statSync(wanted[0]!.path).size;
    const { arrayBuffers } = process.memoryUsage();
    for (const one of wanted.slice(1)) await intelligence.want(one);
    await expect.poll(() => process.memoryUsage().arrayBuffers).toBeLessThan(arrayBuffers + setBytes);
  });
});
