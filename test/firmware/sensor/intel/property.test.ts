import { describe, expect, test } from 'vitest';
import { IndicatorSet } from '../../../../firmware/sensor/intel/indicator-set.ts';
import { compileEntries, type Entry, parsed, seededRandom } from './lists.ts';
import { type NaiveEntry, naiveAddress, naiveDomain, naiveUrl, type Verdict } from './naive-matcher.ts';

type Random = (below: number) => number;

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random(choices.length)]!;
}

/** Few letters and few labels, so that names nest and meet often. */
function randomName(random: Random): string {
  return Array.from({ length: 2 + random(3) }, () => pick(random, ['a', 'b', 'cc', 'd-e'])).join('.');
}

function randomPath(random: Random): string {
  const segments = Array.from({ length: random(4) }, () => pick(random, ['a', 'b', 'ab']));
  return `/${segments.join('/')}${pick(random, ['', '', '/', '?x=1', '?x=1&y=2', '?x=12', '?x=', '?x', '.php', '.php?x'])}`.replace(
    '//',
    '/',
  );
}

/** Dense around few networks, at their edges too. */
function randomWords(random: Random): [number, number, number, number] {
  const low = pick(random, [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff]) + random(3);
  if (random(2) === 0) return [0, 0, 0xffff, (pick(random, [0x0a000000, 0x7e000000, 0xc0000200, 0xcb007100]) + low) | 0];
  return [0x20010db8, pick(random, [0, -1, 1]), pick(random, [0, 0x7fffffff, -0x80000000]), low];
}

function addressText(random: Random, words: readonly number[]): string {
  const isFour = words[2] === 0xffff && words[0] === 0;
  const text = words
    .flatMap((word) => [word >>> 16, word & 0xffff])
    .map((group) => group.toString(16))
    .join(':');
  if (random(4) === 0) return `[${text}]:${1 + random(3)}`;
  return `${text}/${isFour ? 96 + pick(random, [8, 16, 24, 25, 31, 32]) : pick(random, [16, 32, 48, 64, 65, 96, 127, 128])}`;
}

function randomEntry(random: Random): Entry {
  const value = pick(random, [
    () => randomName(random),
    () => `=${randomName(random)}`,
    () => addressText(random, randomWords(random)),
    () => addressText(random, randomWords(random)),
    () => `http://${pick(random, ['h.a', 'h.b:81'])}${randomPath(random)}`,
  ])();
  const entry: Entry = { value, allow: random(3) === 0 };
  if (random(4) === 0) entry.validUntilMs = 1000 * (1 + random(3));
  return entry;
}

function verdictOf(hit: { exactness: number; allowed: boolean } | undefined): Verdict | undefined {
  return hit === undefined ? undefined : { exactness: hit.exactness, allow: hit.allowed };
}

describe('a compiled set answers as the plain rules do', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i', (seed) => {
    const random = seededRandom(seed * 7919);
    for (let round = 0; round < 12; round++) {
      const entries = Array.from({ length: 1 + random(120) }, () => randomEntry(random));
      const set = IndicatorSet.fromBytes(compileEntries(entries, { a: seed, b: round }));
      const naive: NaiveEntry[] = entries.map(({ value, allow = false, validUntilMs }) => {
        const entry = { value: parsed(value), allow };
        return validUntilMs === undefined ? entry : { ...entry, validUntilMs };
      });
      for (let question = 0; question < 150; question++) {
        const nowMs = 500 * random(8);
        const words = randomWords(random);
        const port = random(4);
        expect(verdictOf(set.findAddress(...words, port, nowMs)), `${words} port ${port}`).toEqual(naiveAddress(naive, words, port, nowMs));
        const name = randomName(random);
        expect(verdictOf(set.findDomain(name, nowMs)), name).toEqual(naiveDomain(naive, name, nowMs));
        // Expiry aside, the characters alone must never deny what the name finds.
        if (set.findDomain(name, nowMs) !== undefined) expect(set.mayHaveDomain(Buffer.from(name), name.length), name).toBe(true);
        const host = pick(random, ['h.a', 'h.b:81', 'h.b']);
        const target = randomPath(random);
        expect(verdictOf(set.findUrl(host, target, nowMs)), host + target).toEqual(naiveUrl(naive, host, target, nowMs));
      }
    }
  });
});
