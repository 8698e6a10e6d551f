import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { up } from '../../../../firmware/contract/topics.ts';
import { afterTest, box, brokerOf, centreOf, connected, folderOf, serverOf, uplinkOf } from './bench.ts';
import { listen, until } from './listener.ts';
import { TestOutbox } from './test-outbox.ts';

function passwordFile(folder: string, name: string, password: string): string {
  const file = join(folder, 'passwords');
  writeFileSync(file, `${name}:${password}\n`);
  execFileSync('mosquitto_passwd', ['-U', file]);
  return file;
}

async function listenerOf(url: string) {
  const listener = await listen(url);
  afterTest(() => listener.client.endAsync(true));
  return listener;
}

describe('an uplink whose credentials are refused', { timeout: 20_000 }, () => {
  it('says so, goes on trying, and delivers once they are accepted', async () => {
    const folder = folderOf();
    const passwords = passwordFile(folder, 'someone-else', 'secret');
    const first = await brokerOf({ configuration: ['allow_anonymous false', `password_file ${passwords}`] });
    const outbox = new TestOutbox();
    outbox.append('alert');
    let attempts = 0;
    const random = () => {
      attempts++;
      return 0.5;
    };
    const uplink = uplinkOf({ url: first.url, username: box, password: 'wrong' }, outbox, { random });
    await until(() => attempts >= 4, 'several attempts');
    expect(uplink.state.lastError).toMatch(/not authori[sz]ed|user name or password/i);
    expect(uplink.state.connections).toBe(0);
    expect(outbox.depth).toBe(1);
    await first.stop();
    const right = passwordFile(folder, box, 'wrong');
    const second = await brokerOf({ port: first.port, configuration: ['allow_anonymous true', `password_file ${right}`] });
    // The box may have been quicker than the centre; then it is told that there is one now.
    await (await centreOf(second.url)).announce(true, 'g1');
    expect(await uplink.drained(5_000)).toBe(true);
  });

  it('keeps a message that the broker refuses to take, counts it, and does not ask again at once', async () => {
    const rights = join(folderOf(), 'acl');
    writeFileSync(rights, `topic write ${up.presence(box)}\n`);
    const broker = await brokerOf({ configuration: ['allow_anonymous true', `acl_file ${rights}`] });
    const outbox = new TestOutbox();
    outbox.append('alert');
    const uplink = uplinkOf({ url: broker.url }, outbox);
    await until(() => uplink.state.refused > 0, 'the refusal');
    await sleep(600);
    expect(uplink.state).toMatchObject({ refused: 1, connections: 1, unacknowledged: 0 });
    expect(uplink.state.lastError).toMatch(/reason 135/);
    expect(outbox.depth).toBe(1);
  });
});

describe('an uplink with a password', { timeout: 20_000 }, () => {
  it('reads it from a file and is accepted', async () => {
    const folder = folderOf();
    const broker = await brokerOf({ configuration: ['allow_anonymous false', `password_file ${passwordFile(folder, box, 'secret')}`] });
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'secret\n');
    await connected(uplinkOf({ url: broker.url, username: box, passwordFile: secret }));
  });
});

describe('the presence of an uplink', { timeout: 20_000 }, () => {
  it('is retained, numbered by whoever counts the sessions, and ends with a goodbye', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    let session = 40;
    const uplink = uplinkOf({ url: broker.url }, new TestOutbox(), { nextSession: () => ++session });
    await until(() => listener.of(up.presence(box)).length === 1, 'the presence');
    expect(uplink.state.session).toBe(41);
    await uplink.stop();
    await until(() => listener.of(up.presence(box)).length === 2, 'the goodbye');
    const said = listener.of(up.presence(box)).map(({ body, packet }) => ({ ...JSON.parse(body), retain: packet.retain }));
    expect(said).toMatchObject([
      { online: true, session: 41, retain: true },
      { online: false, session: 41, retain: true },
    ]);
  });

  it('takes no number for an attempt that finds no broker', async () => {
    let sessions = 0;
    let attempts = 0;
    const parts = {
      nextSession: () => ++sessions,
      random: () => {
        attempts++;
        return 0.5;
      },
    };
    const uplink = uplinkOf({ url: 'mqtt://127.0.0.1:1' }, new TestOutbox(), parts);
    await until(() => attempts >= 3, 'several attempts');
    expect(sessions).toBe(0);
    expect(uplink.state.lastError).toContain('ECONNREFUSED');
  });
});

