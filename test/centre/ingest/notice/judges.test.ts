import { describe, expect, it } from 'vitest';
import { judgeSight } from '../../../../centre/ingest/notice/blind.ts';
import { isOurClockRight, judgeClock, judgeOurClock } from '../../../../centre/ingest/notice/clock.ts';
import { isInMemory, judgeHoles } from '../../../../centre/ingest/notice/hole.ts';
import { judgeOutbox } from '../../../../centre/ingest/notice/outbox.ts';
import { judgeSilence } from '../../../../centre/ingest/notice/silent.ts';
import { healthOf, presenceOf } from '../ingest-process.ts';
import { box, factsOf, inShort, limits } from './facts-sample.ts';

const minutes = (count: number) => count * 60_000;
const hours = (count: number) => minutes(count * 60);

describe('silence', () => {
  const judged = (changes: Parameters<typeof factsOf>[0]) => inShort(judgeSilence(factsOf(changes), limits));
  const lost = { presence: presenceOf(box, { online: false }) };
  const stopped = { presence: presenceOf(box, { online: false, planned: true }) };

  it('is three intervals and some grace without a word, and not less', () => {
    expect(judged({ seenAgeMs: 149_000 })).toBe('fine');
    expect(judged({ seenAgeMs: 151_000 })).toBe('silent');
  });

  it('is not a box that we could not hear ourselves', () => {
    expect(judged({ seenAgeMs: hours(8), listeningMs: minutes(1) })).toBe('unknown');
    expect(judged({ seenAgeMs: hours(8), listeningMs: minutes(3) })).toBe('silent');
  });

  it('is a box of which the broker remembers that it was there, and which never speaks', () => {
    expect(judged({ seenAgeMs: undefined, listeningMs: minutes(1) })).toBe('fine');
    expect(judged({ seenAgeMs: undefined, listeningMs: minutes(10) })).toBe('silent');
  });

  it('is told within a minute where the broker lost the box, but not of one that flaps', () => {
    expect(judged({ row: lost, presenceAgeMs: 59_000 })).toBe('unknown');
    expect(judged({ row: lost, presenceAgeMs: 61_000 })).toBe('lost');
    expect(judged({ row: lost, presenceAgeMs: hours(9), listeningMs: 1_000 })).toBe('unknown');
  });

  it('is not a planned stop, unless it lasts half a day', () => {
    expect(judged({ row: stopped, seenAgeMs: hours(3), presenceAgeMs: hours(3) })).toBe('fine');
    expect(judged({ row: stopped, seenAgeMs: hours(13), presenceAgeMs: hours(13) })).toBe('stopped');
  });

  it('cannot be put off by a box that claims to report once a year', () => {
    const row = { health: healthOf(box, { intervalSeconds: 1e300 }) };
    expect(judged({ row, seenAgeMs: hours(4) })).toBe('silent');
  });
});

describe('blindness', () => {
  const judged = (changes: Parameters<typeof factsOf>[0]) => judgeSight(factsOf(changes), limits);
  const capture = healthOf(box).capture;

  it('is a capture that is down, for whatever reason', () => {
    for (const state of ['failed', 'waiting', 'starting'] as const) {
      const health = healthOf(box, { uptimeSeconds: 600, capture: { ...capture, state, error: 'eth1 is gone' } });
      expect(judged({ row: { health } })).toMatchObject({ advice: 'capture', afterMs: 60_000 });
    }
    expect(judged({ row: { health: healthOf(box, { uptimeSeconds: 5, capture: { ...capture, state: 'starting' } }) } })).toBe('fine');
  });

  it('is a mirror port without a packet for long', () => {
    expect(judged({ row: { health: healthOf(box, { quietSeconds: 299 }) } })).toBe('fine');
    expect(judged({ row: { health: healthOf(box, { quietSeconds: 301 }) } })).toMatchObject({ advice: 'quiet' });
  });

  it('is a box that lives and does not report, for nothing proves that it sees', () => {
    expect(judged({ healthAgeMs: minutes(10) })).toMatchObject({ advice: 'noHealth' });
    expect(judged({ healthAgeMs: undefined })).toMatchObject({ advice: 'noHealth' });
    expect(judged({ healthAgeMs: minutes(10), listeningMs: minutes(1) })).toBe('unknown');
  });

  it('is not said of a box that is silent, lost or stopped', () => {
    const health = healthOf(box, { quietSeconds: 9_999 });
    expect(judged({ row: { health }, seenAgeMs: hours(1) })).toBe('unknown');
    expect(judged({ row: { health, presence: presenceOf(box, { online: false }) } })).toBe('unknown');
  });
});

describe('a hole', () => {
  const hole = (ageMs: number, first = 5, last = 7) => ({ box, outbox: 'o1', first, last, sinceMs: 0, ageMs });
  const judged = (ageMs: number, depth: number, healthAgeMs: number | undefined = 10_000) => {
    const health = healthOf(box, { outbox: { depth, dropped: 0 } });
    return inShort(judgeHoles(factsOf({ row: { health }, healthAgeMs, holes: [hole(ageMs)] }), limits));
  };

  it('is told after two minutes where the box has nothing left that could fill it', () => {
    expect(judged(119_000, 0)).toBe('unknown');
    expect(judged(121_000, 0)).toBe('hole');
  });

  it('is not told while the box still has messages, before a day is over', () => {
    expect(judged(hours(23), 12)).toBe('unknown');
    expect(judged(hours(25), 12)).toBe('hole');
    expect(judged(hours(25), 12, undefined)).toBe('hole');
  });

  it('is not told by a health that is older than the hole', () => {
    expect(judged(130_000, 0, 140_000)).toBe('unknown');
  });

  it('says how many are missing and which', () => {
    const holes = Array.from({ length: 8 }, (_, index) => hole(hours(30), index * 10 + 1, index * 10 + 2));
    const verdict = judgeHoles(factsOf({ holes }), limits);
    expect(verdict).toMatchObject({ reasons: [{ value: 16 }, { value: '1-2, 11-12, 21-22, 31-32, 41-42 …' }, { value: 108_000 }, {}] });
    expect(judgeHoles(factsOf(), limits)).toBe('fine');
  });
});

