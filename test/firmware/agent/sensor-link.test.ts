import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { SensorLink, type SensorLinkParts } from '../../../firmware/agent/sensor-link.ts';
import type { SensorReport } from '../../../firmware/contract/health.ts';
import { fromAgentSchema } from '../../../firmware/contract/sensor-message.ts';
import type { NewMessage } from '../../../firmware/outbox/outbox.ts';
import { LinkProcess } from './link-process.ts';
import { until } from './uplink/listener.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-link-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let number = 0;
const links: SensorLink[] = [];
const peers: Peer[] = [];
const processes: LinkProcess[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.socket.destroy();
  for (const link of links.splice(0)) link.close();
  await Promise.all(processes.splice(0).map((process) => process.kill()));
});

interface OpenLink {
  link: SensorLink;
  path: string;
  reports: SensorReport[];
  handedOver: NewMessage[][];
  log: string[];
  wakes: () => number;
  /** Milliseconds that the link's clock is ahead. */
  clock: { aheadMs: number };
}

async function open(parts: Partial<SensorLinkParts> = {}): Promise<OpenLink> {
  const path = join(folder, `${++number}.sock`);
  const [reports, handedOver, log]: [SensorReport[], NewMessage[][], string[]] = [[], [], []];
  const clock = { aheadMs: 0 };
  let wakes = 0;
  const note = (fields: object, text: string) => log.push(`${text} ${JSON.stringify(fields)}`);
  const link = new SensorLink({
    path,
    source: 'eth1',
    log: { info: note, warn: note },
    onReport: (report) => reports.push(report),
    onAppended: () => {
      wakes++;
    },
    onHandOver: (messages) => handedOver.push([...messages]) > 0,
    monotonicMs: () => performance.now() + clock.aheadMs,
    ...parts,
  });
  await link.open();
  links.push(link);
  return { link, path, reports, handedOver, log, wakes: () => wakes, clock };
}

/** Whatever connects to the agent, in place of a sensor. */
class Peer {
  readonly socket: Socket;
  heard = '';
  isClosed = false;

