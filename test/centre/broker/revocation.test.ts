import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { placedFiles, writtenFiles } from '../../../centre/broker/layout.ts';
import { brokerDisconnect } from '../../../centre/broker/main.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { type CentreBroker, startCentreBroker, type TestAccess } from './centre-broker.ts';
import { installCrls } from './pki.ts';
import { connectTo, proveAlive, type TestClient } from './test-client.ts';

describe('a revoked certificate', () => {
  let broker: CentreBroker;
  let box: TestClient;
  let ingest: TestClient;

  beforeAll(async () => {
    broker = await startCentreBroker();
    ingest = await connectTo(await broker.service('centre.ingest'));
    await ingest.subscribe('vonggac/1/up/#');
    box = await connectTo(await broker.box('hx-01'));
  });

  afterAll(async () => {
    await Promise.all([box, ingest].map((client) => client?.close()));
    await broker?.stop();
  });

  const isRefused = (access: TestAccess) =>
    connectTo(access).then(
      () => false,
      () => true,
    );

  it('opens nothing after the reload, and its session ends by broker-disconnect, while the others go on', async () => {
    const access = await broker.box('hx-02');
    const will = { topic: up.presence('hx-02'), payload: Buffer.from('gone'), qos: 1 as const, retain: true };
    const revoked = await connectTo(access, { will });
    await broker.pki.boxes.revoke(access);
    const startMs = performance.now();
    await broker.reloadCrls();
    expect(await isRefused(access)).toBe(true);
    expect(performance.now() - startMs).toBeLessThan(4_000);
    // Mosquitto looks at certificates when a connection begins, and never again.
    expect(revoked.isOpen).toBe(true);
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await brokerDisconnect('hx-02', await broker.service('centre.director'));
    expect(write).toHaveBeenCalledWith(expect.stringContaining('hx-02'));
    write.mockRestore();
    await until(() => !revoked.isOpen, 'the end of the session');
    await until(() => ingest.heard.some(({ topic, body }) => topic === up.presence('hx-02') && body === 'gone'), 'its will');
    expect(await isRefused(access)).toBe(true);
    await until(() => broker.events().some(({ kind }) => kind === 'certificate-refused'), 'the refusal in the log');
    expect([box.isOpen, ingest.isOpen]).toEqual([true, true]);
    await proveAlive(box, 'hx-01', ingest);
    await revoked.close();
  });

  it('is out after a restart too, at once', async () => {
    const [gone, kept] = await Promise.all([broker.box('hx-03'), broker.box('hx-04')]);
    const revoked = await connectTo(gone);
    await broker.pki.boxes.revoke(gone);
    await installCrls(broker.pki, broker.layout.folder);
    await broker.restart();
    await until(() => !revoked.isOpen, 'the end of the session');
    expect(await isRefused(gone)).toBe(true);
    expect(await isRefused(kept)).toBe(false);
    ingest = await connectTo(await broker.service('centre.ingest'));
    await ingest.subscribe('vonggac/1/up/#');
    box = await connectTo(await broker.box('hx-01'));
  });

  it('may be one of a service', async () => {
    const access = await broker.service('centre.watch');
    await broker.pki.services.revoke(access);
    await broker.reloadCrls();
    expect(await isRefused(access)).toBe(true);
    expect(await isRefused(await broker.service('centre.director'))).toBe(false);
  });

  it.each<[string, string, (text: string) => string | undefined]>([
    ['a list of revoked certificates that is noise', placedFiles.boxesRevoked, () => 'noise'],
    ['a list that is cut short', placedFiles.boxesRevoked, (text) => text.slice(0, text.length / 2)],
    ['a list that is missing', placedFiles.boxesRevoked, () => undefined],
    ['the list of another authority', placedFiles.boxesRevoked, () => readFileSync(broker.pki.services.crlFile, 'utf8')],
    ['a missing list of the services', placedFiles.servicesRevoked, () => undefined],
    ['an access file with a line that is none', writtenFiles.boxesAccess, (text) => `${text}let everybody in\n`],
    ['an access file that is missing', writtenFiles.servicesAccess, () => undefined],
    ['an access file that is empty', writtenFiles.boxesAccess, () => ''],
    ['the key of another certificate', placedFiles.key, () => readFileSync(join(broker.pki.boxes.folder, 'ca.key'), 'utf8')],
  ])('stays out, and all rights stay as they are, when a reload meets %s', async (_what, name, change) => {
    const path = join(broker.layout.folder, name);
    const sound = readFileSync(path, 'utf8');
    const changed = change(sound);
    if (changed === undefined) rmSync(path);
    else writeFileSync(path, changed);
    await expect(broker.reload()).rejects.toThrow(/reload-broker: .*nothing was changed/);
    expect(await isRefused(await broker.box('hx-02'))).toBe(true);
    expect(await box.publish(up.alert('hx-99'))).toBe(135);
    await proveAlive(box, 'hx-01', ingest);
    writeFileSync(path, sound);
    await broker.reload();
    await proveAlive(box, 'hx-01', ingest);
  });

  it('stays out, and the boxes stay in, when a reload meets a list that has ended', async () => {
    await broker.pki.boxes.expireCrl();
    await expect(broker.reloadCrls()).rejects.toThrow(/boxes\.crl has ended/);
    expect(await isRefused(await broker.box('hx-02'))).toBe(true);
    expect(await isRefused(await broker.box('hx-04'))).toBe(false);
  });
});
