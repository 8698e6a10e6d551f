import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InterfaceCount } from '../../../../firmware/agent/health/mirror-flow.ts';
import { Pulse } from '../../../../firmware/agent/health/pulse.ts';
import { ServiceManager } from '../../../../firmware/agent/health/service-manager.ts';
import { holds, type Measures, Watchdog, type WatchdogParts } from '../../../../firmware/agent/health/watchdog.ts';
import type { SensorReport } from '../../../../firmware/contract/health.ts';
import { until } from '../uplink/listener.ts';
import { NotifyReceiver } from './notify-receiver.ts';

type Capture = SensorReport['capture'];
const capture = (more: Partial<Capture> = {}): Capture => ({
  state: 'running',
  source: 'eth1',
  shedding: false,
  packets: 100,
  bytes: 1,
  ...more,
});

const sound: Measures = {
  capture: capture(),
  sensorSilentMs: 900,
  isStarting: false,
  silence: undefined,
  isFiltered: false,
  outboxSilentMs: 10_000,
  overdueMs: { uplink: 0 },
};
const codes = (more: Partial<Measures>) => holds({ ...sound, ...more }).map(({ code }) => code);
const silence = (received: number, operState = 'up') => ({ seconds: 60, received, operState });

describe('what the watchdog holds back for', () => {
  it('is nothing while all is proven', () => {
    expect(holds(sound)).toEqual([]);
  });

  it('is a sensor that is silent, but not one that is just starting or has read its file to the end', () => {
    expect(codes({ sensorSilentMs: 10_000 })).toEqual([]);
    expect(holds({ ...sound, sensorSilentMs: 12_300 })).toEqual([{ code: 'sensor-silent', text: 'the sensor has not answered for 12 s' }]);
    expect(codes({ capture: undefined, sensorSilentMs: 61_000 })).toEqual(['sensor-silent']);
    expect(codes({ capture: undefined, sensorSilentMs: 30_000, isStarting: true })).toEqual([]);
    expect(codes({ capture: capture({ state: 'ended' }), sensorSilentMs: 1e9 })).toEqual([]);
  });

  it('is a capture that failed, but not an interface that is waited for: a new start plugs in no cable', () => {
    expect(holds({ ...sound, capture: capture({ state: 'failed', error: 'no permission' }) })).toEqual([
      { code: 'capture-failed', text: 'the capture failed: no permission' },
    ]);
    expect(codes({ capture: capture({ state: 'waiting', error: 'eth1: the interface is down' }) })).toEqual([]);
    expect(codes({ capture: capture({ state: 'waiting' }), silence: silence(1_000, 'down') })).toEqual([]);
  });

  it('is an interface that receives while nothing is seen, but not one that is idle', () => {
    expect(codes({ silence: silence(0) })).toEqual([]);
    expect(codes({ silence: silence(0, 'unknown') })).toEqual([]);
    expect(codes({ silence: silence(10) })).toEqual([]);
    expect(holds({ ...sound, silence: silence(11) })).toEqual([
      { code: 'blind', text: 'nothing was seen for 60 s, while the interface received 11 frames' },
    ]);
  });

  it('is no frame that a filter of the configuration keeps away', () => {
    expect(codes({ silence: silence(100_000), isFiltered: true })).toEqual([]);
  });

  it('is an interface that is not up while the sensor believes that it captures', () => {
    for (const operState of ['down', 'lowerlayerdown', 'dormant', 'notpresent'])
      expect(codes({ silence: silence(0, operState) })).toEqual(['blind']);
  });

  it('is an outbox that hangs and a loop that broke its word', () => {
    expect(codes({ outboxSilentMs: 60_000, overdueMs: { uplink: 30_000 } })).toEqual([]);
    expect(holds({ ...sound, outboxSilentMs: 61_000, overdueMs: { uplink: 31_000, other: 0 } })).toEqual([
      { code: 'outbox-stuck', text: 'the outbox has not answered for 61 s' },
      { code: 'loop-stuck', text: 'the uplink has not moved: 31 s late' },
    ]);
  });

  it('is all of it at once where all of it is so', () => {
    const all = { sensorSilentMs: 99_000, silence: silence(99), outboxSilentMs: 99_000, overdueMs: { uplink: 99_000 } };
    expect(codes(all)).toEqual(['sensor-silent', 'blind', 'outbox-stuck', 'loop-stuck']);
  });
});

describe('a pulse', () => {
  it('is overdue only when its loop is later than it promised', () => {
    let nowMs = 0;
    const pulse = new Pulse(100, () => nowMs);
    nowMs = 100;
    expect(pulse.overdueMs).toBe(0);
    nowMs = 150;
    expect(pulse.overdueMs).toBe(50);
    pulse.beat(300_000);
    nowMs = 300_000;
    expect(pulse.overdueMs).toBe(0);
    nowMs = 300_151;
    expect(pulse.overdueMs).toBe(1);
  });
});

