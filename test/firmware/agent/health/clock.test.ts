import { expect, it, vi } from 'vitest';
import { type Ask, ClockWatch, readClock } from '../../../../firmware/agent/health/clock.ts';

const answering =
  (answers: Record<string, string>): Ask =>
  async (program) =>
    answers[program];

it('believes chrony about synchronisation and offset, a fast clock being ahead', async () => {
  const tracking = (leap: string, side: string) =>
    `Stratum : 3\nSystem time     : 0.001500000 seconds ${side} of NTP time\nLeap status     : ${leap}`;
  expect(await readClock(answering({ chronyc: tracking('Normal', 'fast') }))).toEqual({ synced: true, offsetMs: 1.5 });
  expect(await readClock(answering({ chronyc: tracking('Normal', 'slow') }))).toEqual({ synced: true, offsetMs: -1.5 });
  expect(await readClock(answering({ chronyc: tracking('Not synchronised', 'slow') }))).toMatchObject({ synced: false });
});

it('believes systemd before chrony, and says nothing where there is neither', async () => {
  expect(await readClock(answering({ timedatectl: 'yes' }))).toEqual({ synced: true });
  expect(await readClock(answering({ timedatectl: 'no' }))).toEqual({ synced: false });
  expect(await readClock(answering({}))).toBeUndefined();
});

it.each([
  ['+1.342ms', -1.342],
  ['-1.342ms', 1.342],
  ['-324us', 0.324],
  ['+1min 2.5s', -62_500],
  ['+0', -0],
  ['-2h 1us', 7_200_000.001],
])('asks systemd-timesyncd where there is no chrony, whose offset %s is that of the server before ours', async (span, offsetMs) => {
  const asking: Ask = async (program, [command]) => {
    if (program !== 'timedatectl') return undefined;
    return command === 'show'
      ? 'yes'
      : `       Server: 192.0.2.1 (ntp.example)\n         Leap: normal\n       Offset: ${span}\n        Delay: 9.1ms`;
  };
  expect(await readClock(asking)).toEqual({ synced: true, offsetMs });
});

it.each(['1.342ms', '+1.342', '+1fortnight', '+ms', '+1.2.3ms', '-', ''])('makes no offset of %j', async (span) => {
  const asking: Ask = async (program, [command]) => (program !== 'timedatectl' ? undefined : command === 'show' ? 'no' : `Offset: ${span}`);
  expect(await readClock(asking)).toEqual({ synced: false });
});

it('keeps what was last said, tells it on, and forgets it where nobody says anything any more', async () => {
  vi.useFakeTimers();
  try {
    let answer: string | undefined = 'yes';
    const told: unknown[] = [];
    const watch = new ClockWatch(
      async (program) => (program === 'timedatectl' ? answer : undefined),
      (state) => told.push(state),
    );
    watch.start();
    await vi.advanceTimersByTimeAsync(1);
    expect(watch.state).toEqual({ synced: true });
    answer = undefined;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(watch.state).toBeUndefined();
    watch.stop();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(told).toEqual([{ synced: true }, undefined]);
  } finally {
    vi.useRealTimers();
  }
});
