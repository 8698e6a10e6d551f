import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../centre/demo/broker.ts';
import { openStore } from '../../centre/store/open-store.ts';
import type { CentreAlert } from '../../firmware/contract/centre-alert.ts';
import { centre, up } from '../../firmware/contract/topics.ts';
import { until } from '../firmware/agent/uplink/listener.ts';
import { alertOf } from './alert-sample.ts';
import { centreAlertOf } from './centre-alert-sample.ts';
import { healthOf, presenceOf, temporaryFolder } from './ingest/ingest-process.ts';

const cli = fileURLToPath(new URL('../../centre/cli.ts', import.meta.url));

function start(...words: string[]) {
  const child = spawn(process.execPath, [cli, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  return { child, said, ended: once(child, 'close').then(([status]) => status) };
}

/** A slip of the pen in the name of a limit. */
const folder = temporaryFolder();
const limits = join(folder.path, 'limits.json');
writeFileSync(limits, '{"holeSecond": 5}');

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(async () => {
  await broker.stop();
  folder.remove();
});

describe('vonggac-centre watch', () => {
  it('prints alerts as they arrive, in words or as JSON, and says what it refused', async () => {
    const words = start('watch', '--broker', broker.url, '--lang', 'vi');
    const json = start('watch', '--broker', broker.url, '--json');
    const box = await connectAsync(broker.url, { protocolVersion: 5 });
    const send = (topic: string, body: string) => box.publishAsync(topic, body, { qos: 1 });
    const alert = alertOf();
    const topic = up.alert(alert.box);
    try {
      // Until both listen, what is sent reaches nobody; a repeat is not printed in words.
      const timer = setInterval(() => void send(topic, JSON.stringify(alert)), 100);
      await until(() => words.said.out !== '' && json.said.out !== '', 'both to listen', 15_000).finally(() => clearInterval(timer));
      expect(words.said.out).toContain('Ngắt máy khỏi mạng.');
      expect(JSON.parse(json.said.out.split('\n')[0] ?? '')).toEqual(alert);
      await send(topic, '{"schema":"alert/1"}');
      await send(topic, 'noise \x1b[2J');
      await send(up.presence('other-box'), JSON.stringify(presenceOf(alert.box)));
      await send(topic, JSON.stringify({ ...alert, rev: 2, stage: 'exchange' }));
      await until(() => words.said.out.includes('đã trao đổi'), 'the grown alert');
      expect(words.said.err).toContain('it names another box');
      expect(words.said.err).not.toContain('\x1b');
      expect(words.said.out.match(/KETOAN-PC/g)).toHaveLength(1);
      expect(words.said.out.match(/Ngắt máy khỏi mạng\./g)).toHaveLength(2);
    } finally {
      await box.endAsync();
      words.child.kill('SIGTERM');
      json.child.kill('SIGINT');
    }
    expect(await words.ended).toBe(0);
    expect(await json.ended).toBe(0);
  }, 30_000);

  it('prints what the centre itself noticed, in words once, or as JSON', async () => {
    const words = start('watch', '--broker', broker.url, '--lang', 'vi');
    const json = start('watch', '--broker', broker.url, '--json');
    const ingest = await connectAsync(broker.url, { protocolVersion: 5 });
    const alert = centreAlertOf();
    const send = (changes: Partial<CentreAlert> = {}) =>
      ingest.publishAsync(centre.alert(alert.box), JSON.stringify({ ...alert, ...changes }), { qos: 1 });
    try {
      const timer = setInterval(() => void send(), 100);
      await until(() => words.said.out !== '' && json.said.out !== '', 'both to listen', 15_000).finally(() => clearInterval(timer));
      await send({ rev: 2, state: 'closed' });
      await until(() => words.said.out.includes('khép lại'), 'the closing');
      expect(words.said.out.match(/mất liên lạc \[box\.silent\]/g)).toHaveLength(1);
      expect(words.said.out).toContain('Gọi cán bộ kỹ thuật của đơn vị.');
      expect(JSON.parse(json.said.out.split('\n')[0] ?? '')).toEqual(alert);
    } finally {
      await ingest.endAsync();
      words.child.kill('SIGTERM');
      json.child.kill('SIGTERM');
    }
    expect(await words.ended).toBe(0);
  }, 30_000);
});

describe('vonggac-centre boxes', () => {
  it('lists what is in the store, as a table or as JSON, and changes nothing', async () => {
    const folder = temporaryFolder();
    const store = await openStore(folder.store);
    try {
      await store.saw([
        { box: 'hx-01', receivedMs: Date.now(), isRetained: false, presence: presenceOf('hx-01'), health: healthOf('hx-01') },
      ]);
      await store.openCentreAlert(centreAlertOf({ box: 'hx-01', kind: 'box.hole' }));
      const [table, json] = [start('boxes', '--store', folder.store, '--lang', 'en'), start('boxes', '--store', folder.store, '--json')];
      expect(await table.ended).toBe(0);
      expect(table.said.out).toMatch(/hx-01\s+there/);
      expect(table.said.out).toContain('! messages of the box are missing');
      expect(await json.ended).toBe(0);
      const [line = ''] = json.said.out.split('\n');
      expect(JSON.parse(line)).toMatchObject({
        box: 'hx-01',
        state: 'there',
        faults: [],
        centreAlerts: [{ kind: 'box.hole' }],
        health: { boot: 'b1' },
      });
    } finally {
      await store.close();
      folder.remove();
    }
  }, 30_000);
});

describe('vonggac-centre', () => {
  it.each([
    [['watch'], /--centre/],
    [['watch', '--broker', 'nonsense'], /nonsense/],
    [['watch', '--broker', 'mqtts://127.0.0.1:1', '--ca', '/missing.pem'], /missing\.pem/],
    [['watch', '--broker', 'mqtt://b', '--lang', 'fr'], /fr/],
    [['wach'], /wach/],
    [[], /no command/],
    [['ingest', '--broker', 'mqtt://b'], /--centre/],
    [['ingest', '--broker', 'mqtt://b', '--store', '/missing/centre.db'], /missing/],
    [['ingest', '--broker', 'mqtt://b', '--store', 'x.db', '--limits', '/missing.json'], /missing\.json/],
    [['ingest', '--broker', 'mqtt://b', '--store', 'x.db', '--limits', limits], /holeSecond/],
    [['ingest', '--broker', 'mqtt://b', '--store', 'x.db', '--keep-days', '0'], /keep-days/],
    [['ingest', '--broker', 'mqtt://b', '--store', 'x.db', '--name', 'a b'], /name/],
    [['boxes', '--store', '/tmp/no-such-centre.db'], /no-such-centre/],
    [['boxes', '--store', 'mysql://b/c'], /mysql/],
    [['watch', '--broker', 'mqtt://b', '--verbose'], /--verbose/],
  ])(
    'ends with 2 and one line for %j',
    async (words, what) => {
      const { said, ended } = start(...words);
      expect(await ended).toBe(2);
      expect(said.err.trim().split('\n')).toHaveLength(1);
      expect(said.err).toMatch(what);
      expect(said.out).toBe('');
    },
    15_000,
  );
});