describe('the watchdog', { timeout: 20_000 }, () => {
  const intervalMs = 400;
  let receiver: NotifyReceiver;
  let watchdog: Watchdog;
  let log: string[];
  let told: Capture | undefined;
  let reported: Capture;
  let silentMs: number;
  let aheadMs: number;
  let count: InterfaceCount | undefined;
  let askOutbox: () => Promise<unknown>;
  let uplink: Pulse;

  beforeEach(async () => {
    receiver = await NotifyReceiver.start();
    log = [];
    told = capture();
    reported = told;
    silentMs = 100;
    aheadMs = 0;
    count = { operState: 'up', rxPackets: 5 };
    askOutbox = () => Promise.resolve();
  });
  afterEach(async () => {
    await watchdog.stop();
    await receiver.stop();
  });

  const now = () => performance.now() + aheadMs;

  function start(environment: NodeJS.ProcessEnv = { WATCHDOG_USEC: String(intervalMs * 1_000) }, more: Partial<WatchdogParts> = {}): void {
    const note = (fields: object, text: string) => log.push(`${text} ${JSON.stringify(fields)}`);
    uplink = new Pulse(60_000, now);
    watchdog = new Watchdog({
      service: new ServiceManager({
        environment: { ...receiver.environment, ...environment },
        log: { warn: note },
      }),
      sensor: {
        get told() {
          return told;
        },
        get silentMs() {
          return silentMs;
        },
        report: () => ({ capture: reported }),
      },
      interfaceCount: () => count,
      isFiltered: () => false,
      askOutbox: () => askOutbox(),
      pulses: { uplink },
      lookMs: 100,
      log: { info: note, warn: note },
      monotonicMs: now,
      ...more,
    });
    watchdog.start();
  }

  const alive = () => receiver.count('WATCHDOG=1');
  const isAliveAgain = async () => {
    const before = alive();
    await until(() => alive() > before + 1, 'signs of life');
    expect(watchdog.state.holds).toEqual([]);
  };

  /** Nothing is said for three intervals, and why is known. */
  async function isSilent(code: string): Promise<void> {
    await until(() => watchdog.state.holds.some((hold) => hold.code === code), code);
    // One may be on its way.
    await until(() => receiver.heard.at(-1)?.join().includes(`STATUS=held back: ${code}`) === true, 'the status');
    const before = alive();
    const endMs = performance.now() + 3 * intervalMs;
    await until(() => performance.now() > endMs, 'the end of three intervals');
    expect(alive()).toBe(before);
    expect(log.filter((line) => line.startsWith('the service manager is not told')).length).toBe(1);
    expect(log.join()).toContain(code);
  }

  it('says that the service is ready, lives and stops, and twice within the interval', async () => {
    start();
    const startMs = performance.now();
    await until(() => alive() >= 6, 'signs of life');
    expect(performance.now() - startMs).toBeLessThan(6 * intervalMs);
    await watchdog.stop();
    expect(receiver.heard[0]).toEqual(['READY=1', 'STATUS=starting']);
    expect(receiver.count('READY=1')).toBe(1);
    expect(receiver.heard.at(-1)).toEqual(['STOPPING=1', 'STATUS=stopping']);
    expect(watchdog.state).toEqual({ isEnabled: true, notifiedMs: expect.any(Number), holds: [] });
    expect(Date.now() - watchdog.state.notifiedMs!).toBeLessThan(5_000);
  });

  it('falls silent with the sensor, says so once, and speaks again with it', async () => {
    start();
    await isAliveAgain();
    silentMs = 11_000;
    await isSilent('sensor-silent');
    silentMs = 100;
    await isAliveAgain();
    expect(log.at(-1)).toBe('all is proven again: the service manager is told so {}');
  });

  it('falls silent when the box is blind, and speaks while the port is idle', async () => {
    start();
    await isAliveAgain();
    aheadMs += 61_000;
    uplink.beat(1e9);
    await isAliveAgain();
    count = { operState: 'up', rxPackets: 1_000 };
    aheadMs += 61_000;
    await isSilent('blind');
    told = capture({ packets: 101 });
    await isAliveAgain();
  });

  it('falls silent when the outbox hangs, and speaks while it answers that it cannot write', async () => {
    askOutbox = () => Promise.reject(new Error('read-only'));
    start();
    await isAliveAgain();
    let answer: () => void = () => undefined;
    askOutbox = () =>
      new Promise<void>((resolve) => {
        answer = resolve;
      });
    await isAliveAgain();
    uplink.beat(1e9);
    aheadMs += 61_000;
    await isSilent('outbox-stuck');
    askOutbox = () => Promise.resolve();
    answer();
    await isAliveAgain();
  });

  it('falls silent when the uplink does not move any more', async () => {
    start();
    uplink.beat(0);
    aheadMs += 31_000;
    await isSilent('loop-stuck');
    uplink.beat(60_000);
    await isAliveAgain();
  });

  it('only says what it is about where nobody waits for signs of life', async () => {
    start({});
    await until(() => receiver.heard.length === 2, 'two words');
    reported = capture({ state: 'waiting' });
    told = reported;
    await until(() => receiver.heard.length === 3, 'a third');
    expect(receiver.heard).toEqual([['READY=1', 'STATUS=starting'], ['STATUS=running'], ['STATUS=waiting']]);
    expect(watchdog.state).toEqual({ isEnabled: false, notifiedMs: undefined, holds: [] });
  });

  it('says why it would hold back also where there is no service manager', async () => {
    silentMs = 11_000;
    start({ NOTIFY_SOCKET: undefined });
    await until(() => watchdog.state.holds.length === 1, 'the hold');
    expect(receiver.heard).toEqual([]);
  });

  it('says that the service is ready as soon as somebody listens, if it could not at first', async () => {
    let isThere = false;
    const heard: unknown[] = [];
    const service = {
      watchdogMs: 250,
      notify: (notice: object) => {
        heard.push(notice);
        return Promise.resolve(isThere);
      },
    };
    start({}, { service });
    await until(() => heard.length === 2, 'two attempts');
    isThere = true;
    await until(() => heard.length === 4, 'two more');
    expect(heard.map((notice) => (notice as { ready: boolean }).ready)).toEqual([true, true, true, false]);
  });
});
