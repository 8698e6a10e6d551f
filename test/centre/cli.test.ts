import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../centre/demo/broker.ts';
import { up } from '../../firmware/contract/topics.ts';
import { until } from '../firmware/agent/uplink/listener.ts';
import { alertOf } from './alert-sample.ts';

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

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.stop());

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
      await send(up.alert('other-box'), JSON.stringify(alert));
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

  it.each([
    [['watch'], /--broker/],
    [['watch', '--broker', 'nonsense'], /nonsense/],
    [['watch', '--broker', 'mqtts://127.0.0.1:1', '--ca', '/missing.pem'], /missing\.pem/],
    [['watch', '--broker', 'mqtt://b', '--lang', 'fr'], /fr/],
    [['wach'], /wach/],
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
