import { describe, expect, test } from 'vitest';
import { applyDelta } from '../../../../../firmware/sensor/intel/delta/apply-delta.ts';
import { MemoryStore } from '../../../../../firmware/sensor/intel/delta/byte-store.ts';
import { makeDelta } from '../../../../../firmware/sensor/intel/delta/make-delta.ts';
import { IndicatorSet } from '../../../../../firmware/sensor/intel/indicator-set.ts';
import { IntelError } from '../../../../../firmware/sensor/intel/intel-error.ts';
import { claimedHash } from '../../../../../firmware/sensor/intel/set-layout.ts';
import { compileEntries, type Entry, seededRandom } from '../lists.ts';

const bytesMax = 64 << 20;

interface Options {
  pieceBytes?: number;
  sha256?: string;
  bytesMax?: number;
}

async function applied(base: Uint8Array | undefined, delta: Buffer, next: Uint8Array, options: Options = {}): Promise<Uint8Array> {
  const target = new MemoryStore();
  const { pieceBytes = 100_000 } = options;
  const pieces = Array.from({ length: Math.ceil(delta.length / pieceBytes) }, (_, piece) =>
    delta.subarray(piece * pieceBytes, (piece + 1) * pieceBytes),
  );
  const baseStore = base && new MemoryStore(base);
  await applyDelta({ base: baseStore, delta: pieces, target, sha256: claimedHash(next), bytesMax, ...options });
  return target.bytes;
}

const deltaOf = (base: Uint8Array | undefined, next: Uint8Array) => Buffer.concat([...makeDelta(base, next)]);

/** A mixed bag: every kind of value, provenance that is shared and that is not, records one beneath the other, allowances. */
function bag(seed: number, count: number): Entry[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const id = random(count * 2);
    const values = [
      `host${id}.bad${id % 97}.example`,
      `=exact${id}.example`,
      `198.${id % 250}.${(id >> 3) % 250}.${id % 7}`,
      `198.${id % 250}.${(id >> 5) % 250}.0/${20 + (id % 9)}`,
      `2001:db8:${(id % 0xffff).toString(16)}::/${48 + (id % 60)}`,
      `203.0.113.${id % 256}:${1 + (id % 60_000)}`,
      `http://site${id}.example/path/${id}`,
      `ja3:${id.toString(16).padStart(32, '0')}`,
      `ua:Bad Agent ${id}`,
    ];
    const entry: Entry = { value: values[random(values.length)]!, confidence: random(100), source: `source ${random(4)}` };
    if (random(2) === 0) entry.family = `Họ ${random(50)}`;
    if (random(3) === 0) entry.reference = `https://example.org/ioc/${id}`;
    if (random(3) === 0) entry.firstSeenMs = 1_700_000_000_000 + id * 60_000;
    if (random(3) === 0) entry.validUntilMs = 1_800_000_000_000 + random(1e9);
    if (random(10) === 0) entry.allow = true;
    return entry;
  });
}

/** Without IPv4 networks: their index alone is 256 KiB, too much to try each byte. */
const smallSet = (seed: number) => compileEntries(bag(seed, 40).filter(({ value }) => !value.startsWith('198.')));

