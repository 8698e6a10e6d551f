import { expect, it } from 'vitest';
import { type Ask, readClock } from '../../../../firmware/agent/health/clock.ts';

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