describe('an uplink and a broker that misbehaves', { timeout: 20_000 }, () => {
  it('gives up on a broker that takes the connection and says nothing', async () => {
    const port = await serverOf(() => {});
    const uplink = uplinkOf({ url: `mqtt://127.0.0.1:${port}`, connectTimeoutMs: 150 });
    await until(() => uplink.state.lastError !== undefined, 'the time-out');
    expect(uplink.state.connections).toBe(0);
    expect(uplink.state.lastError).toBe(
      `127.0.0.1:${port} took the connection, but gave no MQTT greeting in time; check port and protocol (mqtt:// or mqtts://) of url`,
    );
    await uplink.stop();
  });

  it('survives noise instead of an answer', async () => {
    const port = await serverOf((socket) => socket.end(Buffer.alloc(2_000, 0xf3)));
    const uplink = uplinkOf({ url: `mqtt://127.0.0.1:${port}` });
    await until(() => uplink.state.lastError !== undefined, 'an error');
    expect(uplink.state.connections).toBe(0);
  });

  it('does not collect a packet that is larger than it announced', async () => {
    // CONNACK, then the head of a PUBLISH of 268,435,455 bytes, the largest there is (MQTT 5 §1.5.5).
    const port = await serverOf((socket) => {
      socket.once('data', () => socket.write(Buffer.from([0x20, 3, 0, 0, 0, 0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1])));
    });
    const uplink = uplinkOf({ url: `mqtt://127.0.0.1:${port}` });
    await until(() => uplink.state.lastError !== undefined, 'the end of the connection');
    expect(uplink.state.lastError).toContain('the broker began a packet of 268435460 bytes; the box takes 524304 at most');
  });

  it('ends a connection in which the broker acknowledges nothing, and tries another', async () => {
    // A greeting and a SUBACK, but no PUBACK ever.
    const port = await serverOf((socket) => {
      socket.once('data', () => socket.write(Buffer.from([0x20, 3, 0, 0, 0])));
    });
    const uplink = uplinkOf({ url: `mqtt://127.0.0.1:${port}`, acknowledgeTimeoutMs: 300 });
    await until(() => uplink.state.connections >= 2, 'another connection');
    expect(uplink.state.lastError).toContain('does not acknowledge');
  });

  it('says that it cannot hear the centre where the broker refuses the subscription', async () => {
    // CONNACK, and a SUBACK with "not authorized" for both branches.
    const port = await serverOf((socket) => {
      socket.once('data', () => socket.write(Buffer.from([0x20, 3, 0, 0, 0])));
      socket.on('data', (data) => {
        const at = data.indexOf(0x82);
        if (at >= 0) socket.write(Buffer.from([0x90, 5, data[at + 2] ?? 0, data[at + 3] ?? 0, 0, 0x87, 0x87]));
      });
    });
    const uplink = uplinkOf({ url: `mqtt://127.0.0.1:${port}` });
    await until(() => uplink.state.lastError !== undefined, 'the refusal');
    expect(uplink.state.lastError).toMatch(/does not let the box hear the centre, so nothing can leave the outbox: .*Not authorized/);
    expect(uplink.state.connections).toBe(1);
  });

  it('stops in time though the broker owes it every answer', async () => {
    const port = await serverOf((socket) => {
      socket.once('data', () => socket.write(Buffer.from([0x20, 3, 0, 0, 0])));
    });
    const uplink = uplinkOf({ url: `mqtt://127.0.0.1:${port}` });
    await connected(uplink);
    const startMs = performance.now();
    await uplink.stop();
    expect(performance.now() - startMs).toBeLessThan(4_000);
    expect(uplink.state.connectedSinceMs).toBeUndefined();
  });

  it('refuses a message larger than the broker takes, counts it, and sends what is behind it', async () => {
    const broker = await brokerOf({ configuration: ['allow_anonymous true', 'max_packet_size 4096'] });
    await centreOf(broker.url);
    const outbox = new TestOutbox();
    outbox.append('alert', `{"text":"${'x'.repeat(5_000)}"}`);
    outbox.append('alert');
    const uplink = uplinkOf({ url: broker.url }, outbox);
    expect(await uplink.drained(5_000)).toBe(true);
    expect(outbox.refused).toEqual([{ outbox: 'outbox-1', seq: 1 }]);
    expect(uplink.state.refused).toBe(1);
  });

  it('never has more on the way than the broker’s Receive Maximum', async () => {
    const broker = await brokerOf({ configuration: ['allow_anonymous true', 'max_inflight_messages 3'] });
    await centreOf(broker.url);
    const outbox = new TestOutbox();
    for (let count = 0; count < 200; count++) outbox.append('alert');
    const uplink = uplinkOf({ url: broker.url }, outbox);
    expect(await uplink.drained(5_000)).toBe(true);
    // MQTT 5 §3.3.4: the broker hangs up on whoever exceeds it.
    expect(uplink.state).toMatchObject({ connections: 1, refused: 0 });
  });
});

describe('the options of an uplink', { timeout: 20_000 }, () => {
  const accepts = (options: object) => uplinkOptionsSchema.safeParse({ url: 'mqtts://b', ...options }).success;

  it('refuse what is no broker URL, and WebSockets', () => {
    for (const url of ['http://broker', 'broker:1883', '', 'ws://b/mqtt', 'wss://b', 'mqtt://', 'mqtt://me:secret@b', 'mqtts://b/path'])
      expect([url, accepts({ url })]).toEqual([url, false]);
    for (const url of ['mqtt://b', 'mqtts://b:443', 'mqtts://[::1]:8883', 'mqtts://192.0.2.1/'])
      expect([url, accepts({ url })]).toEqual([url, true]);
  });

  it('refuse what is no HTTP proxy, no server name and no ALPN name', () => {
    for (const proxy of ['https://p:3128', 'socks5://p', 'p:3128', 'http://p/path', 'http://%zz:x@p', ''])
      expect([proxy, accepts({ proxy })]).toEqual([proxy, false]);
    for (const proxy of ['http://p:3128', 'http://me:secret%40@p:3128', 'http://[::1]:8080'])
      expect([proxy, accepts({ proxy })]).toEqual([proxy, true]);
    for (const serverName of ['192.0.2.1', 'a b', '', '::1']) expect(accepts({ serverName })).toBe(false);
    expect(accepts({ serverName: 'broker.example' })).toBe(true);
    for (const name of ['', 'x'.repeat(256)]) expect(accepts({ alpn: [name] })).toBe(false);
    expect(accepts({ alpn: ['mqtt', 'x-amzn-mqtt-ca'] })).toBe(true);
  });
});
