import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logFilter } from '../../../centre/broker/log-filter.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';

const time = '2026-11-23T04:35:50+0000: ';
const connected = (id: string, name = id) => `New client connected from 127.0.0.1:1 as ${id} (p5, c1, k60, u'${name}').`;

describe('the filter of the broker’s log', () => {
  let folder: string;
  let program: string;
  let server: Server;
  let accepted: Socket[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vonggac-lf-'));
    program = join(folder, 'filter.pl');
    writeFileSync(program, logFilter());
    // Takes connections and reads nothing, as a broker that is busy.
    server = createServer({ pauseOnConnect: true }, (socket) => {
      accepted.push(socket);
      socket.on('error', () => undefined);
    }).listen(join(folder, 'busy.sock'));
  });

  afterAll(() => {
    for (const socket of accepted) socket.destroy();
    accepted = [];
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Standard output of the filter. The socket is one that nobody has opened, unless named. */
  async function filtered(lines: readonly string[], socket = 'none.sock', file = join(folder, 'broker.log')): Promise<string[]> {
    const child = spawn('perl', [program, file, join(folder, socket)], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.stdin.end(`${lines.join('\n')}\n`);
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(status).toBe(0);
    return output.split('\n').filter((line) => line !== '');
  }

  it('drops what Mosquitto says of every message, and keeps the rest', async () => {
    const dropped = [
      "Received PUBLISH from hx-01 (d0, q1, r0, m1, 'vonggac/1/up/hx-01/alert', ... (2 bytes))",
      'Sending PUBACK to hx-01 (m1, rc0)',
      'Received PINGREQ from hx-01',
      'Received SUBSCRIBE from hx-01',
      '\tvonggac/1/down/hx-01/ack (QoS 1)',
      'No will message specified.',
      'Saving in-memory database to /var/lib/x/mosquitto.db.',
    ];
    const kept = ['mosquitto version 2.0.11 running', connected('hx-01'), 'hx-01 1 vonggac/1/down/hx-01/ack', 'Client hx-01 disconnected.'];
    const output = await filtered([...dropped, ...kept].map((line) => time + line));
    expect(output).toEqual(kept.map((line) => time + line));
    expect(readFileSync(join(folder, 'broker.log'), 'utf8').trim().split('\n')).toEqual(output);
  });

  it('tells of the wills and subscriptions of boxes that are not their own, and of nobody else’s', async () => {
    const will = (topic: string) => ['Will message specified (7 bytes) (r1, q1).', `\t${topic}`];
    const output = await filtered(
      [
        connected('hx-01'),
        ...will('vonggac/1/up/hx-01/presence'),
        connected('hx-02'),
        ...will('vonggac/1/up/hx-01/presence'),
        connected('centre-7', 'centre.ingest'),
        ...will('vonggac/1/bcast/centre/state'),
        'centre-7 1 $share/g/vonggac/1/up/+/alert',
        'hx-02 1 vonggac/1/bcast/#',
        'hx-02 1 vonggac/1/down/hx-02/#',
        'hx-02 0 vonggac/1/down/hx-020/#',
        'hx-02 1 $share/g/vonggac/1/up/+/alert',
        // The name of a service is forgotten with its connection.
        'Client centre-7 disconnected.',
        connected('centre-7'),
        'centre-7 1 #',
      ].map((line) => time + line),
    );
    expect(output.filter((line) => /Denied|Foreign/.test(line)).map((line) => line.slice(time.length))).toEqual([
      "Denied WILL from hx-02 ('vonggac/1/up/hx-01/presence')",
      "Foreign SUBSCRIBE from hx-02 ('vonggac/1/down/hx-020/#')",
      "Foreign SUBSCRIBE from hx-02 ('$share/g/vonggac/1/up/+/alert')",
      "Foreign SUBSCRIBE from centre-7 ('#')",
    ]);
  });

  it('keeps a bounded part of a flood, says how much it left out, and keeps the refusals of others', async () => {
    const flood = Array.from(
      { length: 50_000 },
      (_, index) => `${time}Denied PUBLISH from hx-01 (d0, q1, r0, m${index}, 'a', ... (1 bytes))`,
    );
    const output = await filtered([...flood, `${time}Denied PUBLISH from hx-02 (d0, q1, r0, m1, 'b', ... (1 bytes))`]);
    expect(output).toHaveLength(22);
    expect(output.at(-2)).toContain('hx-02');
    expect(output.at(-1)).toBe(`${time}Left out: 49980 lines of this second`);
  });

  it('never waits for a broker that does not read', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, second) => `${second}: Denied PUBLISH from hx-01 (d0, q1, r0, m1, '${'a'.repeat(900)}`,
    );
    const startMs = performance.now();
    expect((await filtered(lines, 'busy.sock')).length).toBe(20_000);
    expect(performance.now() - startMs).toBeLessThan(4_000);
    await until(() => accepted.length > 0, 'a connection');
  });

  it('keeps two log files of bounded size, and goes on where it cannot write', async () => {
    const file = join(folder, 'large.log');
    const lines = Array.from({ length: 40_000 }, (_, second) => `${second}: ${'x'.repeat(900)}`);
    expect(await filtered(lines, 'none.sock', file)).toHaveLength(40_000);
    for (const path of [file, `${file}.1`]) expect(statSync(path).size).toBeLessThan(17 * 1024 * 1024);
    expect(await filtered([`${time}mosquitto version 2.0.11 running`], 'none.sock', join(folder, 'no', 'such', 'folder.log'))).toHaveLength(
      2,
    );
  });
});
