import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MirrorPort, whyNotLive } from '../firmware/sensor/capture/namespaces.ts';
import { BoxProcess, isAlive } from './box-process.ts';
import { Centre } from './centre.ts';
import { writeLookups } from './lookups.ts';

const obstacle = whyNotLive();
const folder = mkdtempSync(join(tmpdir(), 'vonggac-pair-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const badName = 'beacon.bad.example';
const intel = join(folder, 'bad.txt');
writeFileSync(intel, 'bad.example\n');
const oneLookup = join(folder, 'one.pcap');
writeLookups(oneLookup, badName);

describe.skipIf(obstacle !== undefined)(`sensor and agent together (${obstacle ?? 'can run here'})`, { timeout: 60_000 }, () => {
  let port: MirrorPort;
  let centre: Centre | undefined;
  let box: BoxProcess | undefined;
  beforeEach(() => {
    port = new MirrorPort();
    port.setBox('lo', 'up');
  });
  afterEach(async () => {
    try {
      await box?.kill();
      await centre?.stop();
    } finally {
      box = undefined;
      centre = undefined;
      port.remove();
    }
  });

  function startBox(url: string, capture: object = {}): BoxProcess {
    const config = join(folder, 'box.json');
    const document = {
      box: 'live-box',
      intel: [intel],
      capture: { interface: 'tap0', ...capture },
      uplink: { url },
      healthIntervalSeconds: 0.2,
    };
    writeFileSync(config, JSON.stringify(document));
    box = new BoxProcess(port.box, config);
    return box;
  }

  /** A box that captures and is heard of at the centre. */
  async function running(capture: object = {}): Promise<{ box: BoxProcess; centre: Centre }> {
    centre = await Centre.start(port.box);
    const started = startBox(centre.url, capture);
    await centre.health((health) => health.capture.state === 'running', 'a running capture');
    return { box: started, centre };
  }

  it('tell the centre of a contact within a second, and in health what the kernel dropped and whether load is shed', async () => {
    const { centre } = await running();
    port.send(oneLookup);
    await centre.until(() => centre.alerts.length > 0, 'the alert');
    const { alert, heardMs } = centre.alerts[0]!;
    expect(alert).toMatchObject({ box: 'live-box', seq: 2, kind: 'c2.domain', stage: 'attempt', host: { ip: '10.20.1.1' } });
    expect(heardMs - Date.parse(alert.tsFirst)).toBeLessThan(1_000);
    const { capture, sensorProcess } = await centre.health((health) => health.capture.packets > 0, 'the frame in health');
    expect(capture).toMatchObject({ state: 'running', source: 'tap0', packets: 1, kernelDropped: 0, interfaceDropped: 0, shedding: false });
    expect(sensorProcess?.timerLateMs).toBeLessThan(1_000);
  });

  it('go on when the sensor is killed: it is started again, health says so, and alerts come as before', async () => {
    const { box, centre } = await running();
    const killed = box.sensorPid!;
    process.kill(killed, 'SIGKILL');
    const died = await centre.health(({ capture }) => capture.state === 'failed', 'the death in health');
    expect(died.capture.error).toMatch(/^the sensor has not answered for \d+ s: it is gone$/);
    const again = await centre.health(({ capture }) => capture.state === 'running', 'a running capture');
    expect(again.supervision).toEqual({ restarts: 1 });
    expect(box.sensorPid).not.toBe(killed);
    port.send(oneLookup);
    await centre.until(() => centre.alerts.length > 0, 'the alert');
    process.kill(box.sensorPid!, 'SIGKILL');
    const second = await centre.health(({ capture }) => capture.state === 'failed', 'the second death in health');
    expect(second.supervision?.restarts).toBe(1);
    await centre.health(({ supervision }) => supervision?.restarts === 2, 'the second restart');
  });

  it('end in order when told to: the sensor first, then what it said last, then the goodbye', async () => {
    const { box, centre } = await running();
    const sensorPid = box.sensorPid!;
    const count = 500;
    const path = join(folder, 'many.pcap');
    writeLookups(path, badName, { count });
    port.send(path, '--topspeed');
    // The kernel hands frames over every 10 ms; the alerts themselves are on their way while the signal arrives.
    await sleep(30);
    const askedMs = performance.now();
    box.signal('SIGTERM');
    expect(await box.ended).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(10_000);
    expect(isAlive(sensorPid)).toBe(false);
    await centre.until(() => centre.presences.at(-1)?.online === false, 'the goodbye');
    expect(centre.presences.at(-1)).toMatchObject({ planned: true });
    const firstRevisions = centre.alerts.filter(({ alert }) => alert.rev === 1);
    expect(firstRevisions.length).toBe(count);
    // Number 1 is the record of the agent's start.
    const numbers = centre.alerts.map(({ alert }) => alert.seq);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 2));
  });

  it('end within 10 s when told to, also while the broker is away and alerts wait', async () => {
    const { box, centre } = await running();
    await centre.stop();
    port.send(oneLookup);
    await sleep(100);
    const askedMs = performance.now();
    box.signal('SIGTERM');
    expect(await box.ended).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(10_000);
    expect(box.log).toContain('ended before the centre had everything');
  });

  it('go on when the agent is killed: what was found meanwhile arrives once it is started again', async () => {
    const { box, centre } = await running();
    const killed = box.agentPid!;
    process.kill(killed, 'SIGKILL');
    port.send(oneLookup);
    await centre.until(() => centre.alerts.length > 0, 'the alert');
    expect(box.agentPid).not.toBe(killed);
    const { supervision } = await centre.health(({ capture }) => capture.packets === 1, 'the counters of the sensor that ran on');
    expect(supervision?.restarts).toBe(0);
  });

  it('leave no orphan: both end when what started them is killed', async () => {
    const { box } = await running();
    const pids = [box.sensorPid!, box.agentPid!];
    await box.kill();
    await expect.poll(() => pids.some(isAlive), { timeout: 10_000 }).toBe(false);
  });

  it('say that the interface is down, gone or renamed, and go on when it is back', async () => {
    const { centre } = await running();
    const waits = async (message: string) => {
      const { capture } = await centre.health((health) => health.capture.state === 'waiting', message);
      expect(capture.error).toBe(message);
    };
    const runs = () => centre.health((health) => health.capture.state === 'running', 'a running capture');
    port.setBox('tap0', 'down');
    await waits('tap0: the interface is down');
    port.setBox('tap0', 'name', 'other0');
    await centre.health(({ capture }) => capture.error === 'tap0: there is no such interface', 'no such interface');
    port.setBox('other0', 'name', 'tap0');
    port.setBox('tap0', 'up');
    expect((await runs()).capture.error).toBeUndefined();
    port.setSwitch('out0', 'down');
    await waits('tap0: no link: the cable is unplugged or the other side is off');
    port.setSwitch('out0', 'up');
    await runs();
    port.send(oneLookup);
    await centre.until(() => centre.alerts.length > 0, 'the alert');
    expect(centre.latestHealth?.supervision?.restarts).toBe(0);
  });

  it('end with status 2 and one line where the filter is none', async () => {
    const box = startBox('mqtt://127.0.0.1:1', { filter: 'tcp prot 80' });
    expect(await box.ended).toBe(2);
    expect(box.errors).toMatch(/^vonggac: cannot capture on tap0: .*\(filter: tcp prot 80\)\n$/);
  });
});
