/** The time that orders are judged by, whatever somebody does to the clock. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TrustedTime } from '../../../../firmware/agent/orders/trusted-time.ts';
import { newFolder, removeFolder } from '../config/box-of-test.ts';

const builtMs = Date.parse('2026-11-01T00:00:00Z');
const day = 86_400_000;
const at = (days: number) => builtMs + days * day;
const year2100 = Date.parse('2100-01-01T00:00:00Z');

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) removeFolder(folder);
});

interface Clock {
  nowMs: number;
  synced: boolean | undefined;
  monotonicMs: number;
}

function timeWith(clock: Clock, folder = newFolder()): { time: TrustedTime; folder: string } {
  folders.push(folder);
  const time = new TrustedTime({
    file: join(folder, 'time.json'),
    builtMs,
    clock: () => clock,
    monotonicMs: () => clock.monotonicMs,
    onProblem: (text) => expect.fail(text),
  });
  return { time, folder };
}

/** The same box, started anew. */
async function later(time: TrustedTime, folder: string, clock: Clock): Promise<TrustedTime> {
  await time.stop();
  return timeWith(clock, folder).time;
}

describe('the time of a box', () => {
  it('is never before its build', () => {
    expect(timeWith({ nowMs: 0, synced: false, monotonicMs: 0 }).time.now()).toBe(builtMs);
  });

  it('goes on while a clock stands in the past', () => {
    const clock = { nowMs: 0, synced: undefined, monotonicMs: 5 };
    const { time } = timeWith(clock);
    clock.monotonicMs += day;
    expect(time.now()).toBe(at(1));
  });

  it('is never before what a clock that followed a time server said, also after a restart in 1970', async () => {
    const { time, folder } = timeWith({ nowMs: at(100), synced: true, monotonicMs: 0 });
    time.look();
    const next = await later(time, folder, { nowMs: 0, synced: false, monotonicMs: 0 });
    expect(next.now()).toBe(at(100));
    expect(next.judge(at(90), at(99))).toBe('expired');
    expect(next.judge(at(99), at(101))).toBe('valid');
  });

  it.each([
    [year2100, false],
    [year2100, undefined],
    [at(400), false],
    [at(400), undefined],
  ])('is not poisoned by a clock at %i that follows nobody (synced: %s)', async (nowMs, synced) => {
    const clock: Clock = { nowMs, synced, monotonicMs: 0 };
    const { time, folder } = timeWith(clock);
    time.look();
    expect(time.judge(at(1), at(30))).toBe('expired');
    const next = await later(time, folder, { nowMs: at(2), synced: true, monotonicMs: 0 });
    expect(next.judge(at(1), at(30))).toBe('valid');
  });

  it('is not poisoned by a time server, nor by a director, that says 2100', async () => {
    const clock: Clock = { nowMs: year2100, synced: true, monotonicMs: 0 };
    const { time, folder } = timeWith(clock);
    time.look();
    time.signed(year2100);
    const next = await later(time, folder, { nowMs: at(2), synced: true, monotonicMs: 0 });
    expect(next.now()).toBe(at(2));
    expect(next.judge(year2100, year2100 + day)).toBe('not-yet-valid');
  });

  it('is raised by what a director has signed, where the clock proves nothing', async () => {
    const { time, folder } = timeWith({ nowMs: 0, synced: false, monotonicMs: 0 });
    expect(time.judge(at(50), at(60))).toBe('valid');
    time.signed(at(50));
    expect(time.now()).toBe(at(50));
    const next = await later(time, folder, { nowMs: 0, synced: false, monotonicMs: 0 });
    expect(next.judge(at(10), at(49))).toBe('expired');
  });

  it('of a clock that follows a time server is believed: what is signed for tomorrow is not valid today', () => {
    const { time } = timeWith({ nowMs: at(5), synced: true, monotonicMs: 0 });
    expect(time.judge(at(6), at(30))).toBe('not-yet-valid');
    expect(time.judge(at(5) + 60_000, at(30))).toBe('valid');
  });

  it('is mended by the first true time server after a false one, also after a restart', async () => {
    const clock: Clock = { nowMs: at(400), synced: true, monotonicMs: 0 };
    const { time, folder } = timeWith(clock);
    time.look();
    expect(time.judge(at(1), at(30))).toBe('expired');
    const alone = await later(time, folder, { nowMs: 0, synced: false, monotonicMs: 0 });
    expect(alone.judge(at(1), at(30))).toBe('expired');
    const next = await later(alone, folder, { nowMs: at(2), synced: true, monotonicMs: 0 });
    expect(next.judge(at(1), at(30))).toBe('valid');
    next.look();
    const last = await later(next, folder, { nowMs: 0, synced: false, monotonicMs: 0 });
    expect(last.judge(at(1), at(30))).toBe('valid');
  });

  it('is not remembered of a false time server beyond two years after the last signature', async () => {
    const { time, folder } = timeWith({ nowMs: at(19 * 365), synced: true, monotonicMs: 0 });
    time.look();
    const next = await later(time, folder, { nowMs: 0, synced: false, monotonicMs: 0 });
    expect(next.judge(at(1), at(30))).toBe('valid');
  });

  it('is not set back behind what was signed by a time server that says 1970', async () => {
    const { time, folder } = timeWith({ nowMs: at(100), synced: true, monotonicMs: 0 });
    time.look();
    time.signed(at(100));
    const next = await later(time, folder, { nowMs: 0, synced: true, monotonicMs: 0 });
    next.look();
    expect(next.judge(at(90), at(99))).toBe('expired');
    expect(next.now()).toBe(at(100));
  });

  it('begins at the build again where the file is damaged', async () => {
    const { time, folder } = timeWith({ nowMs: at(100), synced: true, monotonicMs: 0 });
    time.look();
    await time.stop();
    writeFileSync(join(folder, 'time.json'), '{"notBefore":');
    expect(timeWith({ nowMs: 0, synced: false, monotonicMs: 0 }, folder).time.now()).toBe(builtMs);
  });

  it('is written to the card no more than once an hour', async () => {
    let writes = 0;
    const folder = newFolder();
    folders.push(folder);
    const clock = { nowMs: at(1), synced: true, monotonicMs: 0 };
    const disk = {
      write: async () => void writes++,
      synchronise: async () => undefined,
      rename: async () => undefined,
      remove: async () => undefined,
    };
    const time = new TrustedTime({
      ...{ file: join(folder, 'time.json'), builtMs, clock: () => clock, monotonicMs: () => clock.monotonicMs, disk },
      onProblem: (text) => expect.fail(text),
    });
    for (let minute = 0; minute < 24 * 60; minute++) {
      time.look();
      clock.nowMs += 60_000;
      clock.monotonicMs += 60_000;
    }
    await time.stop();
    expect(writes).toBeGreaterThan(20);
    expect(writes).toBeLessThan(26);
  });
});