describe('a delta', () => {
  test('gives the very bytes that were compiled, from nothing and from any other set, whatever the pieces it comes in', async () => {
    for (const seed of [1, 3]) {
      const entries = bag(seed, 1000);
      const sets = [[], entries.slice(0, 1), entries.slice(0, 950), entries.slice(100), bag(seed + 10, 1000)].map((part) =>
        compileEntries(part),
      );
      for (const base of [undefined, ...sets]) {
        for (const next of sets) {
          const delta = deltaOf(base, next);
          for (const pieceBytes of [delta.length, 1000]) expect(await applied(base, delta, next, { pieceBytes })).toEqual(next);
        }
      }
    }
  });

  test('may come byte by byte', async () => {
    const [base, next] = [compileEntries(bag(1, 30)), compileEntries(bag(3, 30))];
    expect(await applied(base, deltaOf(base, next), next, { pieceBytes: 1 })).toEqual(next);
  });

  test('of more than one block gives the very bytes too', async () => {
    const entries = Array.from(
      { length: 200_000 },
      (_, index): Entry => ({ value: `h${index}.example`, reference: index % 9 === 0 ? `r${index}` : '' }),
    );
    const [base, next] = [compileEntries(entries.slice(0, 180_000)), compileEntries(entries.slice(40_000))];
    expect(await applied(base, deltaOf(base, next), next)).toEqual(next);
    const small = compileEntries(entries.slice(0, 180_001));
    const delta = deltaOf(base, small);
    expect(delta.length).toBeLessThan(1000);
    expect(await applied(base, delta, small)).toEqual(small);
    expect(IndicatorSet.fromBytes(small).domain('h180000.example', 0)?.value).toBe('h180000.example');
  });

  test('between equal sets is little more than its header', () => {
    const set = compileEntries(bag(5, 1000));
    expect(deltaOf(set, set).length).toBeLessThan(600);
  });

  test('is refused where it starts from another set, gives another release, or one that is too large', async () => {
    const [base, next, other] = [1, 3, 5].map((seed) => compileEntries(bag(seed, 100))) as [Uint8Array, Uint8Array, Uint8Array];
    const delta = deltaOf(base, next);
    await expect(applied(other, delta, next)).rejects.toThrow(/starts from [0-9a-f]{16}, not from [0-9a-f]{16}/);
    await expect(applied(undefined, delta, next)).rejects.toThrow(/starts from/);
    await expect(applied(base, delta, other)).rejects.toThrow('of another release than the one that was signed');
    await expect(applied(base, delta, next, { bytesMax: next.length - 1 })).rejects.toThrow('at most');
  });

  test('from a set that was damaged on the disk gives the right set or none', async () => {
    const [base, next] = [smallSet(1), smallSet(3)];
    const delta = deltaOf(base, next);
    let refused = 0;
    for (let at = 48; at < 2000; at += 3) {
      const damaged = base.slice();
      damaged[at] = damaged[at]! ^ 0x11;
      const outcome = await applied(damaged, delta, next).catch((error: unknown) => error);
      if (outcome instanceof IntelError) refused++;
      else expect(outcome, String(at)).toEqual(next);
    }
    expect(refused).toBeGreaterThan(50);
  });

  test('between sets of different seeds is not made', () => {
    const [one, other] = [compileEntries(bag(1, 10)), compileEntries(bag(1, 10), { a: 7, b: 8 })];
    expect(() => deltaOf(one, other)).toThrow('different seeds');
  });
});

describe('a delta from an enemy', () => {
  const base = smallSet(1);
  const next = smallSet(3);
  const delta = deltaOf(base, next);

  test('cut at any byte is refused', async () => {
    for (let length = 0; length < delta.length; length += 7)
      await expect(applied(base, delta.subarray(0, length), next), String(length)).rejects.toThrow(IntelError);
  });

  test('with any byte altered gives the right set or none, and no other fault', async () => {
    for (let at = 0; at < delta.length; at++) {
      const altered = Buffer.from(delta);
      altered[at] = altered[at]! ^ (at % 2 === 0 ? 0x01 : 0xff);
      const outcome = await applied(base, altered, next).catch((error: unknown) => error);
      if (!(outcome instanceof IntelError)) expect(outcome, String(at)).toEqual(next);
    }
  });

  test('with bytes after its end, or blocks of noise, is refused', async () => {
    const random = seededRandom(9);
    await expect(applied(base, Buffer.concat([delta, Buffer.alloc(40)]), next)).rejects.toThrow(IntelError);
    for (let round = 0; round < 200; round++) {
      const noise = Buffer.alloc(28 + random(400), 0);
      noise.writeUInt32LE(noise.length - 4, 0);
      for (let at = 4; at < noise.length; at++) noise[at] = at < 28 ? (at % 4 === 0 ? random(12) : 0) : random(6);
      const header = delta.subarray(0, 52 + 256);
      await expect(applied(base, Buffer.concat([header, noise]), next)).rejects.toThrow(IntelError);
    }
  });
});