  constructor(path: string) {
    this.socket = connect({ path });
    this.socket.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString();
    });
    this.socket
      .on('error', () => undefined)
      .on('close', () => {
        this.isClosed = true;
      });
    peers.push(this);
  }

  say(...lines: (object | string)[]): this {
    for (const line of lines) this.socket.write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`);
    return this;
  }

  hello(pid = 1, startedMs = 1): this {
    return this.say({ type: 'hello', pid, startedMs });
  }

  private get all() {
    return this.heard
      .split('\n')
      .filter(Boolean)
      .map((line) => fromAgentSchema.parse(JSON.parse(line)));
  }

  /** Without what the agent holds in memory, which it tells whoever comes. */
  get told() {
    return this.all.filter(({ type }) => type !== 'held');
  }

  get held() {
    return this.all.flatMap((message) => (message.type === 'held' ? [message.count] : []));
  }
}

function reportOf(packets: number, capture: Partial<SensorReport['capture']> = {}) {
  return { type: 'report', report: { capture: { state: 'running', source: 'eth1', shedding: false, packets, bytes: 0, ...capture } } };
}

function start(end: 'agent' | 'sensor', path: string, mode?: string): LinkProcess {
  const made = new LinkProcess(end, path, mode);
  processes.push(made);
  return made;
}

describe('the link to the sensor', { timeout: 20_000 }, () => {
  it('tells that nobody has answered yet, and as a failure when that takes too long', async () => {
    const { link, clock } = await open();
    expect(link.report()).toEqual({
      capture: { state: 'starting', error: 'the sensor has not answered for 0 s', source: 'eth1', shedding: false, packets: 0, bytes: 0 },
      supervision: { restarts: 0 },
    });
    clock.aheadMs = 59_000;
    expect(link.report().capture.state).toBe('starting');
    clock.aheadMs = 61_000;
    expect(link.report().capture).toMatchObject({ state: 'failed', error: 'the sensor has not answered for 61 s' });
  });

  it('tells what the sensor said last, and no word of what it says of its own restarts', async () => {
    const { link, path, reports } = await open();
    const { report } = reportOf(7);
    new Peer(path).hello().say({ type: 'report', report: { ...report, supervision: { restarts: 99 } } });
    await until(() => reports.length === 1, 'the report');
    expect(link.report()).toEqual({ ...report, supervision: { restarts: 0 } });
  });

  it('tells silence as a failure, with the numbers as they were, until the sensor speaks again', async () => {
    const { link, path, reports, clock } = await open();
    const peer = new Peer(path).hello().say(reportOf(7));
    await until(() => reports.length === 1, 'the report');
    clock.aheadMs = 4_900;
    expect(link.report().capture.state).toBe('running');
    clock.aheadMs = 6_100;
    expect(link.report().capture).toMatchObject({ state: 'failed', error: 'the sensor has not answered for 6 s', packets: 7 });
    expect(link.told?.state).toBe('running');
    peer.say(reportOf(8));
    await until(() => reports.length === 2, 'another report');
    expect(link.report().capture).toEqual({ state: 'running', source: 'eth1', shedding: false, packets: 8, bytes: 0 });
  });

  it('tells a sensor that is gone at once, and does not miss one that said its capture has ended', async () => {
    const { link, path, reports } = await open();
    const first = new Peer(path).hello(1).say(reportOf(7));
    await until(() => reports.length === 1, 'the report');
    first.socket.destroy();
    await until(() => link.report().capture.state === 'failed', 'the failure');
    expect(link.report().capture).toMatchObject({ error: 'the sensor has not answered for 0 s: it is gone', packets: 7 });
    const last = new Peer(path).hello(2).say(reportOf(9, { state: 'ended' }));
    last.socket.end();
    await until(() => last.isClosed && reports.length === 2, 'the end');
    expect(link.report()).toMatchObject({ capture: { state: 'ended', packets: 9 }, supervision: { restarts: 1 } });
  });

  it('counts as a restart another process, not another connection, and gives a new one time to read its lists', async () => {
    const { link, path, reports, clock } = await open();
    new Peer(path).hello(1, 5).say(reportOf(7));
    await until(() => reports.length === 1, 'the report');
    new Peer(path).hello(1, 5).say(reportOf(8));
    await until(() => reports.length === 2, 'the report of the same process');
    expect(link.report()).toMatchObject({ capture: { state: 'running' }, supervision: { restarts: 0 } });
    // The same number may be given to another process in time.
    new Peer(path).hello(1, 6);
    await until(() => link.report().supervision?.restarts === 1, 'the restart');
    clock.aheadMs = 30_000;
    expect(link.report().capture).toMatchObject({ state: 'starting', packets: 8 });
    expect(link.told).toBeUndefined();
  });

  it('listens to the newest that said hello, and to none that only looks whether somebody is there', async () => {
    const { link, path, reports } = await open();
    const first = new Peer(path).hello(1).say(reportOf(1));
    await until(() => reports.length === 1, 'the report');
    const onlooker = new Peer(path);
    await until(() => onlooker.socket.readyState === 'open', 'the onlooker');
    first.say(reportOf(2));
    await until(() => reports.length === 2, 'the second report');
    const second = new Peer(path).hello(2).say(reportOf(10));
    await until(() => first.isClosed && reports.length === 3, 'the change');
    onlooker.socket.destroy();
    await until(() => onlooker.isClosed, 'its end');
    second.say(reportOf(11));
    await until(() => reports.length === 4, 'the last report');
    expect(link.report()).toMatchObject({ capture: { state: 'running', packets: 11 } });
  });

  it('wakes whoever reads the outbox when something was appended, and when a sensor comes, for what it appended before', async () => {
    const { path, wakes } = await open();
    const peer = new Peer(path).hello();
    await until(() => wakes() === 1, 'the wake');
    peer.say({ type: 'appended' });
    await until(() => wakes() === 2, 'the second wake');
  });

  it('tells the sensor how many messages it holds in memory, each change and whoever comes, with the run of this process', async () => {
    const { link, path } = await open();
    const first = new Peer(path).hello();
    await until(() => first.held.length === 1, 'the first word');
    link.tellHeld(3);
    link.tellHeld(3);
    link.tellHeld(0);
    await until(() => first.held.length === 3, 'the changes');
    expect(first.held).toEqual([0, 3, 0]);
    link.tellHeld(5);
    const second = new Peer(path).hello();
    await until(() => second.held.length === 1, 'the same to the next');
    expect(second.held).toEqual([5]);
  });

  it('tells the sensor the state of the clock, also the one that comes later', async () => {
    const { link, path } = await open();
    link.tellClock({ synced: false });
    const first = new Peer(path).hello();
    await until(() => first.told.length === 1, 'the clock');
    link.tellClock({ synced: true, offsetMs: 0.5 });
    await until(() => first.told.length === 2, 'the change');
    const second = new Peer(path).hello();
    await until(() => second.told.length === 1, 'the clock');
    expect([...first.told, ...second.told]).toEqual([
      { type: 'clock', clock: { synced: false } },
      { type: 'clock', clock: { synced: true, offsetMs: 0.5 } },
      { type: 'clock', clock: { synced: true, offsetMs: 0.5 } },
    ]);
  });

  it('answers messages handed over only when they are kept, text and bytes as they were', async () => {
    const answers: (boolean | Error)[] = [false, new Error('no room'), true];
    const handedOver: NewMessage[][] = [];
    const onHandOver = async (messages: readonly NewMessage[]) => {
      handedOver.push([...messages]);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer === true;
    };
    const { path, log } = await open({ onHandOver });
    const messages = [
      { kind: 'alert', body: '{"a":"Vọng"}', id: 'x' },
      { kind: 'evidence', body: Buffer.from([0, 255, 10]).toString('base64'), encoding: 'base64' },
    ];
    const peer = new Peer(path).hello();
    for (const number of [1, 2, 3]) {
      peer.say({ type: 'hand-over', number, messages });
      await until(() => handedOver.length === number, 'the messages');
    }
    await until(() => peer.told.length > 0, 'the answer');
    expect(peer.told).toEqual([{ type: 'taken', number: 3 }]);
    expect(handedOver[2]).toEqual([
      { kind: 'alert', body: '{"a":"Vọng"}', id: 'x' },
      { kind: 'evidence', body: Buffer.from([0, 255, 10]) },
    ]);
    expect(log.join()).toContain('no room');
  });

  it('refuses a second agent, and leaves the first one its sensor', async () => {
    const { path, reports } = await open();
    const peer = new Peer(path).hello().say(reportOf(1));
    await until(() => reports.length === 1, 'the report');
    const second = start('agent', path);
    await until(() => second.said.length > 0, 'its error');
    expect(second.said[0]?.error).toBe(`another process listens on ${path}: is an agent running already?`);
    peer.say(reportOf(2));
    await until(() => reports.length === 2, 'the next report');
  });
});

describe('the link to a sensor that was broken into', { timeout: 20_000 }, () => {
  /** A good sensor comes after the bad one, and is heard. */
  async function stillWorks({ path, reports }: OpenLink): Promise<void> {
    const before = reports.length;
    new Peer(path).hello(77).say(reportOf(77));
    await until(() => reports.length > before, 'the report of another sensor');
  }

  const noise = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919 + (index >> 3)) & 0xff));
  const endings: Readonly<Record<string, (peer: Peer) => void>> = {
    'a line of a megabyte without an end': (peer) => peer.hello().say('x'.repeat(1_000_000)),
    'a megabyte that is one line of good JSON': (peer) => peer.hello().say({ type: 'appended', more: 'x'.repeat(1_000_000) }),
    'binary noise': (peer) => void peer.hello().socket.write(noise),
    'words before hello': (peer) => peer.say(reportOf(1)),
    'half a line': (peer) => peer.hello().say('{"type":"app\n'),
    'an empty line': (peer) => peer.hello().say('\n'),
  };
  for (const [name, attack] of Object.entries(endings)) {
    it(`ends at ${name}`, async () => {
      const opened = await open();
      const peer = new Peer(opened.path);
      attack(peer);
      await until(() => peer.isClosed, 'the end of the connection');
      expect(opened.link.counts.dropped).toBe(1);
      expect(opened.log.join()).toContain('a connection of the sensor was ended');
      await stillWorks(opened);
    });
  }

  it('ignores and counts what is no message of ours, or of another version', async () => {
    const { link, path, reports } = await open();
    const { report } = reportOf(1);
    const wrong: unknown[] = [
      null,
      1,
      [],
      'text',
      {},
      { type: 'unknown' },
      { type: '__proto__' },
      { type: 'hello', pid: 'x' },
      { type: 'hello', pid: 5, startedMs: 5 },
      { type: 'report' },
      { type: 'report', report: { capture: { ...report.capture, packets: -1 } } },
      { type: 'report', report: { capture: { ...report.capture, packets: '1' } } },
      { type: 'report', report: { capture: { ...report.capture, state: 'fine' } } },
      {
        type: 'report',
        report: { ...report, decode: { anomalies: Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`a${i}`, 1])) } },
      },
      { type: 'hand-over', number: 1.5, messages: [] },
      { type: 'hand-over', number: 1, messages: [{ kind: 'root', body: '' }] },
      { type: 'taken', number: 1 },
    ];
    const peer = new Peer(path).hello();
    for (const line of wrong) peer.say(`${JSON.stringify(line)}\n`);
    peer.say(reportOf(2));
    await until(() => reports.length === 1, 'the report');
    expect(link.counts).toEqual({ refused: wrong.length, dropped: 0, throttled: 0 });
    expect(link.report()).toMatchObject({ capture: { packets: 2 }, supervision: { restarts: 0 } });
  });

  it('reads a flood of lines more slowly, in bounded memory, and hears a good sensor meanwhile', async () => {
    const opened = await open();
    const flood = new Peer(opened.path).hello();
    const before = process.memoryUsage.rss();
    for (let count = 0; count < 100_000; count++) flood.say('{"type":"unknown"}\n');
    await until(() => opened.link.counts.throttled > 0, 'the pause');
    const refused = opened.link.counts.refused;
    expect(refused).toBeLessThan(20_000);
    await stillWorks(opened);
    await sleep(300);
    expect(opened.link.counts.refused).toBe(refused);
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(100);
  });

  it('answers no more hand-overs at a time than an honest sensor asks for, and keeps no others', async () => {
    let asked = 0;
    const { path } = await open({ onHandOver: () => new Promise<boolean>(() => asked++) });
    const peer = new Peer(path).hello();
    for (let number = 0; number < 50; number++) peer.say({ type: 'hand-over', number, messages: [] });
    await until(() => asked > 0, 'the first');
    await sleep(100);
    expect(asked).toBe(2);
  });

  it('lets go of one that reads nothing of what it is told', async () => {
    const { link, path } = await open();
    const peer = new Peer(path);
    peer.socket.pause();
    peer.hello();
    await until(() => peer.socket.readyState === 'open' && link.report().capture.error !== undefined, 'the connection');
    await until(() => {
      for (let count = 0; count < 1_000; count++) link.tellClock({ synced: true, offsetMs: count });
      return link.counts.dropped > 0;
    }, 'the end');
    expect(link.counts.dropped).toBe(1);
  });

  it('does not fill the journal, however often it comes back', async () => {
    const { path, log, link } = await open();
    for (let count = 0; count < 60; count++) {
      const peer = new Peer(path).hello(count).say('\n');
      await until(() => peer.isClosed, 'the end of the connection');
    }
    expect(link.counts.dropped).toBe(60);
    expect(log.length).toBeLessThanOrEqual(30);
  });

  it('keeps its door open while strangers stand in it and say nothing', async () => {
    const opened = await open();
    for (let count = 0; count < 7; count++) new Peer(opened.path);
    await stillWorks(opened);
  });
});

describe('sensor and agent as processes', { timeout: 40_000 }, () => {
  const path = () => join(folder, `${++number}.sock`);
  const lastReport = (agent: LinkProcess) => agent.said.findLast(({ packets }) => packets !== undefined);

  it('find each other again when the agent is killed, and the sensor goes on meanwhile', async () => {
    const at = path();
    const first = start('agent', at);
    const sensor = start('sensor', at);
    await until(() => lastReport(first) !== undefined, 'a report');
    await until(() => sensor.said.some(({ clockSynced }) => clockSynced === true), 'the clock at the sensor');
    await first.kill();
    await until(() => sensor.said.at(-1)?.connected === false, 'the gap');
    const second = start('agent', at);
    await until(() => lastReport(second) !== undefined, 'a report');
    expect(lastReport(second)).toMatchObject({ sensorPid: sensor.pid, restarts: 0 });
    expect(lastReport(second)!.packets).toBeGreaterThan(lastReport(first)!.packets!);
  });

  it('find each other again when the sensor is killed, which counts as a restart', async () => {
    const opened = await open();
    const first = start('sensor', opened.path);
    await until(() => opened.reports.length > 0, 'a report');
    await first.kill();
    await until(() => opened.link.report().capture.state === 'failed', 'the failure');
    const second = start('sensor', opened.path);
    await until(() => opened.reports.at(-1)?.capture.source === `sensor ${second.pid}`, 'the report of the new one');
    expect(opened.link.report()).toMatchObject({ capture: { state: 'running' }, supervision: { restarts: 1 } });
  });

  it('tell one that hangs from one that works', async () => {
    const opened = await open();
    const sensor = start('sensor', opened.path);
    await until(() => opened.reports.length > 0, 'a report');
    sensor.signal('SIGSTOP');
    await until(() => opened.link.silentMs > 300, 'silence');
    opened.clock.aheadMs = 5_000;
    expect(opened.link.report().capture).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(/^the sensor has not answered for \d s$/),
    });
    opened.clock.aheadMs = 0;
    sensor.signal('SIGCONT');
    await until(() => opened.link.report().capture.state === 'running', 'the next report');
    expect(opened.link.report().supervision?.restarts).toBe(0);
  });

  it('hear of reports that are sent from inside a long call, while the sensor has no time for anything else', async () => {
    const opened = await open();
    start('sensor', opened.path, 'busy');
    await until(() => opened.reports.length > 20, 'reports');
    // The sensor's call takes 3 s; each report but the last few was heard within it.
    const heard = opened.reports.length;
    const startMs = performance.now();
    await until(() => opened.reports.length > heard + 20, 'more reports');
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  it('hand over again what was taken by an agent that died before it could say so', async () => {
    const at = path();
    const dies = start('agent', at, 'lose');
    const sensor = start('sensor', at, 'hand-over');
    await dies.ended;
    expect(dies.said.some(({ handedOver }) => handedOver === true)).toBe(true);
    expect(sensor.said.some(({ handedOver }) => handedOver === true)).toBe(false);
    const second = start('agent', at, 'keep');
    await until(() => sensor.said.some(({ handedOver }) => handedOver === true), 'the answer');
    expect(second.said.filter(({ handedOver }) => handedOver === true).length).toBe(1);
  });

  it('come together after 50 kills of either at any moment, with nothing in the way', async () => {
    const at = path();
    const ends = { agent: start('agent', at), sensor: start('sensor', at) };
    await until(() => lastReport(ends.agent) !== undefined, 'a report');
    let seed = 12_345;
    for (let kills = 0; kills < 50; kills++) {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      const end = seed % 3 === 0 ? 'agent' : 'sensor';
      await sleep(seed % 150);
      await ends[end].kill();
      ends[end] = start(end, at);
    }
    await until(() => lastReport(ends.agent)?.sensorPid === ends.sensor.pid, 'a report of the last sensor to the last agent');
    expect(ends.agent.errors + ends.sensor.errors).toBe('');
  });
});
