import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../../centre/demo/broker.ts';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { checkCentre } from '../../../../firmware/command/doctor/centre.ts';
import { checkIntelligence } from '../../../../firmware/command/doctor/intelligence.ts';
import { runDoctor } from './run-doctor.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-doctor-'));
let open: Broker;
let closed: Broker;
let mute: Server;
beforeAll(async () => {
  const passwords = join(folder, 'passwords');
  writeFileSync(passwords, '');
  [open, closed] = await Promise.all([
    startBroker(),
    startBroker({ configuration: ['allow_anonymous false', `password_file ${passwords}`] }),
  ]);
  mute = createServer((socket) => socket.on('error', () => socket.destroy()).end('SSH-2.0-other\r\n')).listen(0, '127.0.0.1');
  await once(mute, 'listening');
});
afterAll(async () => {
  mute.close();
  await Promise.all([open.stop(), closed.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const codeOf = async (url: string, more: object = {}) =>
  (await checkCentre('box-7', uplinkOptionsSchema.parse({ url, ...more, connectTimeoutMs: 1_000 })))[0]?.code;
const portOf = (server: Server) => (server.address() as { port: number }).port;

describe('the link to the centre', () => {
  it('is well where the broker takes the connection', async () => {
    expect(await codeOf(open.url)).toBe('centre.ok');
  });

  it('leaves no message behind and takes no connection from the box', async () => {
    const box = await connectAsync(open.url, { clientId: 'box-7', protocolVersion: 5, reconnectPeriod: 0 });
    const heard: string[] = [];
    box.on('message', (topic) => heard.push(topic));
    await box.subscribeAsync('#');
    await checkCentre('box-7', uplinkOptionsSchema.parse({ url: open.url }));
    expect(box.connected).toBe(true);
    expect(heard).toEqual([]);
    await box.endAsync();
  });

  it('is told apart: nothing configured, unknown name, closed port, no MQTT, no TLS, refused, unreadable file', async () => {
    expect((await checkCentre('box-7', undefined))[0]?.code).toBe('centre.none');
    // RFC 1035 §2.3.4: a label has at most 63 octets, so nobody is asked for this name.
    expect(await codeOf(`mqtt://${'x'.repeat(64)}.invalid:1883`)).toBe('centre.name');
    expect(await codeOf('mqtt://127.0.0.1:1')).toBe('centre.unreachable');
    expect(await codeOf(`mqtt://127.0.0.1:${portOf(mute)}`)).toBe('centre.no-mqtt');
    expect(await codeOf(`mqtts://127.0.0.1:${portOf(mute)}`)).toBe('centre.tls');
    expect(await codeOf(closed.url)).toBe('centre.refused');
    expect(await codeOf(open.url, { caFile: join(folder, 'absent.pem') })).toBe('centre.file');
  }, 30_000);
});

describe('the indicators', () => {
  const list = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('are well when they can be read and are fresh', async () => {
    expect(await checkIntelligence({ paths: [list('good.txt', 'evil.example\n192.0.2.1\n')] })).toEqual([
      { code: 'intel.ok', values: { count: 2, days: 0 } },
    ]);
  });

  it('are told apart: none, unreadable, empty, old; what was refused is a note', async () => {
    const codes = async (paths: string[]) => (await checkIntelligence({ paths })).map(({ code }) => code);
    expect(await codes([])).toEqual(['intel.none']);
    expect(await codes([join(folder, 'absent')])).toEqual(['intel.unreadable']);
    expect(await codes([list('empty.txt', '# nothing\nno indicator at all\n')])).toEqual(['intel.empty', 'intel.refused']);
    const old = list('old.txt', 'evil.example\n');
    const twentyDaysAgo = Date.now() / 1_000 - 20 * 86_400;
    utimesSync(old, twentyDaysAgo, twentyDaysAgo);
    expect(await checkIntelligence({ paths: [old] })).toEqual([{ code: 'intel.old', values: { count: 1, days: 20 } }]);
  });
});

describe('indicators of the settings', () => {
  it('are counted, and are enough for a box to know what to look for', async () => {
    expect(await checkIntelligence({ paths: [], givenCount: 2 })).toEqual([{ code: 'intel.given', values: { count: 2 } }]);
  });
});

describe('vonggac doctor', () => {
  it('examines what the configuration names, and ends with 1 where a fault was found', async () => {
    const config = join(folder, 'box.json');
    writeFileSync(config, JSON.stringify({ box: 'box-7', capture: { interface: 'absent0' }, uplink: { url: open.url } }));
    const { status, findings } = await runDoctor(['--config', config]);
    expect(status).toBe(1);
    expect(findings).toMatchObject({
      'runtime.ok': { degree: 'ok' },
      'interface.missing': { degree: 'fault', interface: 'absent0' },
      'panel.none': { degree: 'note' },
      'intel.none': { degree: 'fault' },
      'centre.ok': { degree: 'ok' },
    });
  });

  it('ends with 2 and one line for wrong usage', async () => {
    for (const words of [['--lang', 'fr'], ['--interface', 'a/b'], ['--config', join(folder, 'absent.json')], ['more']]) {
      const { status, errors } = await runDoctor(words);
      expect(status).toBe(2);
      expect(errors).toMatch(/^vonggac: .+\n$/);
    }
  });
});
