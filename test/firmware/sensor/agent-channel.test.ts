import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SensorReport } from '../../../firmware/contract/health.ts';
import { type FromSensor, fromSensorSchema, linkLineBytesMax } from '../../../firmware/contract/sensor-message.ts';
import type { NewMessage } from '../../../firmware/outbox/outbox.ts';
import { AgentChannel } from '../../../firmware/sensor/agent-channel.ts';
import { until } from '../agent/uplink/listener.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-channel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In place of the agent: keeps what it hears and answers as it is told to. */
class Listener {
  readonly lines: string[] = [];
  readonly sockets: Socket[] = [];
  isReading = true;
  onMessage: (message: FromSensor, socket: Socket) => void = () => undefined;
  readonly #server: Server;

  constructor(path: string) {
    rmSync(path, { force: true });
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on('error', () => undefined);
      let rest = '';
      socket.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          this.lines.push(line);
          this.onMessage(fromSensorSchema.parse(JSON.parse(line)), socket);
        }
      });
      if (!this.isReading) socket.pause();
    });
    this.#server.listen(path);
  }

  get messages(): FromSensor[] {
    return this.lines.map((line) => fromSensorSchema.parse(JSON.parse(line)));
  }

  get reports(): number[] {
    return this.messages.flatMap((message) => (message.type === 'report' ? [message.report.capture.packets] : []));
  }

  say(text: string): void {
    this.sockets.at(-1)?.write(text);
  }

  read(): void {
    this.isReading = true;
    for (const socket of this.sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

const reportOf = (packets: number, filter = ''): SensorReport => ({
  capture: { state: 'running', source: 'eth1', shedding: false, packets, bytes: 0, filter },
});

describe("the sensor's end of the link", { timeout: 20_000 }, () => {
  const path = join(folder, 'agent.sock');
  let listener: Listener;
  let channel: AgentChannel;
  let changes: string[];
  let lost: number[];
  let reloads: number;
  beforeEach(() => {
    listener = new Listener(path);
    changes = [];
    lost = [];
    reloads = 0;
    channel = new AgentChannel({
      path,
      onChange: (text) => changes.push(text),
      onLost: (count) => lost.push(count),
      onReload: () => {
        reloads++;
      },
    });
  });
  afterEach(async () => {
    await channel.close();
    await listener.close();
  });

  async function connected(): Promise<void> {
    channel.start();
    await until(() => listener.lines.length > 0, 'hello');
  }

  it('says hello first, with what tells this process from another of the same number', async () => {
    channel.report(reportOf(1));
    channel.appended();
    await connected();
    await until(() => listener.lines.length === 3, 'all');
    const startedMs = Math.round(performance.timeOrigin);
    expect(listener.messages).toEqual([
      { type: 'hello', pid: process.pid, startedMs },
      { type: 'report', report: reportOf(1) },
      { type: 'appended' },
    ]);
  });

  it('hears of other settings when the agent says so, and with each new link, for nobody knows what was missed', async () => {
    await connected();
    expect(reloads).toBe(1);
    listener.say('{"type":"reload"}\n{"type":"reload"}\n');
    await until(() => reloads === 3, 'both');
    listener.sockets.at(-1)?.destroy();
    await until(() => reloads === 4, 'the next link');
  });

  it('says how many messages died with an agent that held them in memory, and nothing of those that it had passed on', async () => {
    await connected();
    const held = (run: string, count: number) => listener.say(`${JSON.stringify({ type: 'held', run, count })}\n`);
    held('one', 0);
    held('one', 7);
    held('one', 0);
    held('two', 0);
    held('two', 3);
    held('three', 0);
    held('three', 2);
    await until(() => lost.length > 0, 'the loss');
    await sleep(50);
    expect(lost).toEqual([3]);
  });

  it('costs nothing and throws nothing while nobody listens, then tells the newest report alone', async () => {
    await listener.close();
    channel.start();
    for (let packets = 0; packets < 10_000; packets++) {
      channel.report(reportOf(packets));
      channel.appended();
    }
    expect(await channel.handOver([{ kind: 'alert', body: '{}' }])).toBe(false);
    await until(() => changes.length > 0, 'the note');
    listener = new Listener(path);
    await until(() => listener.lines.length === 3, 'hello, one report, one wake');
    expect(listener.reports).toEqual([9_999]);
  });

  it('comes back within a moment, each time, and notes each change once', async () => {
    await connected();
    for (let times = 0; times < 2; times++) {
      await listener.close();
      // Longer than a few attempts take.
      await sleep(500);
      listener = new Listener(path);
      const startMs = performance.now();
      await until(() => listener.lines.length > 0, 'hello');
      expect(performance.now() - startMs).toBeLessThan(2_500);
    }
    expect(changes.filter((text) => text === 'connected to the agent').length).toBe(3);
    expect(changes.length).toBeLessThanOrEqual(3 + 2 * 2);
    expect(changes).toContain(`no agent answers on ${path}: the agent closed the connection`);
  });

  it('keeps at most the newest report for an agent that does not read, and sends it when it does', async () => {
    listener.isReading = false;
    channel.start();
    await until(() => channel.isConnected, 'the connection');
    const before = process.memoryUsage();
    const last = 20_000;
    for (let packets = 1; packets <= last; packets++) {
      channel.report(reportOf(packets, 'x'.repeat(3_000)));
      if (packets % 100 === 0) await new Promise(setImmediate);
    }
    const { rss } = process.memoryUsage();
    // 20,000 reports would be 60 MB.
    expect((rss - before.rss) / 2 ** 20).toBeLessThan(40);
    listener.read();
    await until(() => listener.reports.at(-1) === last, 'the newest report');
    expect(listener.reports.length).toBeLessThan(500);
  });

  it('tells the state of the clock as it last heard it, and ignores what is none', async () => {
    await connected();
    listener.say('{"type":"clock","clock":{"synced":false}}\n');
    await until(() => channel.clock?.synced === false, 'the clock');
    listener.say('no json\n{"type":"clock","clock":{"synced":"yes"}}\n{"type":"new"}\nnull\n');
    listener.say('{"type":"clock","clock":{"synced":true,"offsetMs":0.5}}\n');
    await until(() => channel.clock?.offsetMs === 0.5, 'the next state');
    expect(channel.isConnected).toBe(true);
    await listener.close();
    await until(() => !channel.isConnected, 'the gap');
    expect(channel.clock).toEqual({ synced: true, offsetMs: 0.5 });
  });

  it('lets go of an agent that sends a line without an end, and connects anew', async () => {
    await connected();
    listener.say('x'.repeat(linkLineBytesMax + 1));
    await until(() => listener.sockets.length === 2, 'another connection');
  });

  describe('hands over', () => {
    const messages: NewMessage[] = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0
        ? { kind: 'alert', body: JSON.stringify({ index, text: '"\\ọ'.repeat(3_000) }), id: `alert-${index}` }
        : { kind: 'evidence', body: new Uint8Array(128 * 1024).fill(index), id: `alert-${index}` },
    );
    const taken = () =>
      listener.messages
        .flatMap((message) => (message.type === 'hand-over' ? message.messages : []))
        .map(({ kind, body, encoding, id }) => ({
          kind,
          body: encoding === undefined ? body : new Uint8Array(Buffer.from(body, 'base64')),
          id,
        }));

    it('everything, in lines that the other end holds whole, and says so when all of it is taken', async () => {
      listener.onMessage = (message, socket) => {
        if (message.type === 'hand-over') socket.write(`${JSON.stringify({ type: 'taken', number: message.number })}\n`);
      };
      await connected();
      expect(await channel.handOver(messages)).toBe(true);
      expect(taken()).toEqual(messages);
      expect(Math.max(...listener.lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(linkLineBytesMax);
      expect(listener.lines.length).toBeGreaterThan(5);
    });

    it('nothing more, and says so, where a piece is not taken: the other end is gone', async () => {
      listener.onMessage = (message, socket) => {
        if (message.type === 'hand-over') socket.destroy();
      };
      await connected();
      const startMs = performance.now();
      expect(await channel.handOver(messages)).toBe(false);
      expect(performance.now() - startMs).toBeLessThan(2_000);
      expect(listener.messages.filter(({ type }) => type === 'hand-over').length).toBe(1);
    });

    it('in vain to one that answers nothing for 5 s, or something else', async () => {
      listener.onMessage = (message, socket) => {
        if (message.type === 'hand-over') socket.write(`{"type":"taken","number":${message.number + 1}}\n{"type":"taken","number":0}\n`);
      };
      await connected();
      const startMs = performance.now();
      expect(await channel.handOver([{ kind: 'alert', body: '{}' }])).toBe(false);
      expect(performance.now() - startMs).toBeGreaterThan(4_900);
      expect(channel.isConnected).toBe(true);
    });

    it('one lot at a time, none that fits no line, and none at all as taken where there is none', async () => {
      await connected();
      const first = channel.handOver([{ kind: 'alert', body: '{}' }]);
      expect(await channel.handOver([{ kind: 'alert', body: '{}' }])).toBe(false);
      for (const socket of listener.sockets) socket.destroy();
      expect(await first).toBe(false);
      await until(() => channel.isConnected, 'the next connection');
      expect(await channel.handOver([{ kind: 'evidence', body: new Uint8Array(linkLineBytesMax) }])).toBe(false);
      expect(channel.isConnected).toBe(true);
      expect(await channel.handOver([])).toBe(true);
    });
  });

  it('lets the agent hear what was said last before it ends, and ends all the same where nobody reads', async () => {
    await connected();
    channel.report(reportOf(7));
    await channel.close();
    await until(() => listener.reports.includes(7), 'the last report');
    listener.isReading = false;
    channel = new AgentChannel({ path });
    channel.start();
    await until(() => channel.isConnected, 'the connection');
    for (let packets = 0; packets < 500; packets++) channel.report(reportOf(packets, 'x'.repeat(3_000)));
    const startMs = performance.now();
    await channel.close();
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});
