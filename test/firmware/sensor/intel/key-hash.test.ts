import { expect, test } from 'vitest';
import { finishA, finishB, homeSlot, KeyState, keyTags } from '../../../../firmware/sensor/intel/key-hash.ts';

const values = 2_000_000;

/** Names that differ in one digit, as domain generators and careless hashes like them. */
function structuredName(index: number): string {
  const endings = ['example', 'example.com', 'a.example', 'b.example'];
  return `host-${index >>> 2}.${endings[index & 3]}`;
}

test('gives two million structured names two million different keys, evenly spread over the slots', () => {
  const state = new KeyState();
  const keys = new BigUint64Array(values);
  const lanes = new Int32Array(keys.buffer);
  const buckets = new Uint32Array(1024);
  for (let index = 0; index < values; index++) {
    const name = structuredName(index);
    state.reset(0x1234, 0x5678).backward(name, 0, name.length);
    lanes[2 * index] = finishA(state.a, keyTags.domain);
    lanes[2 * index + 1] = finishB(state.b, keyTags.domain);
    const bucket = homeSlot(lanes[2 * index]!, buckets.length);
    buckets[bucket] = buckets[bucket]! + 1;
  }
  keys.sort();
  let collisions = 0;
  for (let index = 1; index < values; index++) if (keys[index] === keys[index - 1]) collisions++;
  expect(collisions).toBe(0);
  const mean = values / buckets.length;
  // Six standard deviations of a fair throw.
  expect(Math.max(...buckets)).toBeLessThan(mean + 6 * Math.sqrt(mean));
  expect(Math.min(...buckets)).toBeGreaterThan(mean - 6 * Math.sqrt(mean));
});

test('gives neighbouring addresses and ports different keys', () => {
  const state = new KeyState();
  const keys = new Set<string>();
  for (let address = 0; address < 1000; address++) {
    for (let port = 1; port <= 100; port++) {
      state
        .reset(7, 7)
        .unit(0)
        .unit(0)
        .unit(0xffff)
        .unit(0xc0000200 + address)
        .unit(port);
      keys.add(`${finishA(state.a, keyTags['address-port'])},${finishB(state.b, keyTags['address-port'])}`);
    }
  }
  expect(keys.size).toBe(100_000);
});

test('depends on the seed and on the kind of value', () => {
  const key = (seed: number, tag: number) => {
    const state = new KeyState().reset(seed, seed).backward('evil.example', 0, 12);
    return `${finishA(state.a, tag)},${finishB(state.b, tag)}`;
  };
  expect(new Set([key(1, 1), key(1, 2), key(2, 1), key(2, 2)]).size).toBe(4);
});

test('never leaves the table, at the ends of the range', () => {
  for (const slots of [1, 2, 3, 1000, 6_250_000, 89_478_485]) {
    expect(homeSlot(-0x80000000, slots)).toBe(0);
    expect(homeSlot(0x7fffffff, slots)).toBe(slots - 1);
  }
});
