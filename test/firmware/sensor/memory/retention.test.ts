import { describe, expect, it } from 'vitest';
import { daysToDrop, type KeptDay } from '../../../../firmware/sensor/memory/retention.ts';

const whole = (day: number, sequence: number): KeptDay => ({ day, sequence, writings: 288, bytes: 100 });
const days = (from: number, count: number): KeptDay[] => Array.from({ length: count }, (_, index) => whole(from + index, index + 1));
const limits = { days: 30, bytesMax: 1_000_000 };
const dropped = (...of: Parameters<typeof daysToDrop>) => daysToDrop(...of).map(({ day }) => day);

describe('the days that are given up', () => {
  it('are those before the last thirty', () => {
    expect(dropped(days(1000, 30), limits)).toEqual([]);
    expect(dropped(days(1000, 32), limits)).toEqual([1001, 1000]);
  });

  it('are not good ones because of some minutes under a date of 1970 or 2100', () => {
    const kept = days(20_000, 30);
    const stray = (day: number): KeptDay => ({ day, sequence: 100, writings: 3, bytes: 10 });
    expect(dropped([...kept, stray(47_482)], limits)).toEqual([]);
    expect(dropped([...kept, stray(0)], limits)).toEqual([]);
    expect(dropped([...kept, stray(47_482)], { ...limits, today: 20_029 })).toEqual([]);
  });

  it('are those days under a wrong date in their turn, as others are', () => {
    const stray: KeptDay = { day: 47_482, sequence: 0, writings: 3, bytes: 10 };
    expect(dropped([stray, ...days(20_000, 31)], limits)).toEqual([20_000, 47_482]);
  });

  it('go by their date where somebody vouches for the clock, as after a long time switched off', () => {
    expect(dropped(days(20_000, 10), { ...limits, today: 20_060 }).sort()).toEqual([
      20_000, 20_001, 20_002, 20_003, 20_004, 20_005, 20_006, 20_007, 20_008,
    ]);
  });

  it('are none because of a clock that has leapt by years', () => {
    expect(dropped(days(20_000, 10), { ...limits, today: 47_482 })).toEqual([]);
  });

  it('are the oldest first where the room is short, and never the one in hand', () => {
    expect(dropped(days(1000, 10), { ...limits, bytesMax: 450 })).toEqual([1005, 1004, 1003, 1002, 1001, 1000]);
    expect(dropped(days(1000, 1), { ...limits, bytesMax: 10 })).toEqual([]);
  });
});
