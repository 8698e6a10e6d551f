import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCaptureFile } from '../../../../firmware/sensor/capture/capture-file.ts';
import { openLive } from '../../../../firmware/sensor/capture/live.ts';
import { shedFilter } from '../../../../firmware/sensor/capture/shed-filter.ts';
import { type PacketRecord, pcap } from './capture-bytes.ts';
import { MirrorPort, whyNotLive } from './namespaces.ts';
import { Probe } from './probe.ts';
import { CaptureFolder } from './run-capture.ts';
import { encapsulations, ipv4, ipv6, tcp, udp } from './shed-frames.ts';

const obstacle = whyNotLive();
const folder = new CaptureFolder();
afterAll(() => folder.remove());

const ACK = 0x10;
/** Frames of every encapsulation and many sizes, each different. */
function mixedFrames(count: number): PacketRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const { wrap } = encapsulations[index % encapsulations.length]!;
    const payload = Buffer.alloc(20 + ((index * 37) % 1300), index);
    payload.writeUInt32BE(index, 0);
    const bytes = index % 3 === 0 ? wrap(6, ipv6(17, udp(1000, 2000, payload))) : wrap(4, ipv4(6, tcp(1000, 2000, ACK, payload)));
    return { tsMicros: index, bytes };
  });
}

async function fileDigest(path: string): Promise<string> {
  const digest = createHash('sha256');
  await openCaptureFile(path).run((frame) => digest.update(frame.bytes.subarray(frame.start, frame.end)));
  return digest.digest('hex');
}

describe('live options', () => {
  it('refuse what is no interface name', () => {
    for (const name of ['', '../etc', 'a b', '..', 'an-interface-name-too-long']) expect(() => openLive({ interface: name })).toThrow();
  });

  it('stop before the run is harmless, and so is stopping twice', async () => {
    const live = openLive({ interface: 'absent0' });
    live.stop();
    live.stop();
    await live.run(() => undefined);
    expect(live.counters()).toEqual({ received: 0, kernelDropped: 0, interfaceDropped: 0 });
  });

  it('a missing interface is reported and waited for', async () => {
    const live = openLive({ interface: 'absent0' });
    const states: string[] = [];
    live.onStatus((status) => states.push(status.message));
    const running = live.run(() => undefined);
    await expect.poll(() => live.status().message).toBe('absent0: there is no such interface');
    live.stop();
    await running;
    expect(states).toEqual(['absent0: not opened yet', 'absent0: there is no such interface']);
  });
});