describe('a new outbox', () => {
  const outbox = { box, outbox: 'o2', sinceMs: 1_000_000 };
  const judged = (ageMs: number, changes: Parameters<typeof factsOf>[0] = {}) =>
    judgeHoles(factsOf({ newOutboxes: [{ ...outbox, ageMs }], ...changes }), limits);

  it('is told once a record that explains it has had time to come, and a health to say where the box keeps its messages', () => {
    expect(judged(119_000)).toBe('fine');
    expect(judged(121_000)).toMatchObject({ severity: 2, advice: 'newOutbox', reasons: [{ value: 'o2' }] });
    expect(judged(121_000, { healthAgeMs: 122_000 })).toBe('fine');
    expect(judged(121_000, { healthAgeMs: undefined })).toBe('fine');
  });

  it('is told beside numbers that are missing', () => {
    const holes = [{ box, outbox: 'o1', first: 5, last: 7, sinceMs: 0, ageMs: hours(30) }];
    expect(judged(121_000, { holes })).toMatchObject({ severity: 3, advice: 'hole', reasons: [{ value: 3 }, {}, {}, {}, { value: 'o2' }] });
  });

  it('is one in memory where the box said so around that time', () => {
    const inMemory = (healthMs: number, mode: 'disk' | 'memory' = 'memory') =>
      isInMemory(outbox, { box, openAlerts: 0, healthMs, health: healthOf(box, { outbox: { depth: 0, dropped: 0, mode } }) }, limits);
    expect([990_000, 1_060_000, 1_400_000, 500_000].map((healthMs) => inMemory(healthMs))).toEqual([true, true, false, false]);
    expect(inMemory(1_060_000, 'disk')).toBe(false);
    expect(isInMemory(outbox, undefined, limits)).toBe(false);
  });
});

describe('a clock', () => {
  const judged = (clockAheadMs: number | undefined, synced?: boolean) => {
    const health = healthOf(box, synced === undefined ? {} : { clock: { synced } });
    return judgeClock(factsOf({ row: { health }, clockAheadMs }), limits);
  };

  it('is off beyond five seconds, either way, and right again only well within them', () => {
    expect([-5_100, 5_100].map((ms) => inShort(judged(ms)))).toEqual(['clockOff', 'clockOff']);
    expect([-4_500, 4_500].map((ms) => inShort(judged(ms)))).toEqual(['unknown', 'unknown']);
    expect([-3_900, 3_900].map((ms) => inShort(judged(ms)))).toEqual(['fine', 'fine']);
    expect(judged(undefined)).toBe('unknown');
  });

  it('that nothing sets is told after half an hour', () => {
    expect(judged(10, false)).toMatchObject({ advice: 'clockUnsynced', afterMs: minutes(30) });
    expect(judged(10, true)).toBe('fine');
  });

  it('of the centre is the culprit where most boxes are off alike', () => {
    expect(judgeOurClock([-60_000, -60_100, -59_900, 5], limits)).toMatchObject({ advice: 'clockOurs' });
    expect(judgeOurClock([-60_000, 0, 10, 20], limits)).toBe('fine');
    // Two boxes are no majority, and boxes that are off each in its own way are not our fault.
    expect(judgeOurClock([-60_000, -60_000], limits)).toBe('fine');
    expect(judgeOurClock([-60_000, 90_000, 300_000, -900_000], limits)).toBe('fine');
    expect(isOurClockRight([-60_000, -60_100, 10], limits)).toBe(false);
    expect(isOurClockRight([], limits)).toBe(false);
    expect(isOurClockRight([100], limits)).toBe(true);
  });
});

describe('an outbox', () => {
  const judged = (outbox: Partial<ReturnType<typeof healthOf>['outbox']>, changes: Parameters<typeof factsOf>[0] = {}) =>
    inShort(judgeOutbox(factsOf({ ...changes, row: { health: healthOf(box, { outbox: { depth: 3, dropped: 0, ...outbox } }) } }), limits));

  it('is in trouble where it lives in memory, was found damaged, or does not get rid of its messages', () => {
    expect(judged({})).toBe('fine');
    expect(judged({ mode: 'memory', error: 'read-only file system' })).toBe('outboxMemory');
    expect(judged({ mode: 'disk', begunAnew: 1 })).toBe('outboxDamaged');
    expect(judged({ oldestAgeSeconds: 1_900 })).toBe('outboxWaiting');
  });

  it('is given time to empty itself after an outage, be it of the box or of the centre', () => {
    expect(judged({ oldestAgeSeconds: 86_400 }, { presenceAgeMs: minutes(5) })).toBe('fine');
    expect(judged({ oldestAgeSeconds: 86_400 }, { listeningMs: minutes(5) })).toBe('fine');
  });

  it('of which nothing was heard for long is not judged', () => {
    expect(judged({ mode: 'memory' }, { healthAgeMs: hours(1) })).toBe('unknown');
  });
});
