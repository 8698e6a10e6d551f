import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PacketRecord, pcap } from '../../sensor/capture/capture-bytes.ts';
import { MirrorPort, whyNotLive } from '../../sensor/capture/namespaces.ts';
import { CaptureFolder } from '../../sensor/capture/run-capture.ts';
import { encapsulations, ipv4, tcp, udp } from '../../sensor/capture/shed-frames.ts';
import { runDoctor } from './run-doctor.ts';

const obstacle = whyNotLive();
const folder = new CaptureFolder();
afterAll(() => folder.remove());

const ack = 0x10;
const framesPerSecond = 150;
/** Longer than the doctor needs to start and to listen. */
const seconds = 5;

function frames(make: (index: number) => Buffer): string {
  const packets: PacketRecord[] = Array.from({ length: framesPerSecond * seconds }, (_, index) => ({
    tsMicros: index,
    bytes: make(index),
  }));
  return folder.write(pcap(packets));
}

const untagged = encapsulations[0]!;
const there = untagged.wrap(4, ipv4(6, tcp(40_000, 443, ack)));

/** The same frame on its way back: hardware and IP addresses change places. */
function back(frame: Buffer): Buffer {
  const answer = Buffer.from(frame);
  frame.copy(answer, 0, 6, 12);
  frame.copy(answer, 6, 0, 6);
  frame.copy(answer, 26, 30, 34);
  frame.copy(answer, 30, 26, 30);
  return answer;
}

function broadcast(index: number): Buffer {
  const frame = untagged.wrap(4, ipv4(17, udp(67, 68, Buffer.alloc(20 + (index % 50)))));
  frame.fill(0xff, 0, 6);
  frame.fill(0xff, 30, 34);
  return frame;
}

describe.skipIf(obstacle !== undefined)(`the doctor at a mirror port (${obstacle ?? 'can run here'})`, { timeout: 60_000 }, () => {
  let port: MirrorPort;
  beforeEach(() => {
    port = new MirrorPort();
  });
  afterEach(() => port.remove());

  function examine(capture?: string, words: readonly string[] = []) {
    const send = capture === undefined ? undefined : () => port.send(capture, `--pps=${framesPerSecond}`);
    return runDoctor(['--interface', 'tap0', ...words], ['ip', 'netns', 'exec', port.box], send);
  }

  it('is content where both directions between other machines are seen, and says how many packets come', async () => {
    const { findings } = await examine(frames((index) => (index % 2 === 0 ? there : back(there))));
    expect(findings['interface.ok']).toMatchObject({ degree: 'ok' });
    expect(findings['capture.ok']).toMatchObject({ degree: 'ok' });
    expect(findings['mirror.ok']).toMatchObject({ degree: 'ok', pairs: 1 });
    const rate = Number(findings['mirror.ok']?.rate);
    expect(rate).toBeGreaterThan(framesPerSecond / 2);
    expect(rate).toBeLessThan(framesPerSecond * 1.5);
  });

  it('listens as the configuration of a box says', async () => {
    const config = folder.write(Buffer.from(JSON.stringify({ capture: { interface: 'tap0', filter: 'udp', pace: 2 } })));
    const { findings } = await examine(undefined, ['--config', config]);
    expect(findings['mirror.silent']).toMatchObject({ degree: 'fault', interface: 'tap0' });
    expect(findings['panel.none']).toBeDefined();
  });

  it('says that a port on which nothing comes is silent', async () => {
    const { status, findings } = await examine();
    expect(findings['mirror.silent']).toMatchObject({ degree: 'fault', interface: 'tap0', seconds: 3 });
    expect(status).toBe(1);
  });

  it('says that a port with broadcast only is no mirror', async () => {
    const { status, findings } = await examine(frames(broadcast));
    expect(findings['mirror.not-a-mirror']).toMatchObject({ degree: 'fault', own: 0 });
    expect(status).toBe(1);
  });

  it('says that a port with one direction only is half a mirror', async () => {
    const { status, findings } = await examine(frames(() => there));
    expect(findings['mirror.one-way']).toMatchObject({ degree: 'fault', oneWay: 1 });
    expect(status).toBe(1);
  });

  it('tells a port that is down, one without link and one that is not there from one another', async () => {
    port.setSwitch('out0', 'down');
    expect((await examine()).findings['interface.no-link']).toMatchObject({ degree: 'fault' });
    port.setBox('tap0', 'down');
    expect((await examine()).findings['interface.down']).toMatchObject({ degree: 'fault' });
    port.unplug();
    const { status, findings } = await examine();
    expect(findings['interface.missing']).toMatchObject({ degree: 'fault', interface: 'tap0' });
    expect(status).toBe(1);
  });

  it('says that the right to capture is missing', async () => {
    const unprivileged = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all'];
    const { findings } = await runDoctor(['--interface', 'tap0'], ['ip', 'netns', 'exec', port.box, ...unprivileged]);
    expect(findings['capture.no-permission']).toMatchObject({ degree: 'fault', interface: 'tap0' });
  });
});