describe.skipIf(obstacle !== undefined)(`live capture in network namespaces (${obstacle ?? 'can run here'})`, { timeout: 60_000 }, () => {
  let port: MirrorPort;
  let probe: Probe | undefined;
  beforeEach(() => {
    port = new MirrorPort();
  });
  afterEach(() => {
    probe?.kill();
    probe = undefined;
    port.remove();
  });

  function start(live: object = {}, more: object = {}, prefix: readonly string[] = []): Probe {
    probe = new Probe(port.box, { live: { interface: 'tap0', ...live }, ...more }, prefix);
    return probe;
  }

  it('gives the frames that reading the file gives, tags and all', async () => {
    const packets = mixedFrames(4000);
    const path = folder.write(pcap(packets));
    const live = start();
    await live.state('up');
    port.send(path, '--pps=50000');
    await live.frames(packets.length);
    const ended = await live.stop();
    expect(ended).toMatchObject({ frames: packets.length, received: packets.length, kernelDropped: 0, interfaceDropped: 0 });
    expect(ended.sha256).toBe(await fileDigest(path));
  });

  it('cuts frames at the snapshot length and still tells their length', async () => {
    const path = folder.write(pcap([{ tsMicros: 0, bytes: Buffer.alloc(1000, 1) }]));
    const live = start({ snapshotLengthBytes: 128 });
    await live.state('up');
    port.send(path);
    expect(await live.frames(1)).toMatchObject({ frames: 1, bytes: 128 });
  });

  it('sheds inside every encapsulation, also where the kernel has taken the outer tag off', async () => {
    const name = udp(50000, 53, Buffer.alloc(40, 2));
    const data = tcp(443, 50000, ACK, Buffer.alloc(900, 5));
    const packets = encapsulations.flatMap(({ wrap }) => [
      { tsMicros: 0, bytes: wrap(4, ipv4(17, name)) },
      { tsMicros: 0, bytes: wrap(4, ipv4(6, data)) },
      { tsMicros: 0, bytes: wrap(6, ipv6(17, name)) },
      { tsMicros: 0, bytes: wrap(6, ipv6(6, data)) },
    ]);
    const kept = packets.filter((_, index) => index % 2 === 0);
    const live = start({ filter: shedFilter() });
    await live.state('up');
    port.send(folder.write(pcap(packets)));
    const counters = await live.frames(kept.length);
    expect(counters.frames).toBe(kept.length);
    expect(counters.sha256).toBe(await fileDigest(folder.write(pcap(kept))));
  });

  it('reports an interface that is set down, and goes on when it is up again', async () => {
    const path = folder.write(pcap(mixedFrames(100)));
    const live = start();
    await live.state('up');
    port.setBox('tap0', 'down');
    expect((await live.state('down')).message).toBe('tap0: the interface is down');
    port.setBox('tap0', 'up');
    await live.state('up');
    port.send(path);
    expect((await live.frames(100)).frames).toBe(100);
    expect((await live.stop()).descriptors).toBeLessThan(60);
  });

  it('goes on when the interface was down for less than it takes to notice', async () => {
    const path = folder.write(pcap(mixedFrames(1500)));
    const live = start();
    await live.state('up');
    port.setBox('tap0', 'down');
    port.setBox('tap0', 'up');
    port.send(path, '--pps=500');
    const { frames } = await live.frames(1500, 1000);
    // The kernel takes a moment to bring the link up; nothing is lost after that, and nothing comes twice.
    expect(frames).toBeGreaterThan(750);
    expect(frames).toBeLessThanOrEqual(1500);
    await live.reset();
    port.send(path, '--pps=5000');
    expect((await live.frames(1500)).frames).toBe(1500);
  });

  it('reports a cable that is unplugged', async () => {
    const live = start();
    await live.state('up');
    port.setSwitch('out0', 'down');
    await live.state('no-link');
    port.setSwitch('out0', 'up');
    await live.state('up');
    await live.stop();
  });

  it('waits for an interface that is down from the start', async () => {
    port.setBox('tap0', 'down');
    const live = start();
    await live.state('down');
    port.setBox('tap0', 'up');
    await live.state('up');
    port.send(folder.write(pcap(mixedFrames(10))));
    expect((await live.frames(10)).frames).toBe(10);
  });

  it('finds an interface again that vanished, and idles while it is gone', async () => {
    const path = folder.write(pcap(mixedFrames(50)));
    const live = start();
    await live.state('up');
    for (let round = 1; round <= 3; round++) {
      port.unplug();
      await live.state('missing');
      const before = await live.counters();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect((await live.counters()).cpuMs - before.cpuMs).toBeLessThan(300);
      port.plug();
      await live.state('up');
      await live.reset();
      port.send(path);
      expect((await live.frames(50)).frames).toBe(50);
    }
    expect((await live.stop()).received).toBe(150);
  });

  it('reports an interface that was renamed, and takes it again under its name', async () => {
    const live = start();
    await live.state('up');
    port.setBox('tap0', 'down');
    port.setBox('tap0', 'name', 'other0');
    port.setBox('other0', 'up');
    await live.state('missing');
    port.setBox('other0', 'down');
    port.setBox('other0', 'name', 'tap0');
    port.setBox('tap0', 'up');
    await live.state('up');
    port.send(folder.write(pcap(mixedFrames(20))));
    expect((await live.frames(20)).frames).toBe(20);
  });

  it('says that permission lacks, and keeps trying', async () => {
    const live = start({}, {}, ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw']);
    const { message } = await live.state('no-permission');
    expect(message).toMatch(/^tap0: no permission to capture \(.*\)$/);
    await live.stop();
  });

  it('refuses a filter that is none, in one line', async () => {
    const { rejected } = await start({ filter: 'tcp prot 80' }).until((line) => line.rejected !== undefined);
    expect(rejected).toMatch(/^CaptureError: cannot capture on tap0: .*filter: tcp prot 80\)$/);
  });

  it('sheds load when the kernel drops frames, says so, and keeps timers running', async () => {
    const packets = mixedFrames(2000);
    const names = Array.from({ length: 20 }, () => ({
      tsMicros: 0,
      bytes: encapsulations[2]!.wrap(4, ipv4(17, udp(50000, 53, Buffer.alloc(40)))),
    }));
    const live = start({ kernelBufferBytes: 2_097_152 }, { workMicros: 300 });
    await live.state('up');
    port.send(folder.write(pcap(packets)), '--pps=8000', '--loop=52');
    const { status } = await live.until((line) => line.status?.shedding === true, 20_000);
    expect(status).toEqual({ state: 'up', message: 'tap0: capturing', shedding: true });
    await live.reset();
    port.send(folder.write(pcap([...packets, ...names])), '--pps=8000');
    const shed = await live.frames(20);
    expect(shed.frames).toBe(20);
    const ended = await live.stop();
    expect(ended.kernelDropped).toBeGreaterThan(0);
    expect(ended.received + ended.kernelDropped).toBeLessThanOrEqual(52 * 2000 + 2020);
  });
});
