import { describe, expect, test } from 'vitest';
import { KeyLookup } from '../../../../firmware/sensor/intel/key-lookup.ts';
import { KeyTableBuilder } from '../../../../firmware/sensor/intel/key-table.ts';
import { seededRandom } from './lists.ts';

describe('the table of keys', () => {
  test('finds every key and no other, also at both ends of the range', () => {
    const random = seededRandom(3);
    const builder = new KeyTableBuilder();
    const keys = [-0x80000000, 0x7fffffff, 0, -1].map((a, index) => [a, index] as const);
    const all = [...keys, ...Array.from({ length: 20_000 }, () => [random(0xffffffff) | 0, random(0xffffffff) | 0] as const)];
    for (const [index, [a, b]] of all.entries()) builder.add(a, b, index + 1);
    const { table, slots, gate } = builder.build((one) => one);
    const lookup = new KeyLookup(table, slots, gate);
    for (const [index, [a, b]] of all.entries()) {
      expect(lookup.record(a, b)).toBe(index + 1);
      expect(lookup.record(a, b ^ 0x55)).toBe(0);
    }
  });

  test('grows when keys crowd around one home, and still finds them', () => {
    const builder = new KeyTableBuilder();
    for (let index = 0; index < 300; index++) builder.add(1_000_000 + index * 70_000, index, index + 1);
    const { table, slots, gate } = builder.build((one) => one);
    expect(slots).toBeGreaterThan(375);
    const lookup = new KeyLookup(table, slots, gate);
    for (let index = 0; index < 300; index++) expect(lookup.record(1_000_000 + index * 70_000, index)).toBe(index + 1);
  });

  test('merges equal keys', () => {
    const builder = new KeyTableBuilder();
    for (const word of [1, 2, 4]) builder.add(9, 9, word);
    const { table, slots, gate } = builder.build((one, other) => one | other);
    expect(new KeyLookup(table, slots, gate).record(9, 9)).toBe(7);
  });
});
