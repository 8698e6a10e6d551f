import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLOSING_SESSIONS_MAX } from '../../firmware/sensor/capture/closing-sessions.ts';
import { MirrorPort, whyNotLive } from '../firmware/sensor/capture/namespaces.ts';
import { writeLookups } from './lookups.ts';
import { SensorProcess } from './sensor-process.ts';
import { sendAtRate } from './tcpreplay.ts';

const obstacle = whyNotLive();
const folder = mkdtempSync(join(tmpdir(), 'vonggac-sensor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(obstacle !== undefined)(`the sensor process (${obstacle ?? 'can run here'})`, { timeout: 60_000 }, () => {
  let port: MirrorPort;
  let sensor: SensorProcess | undefined;
  beforeEach(() => {
    port = new MirrorPort();
  });
  afterEach(async () => {
    try {
      sensor?.kill();
      await sensor?.ended;
    } finally {
      sensor = undefined;
      port.remove();
    }
  });

  const intel = join(folder, 'bad.txt');
  async function start(list: string): Promise<SensorProcess> {
    const config = join(folder, 'box.json');
    writeFileSync(intel, list);
    writeFileSync(config, JSON.stringify({ intel: [intel], capture: { interface: 'tap0' } }));
    sensor = new SensorProcess(port.box, config);
    await sensor.state('running');
    return sensor;
  }

  function lookups(name: string, first: number, count: number): string {
    const path = join(folder, `${name}-${first}.pcap`);
    writeLookups(path, name, { first, count });
    return path;
  }

  it('takes a new list in the middle of traffic without losing a frame, and keeps the old one where the new one cannot be read', async () => {
    const sensor = await start('old.example\n');
    const noise = lookups('harmless.example', 1, 20_000);
    const bundleBefore = sensor.report?.intelligence?.bundle;
    const sending = sendAtRate(port, noise, 10_000);
    rmSync(intel);
    sensor.signal('SIGHUP');
    await expect.poll(() => sensor.log).toContain('the last set stays in use');
    expect(sensor.report?.intelligence).toMatchObject({ bundle: bundleBefore, indicators: 1 });
    writeFileSync(intel, 'new.example\nnewer.example\n');
    // More often than it can read: each is heard of, none disturbs another.
    for (let time = 0; time < 20; time++) sensor.signal('SIGHUP');
    await sensor.until((report) => report.intelligence?.indicators === 2, 'the new list');
    const { packets } = await sending;
    await sensor.frames(packets);
    expect(sensor.report?.capture).toMatchObject({ packets: 20_000, kernelDropped: 0 });
    expect(sensor.report?.decode?.caughtBugs).toBe(0);
    port.send(lookups('old.example', 1, 1));
    port.send(lookups('new.example', 2, 1));
    await expect.poll(() => sensor.alerts.length).toBe(1);
    expect(sensor.alerts[0]?.match).toMatchObject({ value: 'new.example', bundle: sensor.report?.intelligence?.bundle });
  });

  it('ends in order on a silent interface, with its last words said', async () => {
    const sensor = await start('bad.example\n');
    port.send(lookups('bad.example', 1, 100));
    await sensor.frames(100);
    const askedMs = performance.now();
    expect(await sensor.stop()).toEqual({ status: 0, signal: null });
    expect(performance.now() - askedMs).toBeLessThan(2_000);
    expect(sensor.alerts.length).toBe(100);
    expect(sensor.report?.capture.packets).toBe(100);
    expect(sensor.log).toContain('"sensor ends"');
  });

  it('ends when its parent lets go of it', async () => {
    const sensor = await start('bad.example\n');
    sensor.disconnect();
    expect((await sensor.ended).signal).toBeNull();
  });

  it('asks for a new process when vanished interfaces hold too much, with a status that is neither 0 nor 2', async () => {
    const sensor = await start('bad.example\n');
    for (let round = 0; round < CLOSING_SESSIONS_MAX; round++) {
      port.unplug();
      await sensor.state('waiting');
      port.plug();
      await sensor.state('running');
    }
    port.unplug();
    expect(await sensor.ended).toEqual({ status: 75, signal: null });
    expect(sensor.log).toContain('a new process can capture again');
  });
});
