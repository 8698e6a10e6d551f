import { once } from 'node:events';
import { appendFileSync, cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readRevocationList } from '../../../centre/authority/revocation-list.ts';
import { placedFiles, writtenFiles } from '../../../centre/broker/layout.ts';
import { openRegisterFile } from '../../../centre/register/register-file.ts';
import { reloadBroker, writeBoxesRights } from '../../../centre/revoke/broker-lists.ts';
import { type Revocation, revoke, revokeBox } from '../../../centre/revoke/revoke.ts';
import { down, up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import type { TestAccess } from '../broker/centre-broker.ts';
import { connectTo, credentials, proveAlive, type TestClient } from '../broker/test-client.ts';
import { type RunningCentre, startCentre } from '../running-centre.ts';

/** MQTT 5 CONNECT, clean start, keep-alive 60 s, client id `stranger` (the broker takes the name of the certificate). */
const connectPacket = Buffer.from('101500044d5154540502003c000008737472616e676572', 'hex');

function publishPacket(topic: string): Buffer {
  const body = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic), Buffer.from([0, 7, 0]), Buffer.from('poison')]);
  return Buffer.concat([Buffer.from([0x32, body.length]), body]);
}

describe('vonggac-centre revoke', () => {
  let centre: RunningCentre;
  let register: DatabaseSync;
  let ingest: TestClient;
  let director: TestClient;
  let other: TestClient;

  beforeAll(async () => {
    centre = await startCentre();
    register = openRegisterFile(centre.folder.file('register'));
    await connectAll();
  });

  afterAll(async () => {
    await Promise.all([ingest, director, other].map((client) => client?.close()));
    register?.close();
    await centre?.stop();
  });

  async function connectAll(): Promise<void> {
    ingest = await connectTo(centre.service('ingest'));
    await ingest.subscribe('vonggac/1/up/#');
    director = await connectTo(centre.service('director'));
    other = await connectTo(await centre.box('hx-01'));
  }

  const isRefused = (access: TestAccess) =>
    connectTo(access).then(
      (client) => client.close().then(() => false),
      () => true,
    );
  const revoked = (box: string, reason = 'lost') =>
    revokeBox({ folder: centre.folder, register, box, reason, passphrase: async () => undefined });
  const left = ({ steps }: Revocation) => steps.filter(({ problem }) => problem !== undefined).map(({ step }) => step);
  const brokerFile = (name: string) => join(centre.folder.file('broker'), name);
  const listed = async () => {
    const list = await readRevocationList(
      readFileSync(brokerFile(placedFiles.boxesRevoked), 'utf8'),
      readFileSync(centre.folder.file('boxesAuthority'), 'utf8'),
    );
    return list?.revoked.map(({ serial }) => serial) ?? [];
  };
  const serialsOf = (box: string) =>
    register
      .prepare('select serial from certificate where box = ?')
      .all(box)
      .map(({ serial }) => String(serial));

  it('ends the session at once and for good, and the other boxes notice nothing', async () => {
    const access = await centre.box('hx-02');
    const will = { topic: up.presence('hx-02'), payload: Buffer.from('gone'), qos: 1 as const, retain: true };
    const box = await connectTo(access, { will });
    await director.publish(down.configDesired('hx-02'), 'its configuration', { retain: true });
    const claim = 'insert into claim (claim, box, code, created_ms, expires_ms) values (?, ?, ?, ?, ?)';
    register.prepare(claim).run('c1', 'hx-02', 'x', Date.now(), Date.now() + 1e9);
    const startMs = performance.now();
    const done = await revoked('hx-02');
    expect(done).toEqual({
      box: 'hx-02',
      isNew: true,
      steps: ['register', 'list', 'session', 'rights', 'orders'].map((step) => ({ step })),
    });
    await until(() => !box.isOpen, 'the end of the session');
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(await isRefused(access)).toBe(true);
    await until(() => ingest.heard.some(({ topic, body }) => topic === up.presence('hx-02') && body === 'gone'), 'its will');
    expect([other.isOpen, ingest.isOpen, director.isOpen]).toEqual([true, true, true]);
    await proveAlive(other, 'hx-01', ingest);
    expect(register.prepare('select revoke_reason from box where box = ?').get('hx-02')).toMatchObject({ revoke_reason: 'lost' });
    expect(Number(register.prepare("select expires_ms from claim where claim = 'c1'").get()?.expires_ms)).toBeLessThanOrEqual(Date.now());
    expect(register.prepare("select text from event where box = 'hx-02' and kind = 'revoke'").all()).toHaveLength(1);
    expect(await listed()).toEqual(serialsOf('hx-02'));
    await box.close();
  });

  it('withdraws the configuration: nobody finds it at the broker any more', async () => {
    await centre.box('hx-03');
    await director.publish(down.configDesired('hx-03'), 'a secret', { retain: true });
    expect(left(await revoked('hx-03'))).toEqual([]);
    // A box of the same name, enrolled again, would be served from the broker's memory.
    register.prepare("update box set revoked_ms = null where box = 'hx-03'").run();
    await writeBoxesRights(centre.folder, register);
    await reloadBroker(centre.folder);
    const successor = await connectTo(await freshBox('hx-03'));
    await successor.subscribe(down.configDesired('hx-03'));
    await proveAlive(successor, 'hx-03', ingest);
    expect(successor.heard).toEqual([]);
    await successor.close();
  });

  /** Of the same id, with another key. */
  async function freshBox(id: string): Promise<TestAccess> {
    return centre.box(id, 'anew');
  }

  it('takes all rights of one who showed the certificate before and says who he is after', async () => {
    const access = await centre.box('hx-04');
    const waiting: TLSSocket = connectTls({ host: '127.0.0.1', port: centre.centre.port, ...credentials(access) });
    const bytes: Buffer[] = [];
    waiting.on('data', (chunk: Buffer) => bytes.push(chunk)).on('error', () => undefined);
    await once(waiting, 'secureConnect');
    await proveAlive(other, 'hx-01', ingest);
    expect(left(await revoked('hx-04'))).toEqual([]);
    waiting.write(connectPacket);
    await until(() => bytes.length > 0, 'the greeting');
    expect(bytes[0]?.[0]).toBe(0x20);
    bytes.length = 0;
    waiting.write(publishPacket(up.alert('hx-04')));
    await until(() => bytes.length > 0, 'the refusal');
    // MQTT 5 §3.4.2.1: 135, not authorised.
    expect(Buffer.concat(bytes).toString('hex')).toMatch(/^40..000787/);
    await proveAlive(other, 'hx-01', ingest);
    expect(ingest.heard.filter(({ body }) => body === 'poison')).toEqual([]);
    // The next run finds and ends it.
    const again = await revoked('hx-04');
    expect([again.isNew, left(again)]).toEqual([false, []]);
    await until(() => waiting.closed, 'the end of the session');
  });

  it('counts every certificate that the box ever had, and none that it gets when it is enrolled again', async () => {
    const [first, second] = [await centre.box('hx-05'), await freshBox('hx-05')];
    expect(left(await revoked('hx-05'))).toEqual([]);
    expect([await isRefused(first), await isRefused(second)]).toEqual([true, true]);
    register.prepare("update box set revoked_ms = null, revoke_reason = null where box = 'hx-05'").run();
    await writeBoxesRights(centre.folder, register);
    await reloadBroker(centre.folder);
    const again = await connectTo(await centre.box('hx-05', 'a third time'));
    await proveAlive(again, 'hx-05', ingest);
    expect([await isRefused(first), await isRefused(second)]).toEqual([true, true]);
    await again.close();
  });

  it('lets nobody back in when an old copy of the register is put in place', async () => {
    const before = await listed();
    const { file } = centre.folder;
    register.exec('pragma wal_checkpoint(truncate)');
    cpSync(file('register'), `${file('register')}.copy`);
    const access = await centre.box('hx-06');
    await revoked('hx-06');
    register.close();
    for (const suffix of ['-wal', '-shm']) rmSync(`${file('register')}${suffix}`, { force: true });
    renameSync(`${file('register')}.copy`, file('register'));
    register = openRegisterFile(file('register'));
    await centre.box('hx-16');
    await revoked('hx-16');
    expect(await listed()).toEqual(expect.arrayContaining(before));
    expect(await isRefused(access)).toBe(true);
  });

  it('changes nothing without the key of the boxes’ authority, or for a box that nobody knows', async () => {
    const key = centre.folder.file('boxesKey');
    await centre.box('hx-07');
    const [before, list] = [register.prepare('select count(*) as events from event').get(), await listed()];
    renameSync(key, `${key}.away`);
    await expect(revoked('hx-07')).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(/bring the medium/) });
    renameSync(`${key}.away`, key);
    await expect(revoked('hx-99')).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(/no box hx-99/) });
    expect(register.prepare('select count(*) as events from event').get()).toEqual(before);
    expect(await listed()).toEqual(list);
    expect(await isRefused(await centre.box('hx-07'))).toBe(false);
  });

  it('does what can be done while a person has edited the rights, and says what is left', async () => {
    const rights = brokerFile(writtenFiles.boxesAccess);
    const sound = readFileSync(rights, 'utf8');
    const access = await centre.box('hx-08');
    appendFileSync(rights, '# ours\n');
    const done = await revoked('hx-08');
    expect(left(done)).toEqual(['rights']);
    expect(await isRefused(access)).toBe(true);
    writeFileSync(rights, sound);
    expect(left(await revoked('hx-08'))).toEqual([]);
  });

  it('keeps rights and lists as they are when the files are not sound, and says why', async () => {
    const rights = brokerFile(writtenFiles.servicesAccess);
    const sound = readFileSync(rights, 'utf8');
    const access = await centre.box('hx-09');
    const box = await connectTo(access);
    writeFileSync(rights, 'let everybody in\n');
    const done = await revoked('hx-09');
    expect(left(done)).toEqual(['list', 'session', 'rights']);
    expect(done.steps.find(({ step }) => step === 'list')?.problem).toMatch(/services\.acl.*nothing was changed/);
    writeFileSync(rights, sound);
    expect(left(await revoked('hx-09'))).toEqual([]);
    await until(() => !box.isOpen, 'the end of the session');
    await box.close();
  });

  it('says what is left while the broker is away, holds from its next start on, and finishes when it is run again', async () => {
    const access = await centre.box('hx-10');
    await Promise.all([ingest, director, other].map((client) => client.close()));
    await centre.broker.kill('broker', 'SIGTERM');
    let output = '';
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
    const run = () => revoke('hx-10', { centre: centre.folder.path, reason: 'lost', lang: 'en' });
    await run();
    expect(process.exitCode).toBe(1);
    expect(output).toMatch(/The box hx-10 is revoked:\n {2}done.*\n {2}LEFT.*the broker does not run.*\n {2}LEFT.*\n {2}LEFT.*\n {2}LEFT/);
    expect(output).toContain(`vonggac-centre revoke hx-10 --centre ${centre.folder.path}`);
    await centre.broker.start();
    expect(await isRefused(access)).toBe(true);
    process.exitCode = undefined;
    output = '';
    await run();
    write.mockRestore();
    expect(process.exitCode).toBeUndefined();
    expect(output).not.toContain('LEFT');
    await connectAll();
    await proveAlive(other, 'hx-01', ingest);
  });
});
