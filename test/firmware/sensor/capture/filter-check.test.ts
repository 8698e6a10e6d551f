import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitRestart } from '../../../../firmware/command/child-state.ts';
import { writeLookups } from '../../../live/lookups.ts';
import { SensorProcess } from '../../../live/sensor-process.ts';
import { BoxFolder } from '../box-folder.ts';
import { MirrorPort, whyNotLive } from './namespaces.ts';

const obstacle = whyNotLive();
const wrongFilter = { capture: { filter: 'prot tcp' } };

describe.skipIf(obstacle !== undefined)(`settings of the capture (${obstacle ?? 'can run here'})`, { timeout: 60_000 }, () => {
  let port: MirrorPort;
  let box: BoxFolder;
  let sensor: SensorProcess | undefined;
  beforeEach(() => {
    port = new MirrorPort();
    box = new BoxFolder({ capture: { interface: 'tap0' } });
  });
  afterEach(async () => {
    try {
      sensor?.kill();
      await sensor?.ended;
    } finally {
      sensor = undefined;
      port.remove();
      box.remove();
    }
  });

  function start(): SensorProcess {
    sensor = new SensorProcess(port.box, box.config);
    return sensor;
  }

  function send(first: number, count: number): void {
    const path = join(box.path, `${first}.pcap`);
    writeLookups(path, 'harmless.example', { first, count });
    port.send(path);
  }

  it('with a filter that does not compile leave the box with its own file at the start, with the reason', async () => {
    box.settings(3, wrongFilter);
    const report = await start().state('running');
    expect(report.settings).toEqual({ error: expect.stringMatching(/^capture\.filter: cannot capture on tap0: .*\(filter: prot tcp\)$/) });
    send(1, 50);
    await sensor?.until(({ capture }) => capture.packets === 50, 'the frames');
  });

  it('with a filter that does not compile do not disturb a capture that runs, and with one that does begin a new process', async () => {
    const running = start();
    const { sensorProcess } = await running.state('running');
    send(1, 50);
    box.settings(3, wrongFilter);
    running.signal('SIGHUP');
    const refused = await running.until(({ settings }) => settings?.error !== undefined, 'the refusal');
    expect(refused.settings).toEqual({ error: expect.stringMatching(/filter: prot tcp/) });
    send(51, 50);
    const after = await running.until(({ capture }) => capture.packets === 100, 'the frames');
    expect(after.sensorProcess?.run).toBe(sensorProcess?.run);
    const hash = box.settings(4, { capture: { filter: 'host 10.20.1.120' } });
    running.signal('SIGHUP');
    expect(await running.ended).toEqual({ status: exitRestart, signal: null });
    const next = start();
    expect((await next.state('running')).settings).toEqual({ seq: 4, hash });
    send(101, 50);
    await next.until(({ capture }) => capture.packets > 0, 'the frame that the filter lets pass');
    await next.frames(50);
    expect(next.report?.capture.packets).toBe(1);
  });

  it('with an interface that is not there make it wait for that one, which is no fault of the settings; a filter that then shows to be wrong is', async () => {
    const running = start();
    await running.state('running');
    const hash = box.settings(3, { capture: { interface: 'tap7', filter: 'prot tcp' } });
    running.signal('SIGHUP');
    expect(await running.ended).toEqual({ status: exitRestart, signal: null });
    const next = start();
    const waiting = await next.state('waiting');
    expect(waiting.settings).toEqual({ seq: 3, hash });
    expect(waiting.capture.source).toBe('tap7');
    port.setBox('tap0', 'down');
    port.setBox('tap0', 'name', 'tap7');
    port.setBox('tap7', 'up');
    const alone = await next.until(({ settings }) => settings?.error !== undefined, 'the refusal');
    expect(alone).toMatchObject({
      capture: { source: 'tap0', state: 'waiting' },
      settings: { error: expect.stringMatching(/tap7.*prot tcp/) },
    });
    port.setBox('tap7', 'down');
    port.setBox('tap7', 'name', 'tap0');
    port.setBox('tap0', 'up');
    await next.state('running');
  });
});
