import { describe, expect, it } from 'vitest';
import { SendAgain } from '../../../../firmware/agent/uplink/send-again.ts';

const online = (generation: string) => ({ online: true, generation });
const offline = (generation: string) => ({ online: false, generation });
const startMs = 1_000_000;

/** The first moment, in steps of 10 ms, at which something is due; and what. */
function firstDue(again: SendAgain, oldestMs: number | undefined, fromMs: number, toMs: number): [number, number] | undefined {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 10) {
    const untilMs = again.due(oldestMs, nowMs);
    if (untilMs !== undefined) return [nowMs - fromMs, untilMs];
  }
  return undefined;
}

describe('what the centre has not acknowledged', () => {
  it('is due when another generation came, within 2 s and not at the same moment for all boxes', () => {
    const waits = Array.from({ length: 250 }, (_, box) => {
      const again = new SendAgain(60_000, () => box / 250);
      again.hear(online('a'), true, startMs);
      again.hear(online('b'), false, startMs);
      const due = firstDue(again, startMs - 5, startMs, startMs + 5_000);
      // What was sent after the news went to the new one already.
      expect(due?.[1]).toBe(startMs);
      return due?.[0] ?? Number.NaN;
    });
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_000);
    expect(new Set(waits).size).toBeGreaterThan(150);
  });

  it('is due when the centre came back, of whatever generation', () => {
    const again = new SendAgain(60_000, () => 0.5);
    again.hear(offline('a'), true, startMs);
    expect(firstDue(again, startMs, startMs, startMs + 3_600_000)).toBeUndefined();
    again.hear(online('a'), false, startMs);
    expect(firstDue(again, startMs - 1, startMs, startMs + 5_000)).toEqual([1_000, startMs]);
  });

  it('is not due by what the broker remembers at the begin of a connection, but is by the first thing said live', () => {
    const again = new SendAgain(60_000, () => 0.5);
    again.hear(online('b'), true, startMs);
    expect(firstDue(again, undefined, startMs, startMs + 5_000)).toBeUndefined();
    again.disconnected();
    expect(again.isCentreOnline).toBeUndefined();
    again.hear(online('c'), true, startMs);
    expect(firstDue(again, undefined, startMs, startMs + 5_000)).toBeUndefined();
    again.disconnected();
    again.hear(online('d'), false, startMs);
    expect(firstDue(again, undefined, startMs, startMs + 5_000)).toEqual([1_000, startMs]);
  });

  it('is not due because the same is said twice', () => {
    const again = new SendAgain(60_000, () => 0.5);
    for (let times = 0; times < 5; times++) again.hear(online('a'), times === 0, startMs);
    expect(firstDue(again, undefined, startMs, startMs + 30_000)).toBeUndefined();
  });

  it('is sent again by a centre that comes and goes by the second no more than once in 10 s', () => {
    const again = new SendAgain(60_000, () => 0.5);
    let rounds = 0;
    for (let nowMs = startMs; nowMs < startMs + 60_000; nowMs += 100) {
      again.hear(online(String(nowMs)), false, nowMs);
      if (again.due(nowMs - 1, nowMs) !== undefined) rounds++;
    }
    expect(rounds).toBeGreaterThan(3);
    expect(rounds).toBeLessThanOrEqual(6);
  });

  it('is not sent to a centre that left again before the wait was over', () => {
    const again = new SendAgain(60_000, () => 0.9);
    again.hear(offline('a'), true, startMs);
    again.hear(online('b'), false, startMs);
    again.hear(offline('b'), false, startMs + 100);
    expect(firstDue(again, startMs, startMs + 100, startMs + 700_000)).toBeUndefined();
  });

  it('is due after a silence that doubles from round to round up to 10 min, and is short again after any answer', () => {
    const again = new SendAgain(60_000, () => 0.5);
    const waits: number[] = [];
    for (let round = 0; round < 7; round++) waits.push(firstDue(again, startMs, startMs, startMs + 3_600_000)?.[0] ?? Number.NaN);
    expect(waits.map((ms) => ms / 60_000)).toEqual([1, 2, 4, 8, 10, 10, 10]);
    again.acknowledged();
    expect(firstDue(again, startMs, startMs, startMs + 3_600_000)).toEqual([60_000, startMs + 30_000]);
  });

  it('is not due by time where nothing waits', () => {
    expect(firstDue(new SendAgain(100, () => 0.5), undefined, startMs, startMs + 60_000)).toBeUndefined();
  });
});
