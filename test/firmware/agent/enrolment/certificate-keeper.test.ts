import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certificatesOf, certificateWithSerial } from '../../../../centre/register/certificates.ts';
import { openRegisterFile } from '../../../../centre/register/register-file.ts';
import { openConnection } from '../../../../firmware/agent/uplink/connection.ts';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { type RegistrarProcess, startRegistrar } from '../../../centre/registrar/registrar-process.ts';
import { type RunningCentre, startCentre } from '../../../centre/running-centre.ts';
import { until } from '../uplink/listener.ts';
import { openFiles, wholeIdentity } from './box-of-test.ts';
import { type KeptBox, keptBox } from './kept-box.ts';
import { cutAt } from './power-cut.ts';

const dayMs = 86_400_000;
let centre: RunningCentre;
let registrar: RegistrarProcess;
const boxes: KeptBox[] = [];
beforeAll(async () => {
  centre = await startCentre();
  // As an engineer would set it where the broker is no service of systemd.
  const settings = centre.folder.file('settings');
  const reloadBroker = [join(centre.folder.file('broker'), 'reload-broker'), String(centre.broker.pid)];
  writeFileSync(settings, JSON.stringify({ ...JSON.parse(readFileSync(settings, 'utf8')), reloadBroker }));
  registrar = await startRegistrar(centre);
}, 40_000);
afterEach(async () => {
  for (const box of boxes.splice(0)) {
    box.keeper.stop();
    await box.end();
    box.remove();
  }
});
afterAll(async () => {
  await registrar?.stop();
  await centre?.stop();
});

async function aBox(agency: string): Promise<KeptBox> {
  const box = await keptBox(centre, agency);
  boxes.push(box);
  return box;
}

function inRegister<T>(look: (register: ReturnType<typeof openRegisterFile>) => T): T {
  const register = openRegisterFile(centre.folder.file('register'));
  try {
    return look(register);
  } finally {
    register.close();
  }
}

const lies = (box: KeptBox, name: string) => existsSync(join(box.paths.folder, name));

describe('the keeper of the certificate', () => {
  it('rotates the key at an order: the new pair is in force, the former one is ended at the centre and refused by the broker', async () => {
    const box = await aBox('Trạm xoay khóa');
    const former = { serial: box.serial, file: join(box.folder, 'stolen.pem') };
    copyFileSync(box.paths.credential, former.file);
    await box.connect();
    const rotated = await box.keeper.rotate();
    expect(rotated.serial).toBe(box.serial);
    expect(box.serial).not.toBe(former.serial);
    expect(box.changes).toBe(1);
    // Until the broker has taken the new one, the former is at hand.
    expect(lies(box, 'former.pem')).toBe(true);
    expect(inRegister((register) => certificateWithSerial(register, former.serial)?.revokedMs)).toBeUndefined();
    await box.connect();
    await until(() => !lies(box, 'unconfirmed'), 'the confirmation');
    expect(lies(box, 'former.pem') || lies(box, 'next.key')).toBe(false);
    expect(openFiles(box).filter((name) => name !== 'unconfirmed')).toEqual([]);
    expect(inRegister((register) => certificateWithSerial(register, former.serial)?.revokedMs)).toBeDefined();
    await until(() => registrar.logged('certificates ended: others took their place').length > 0, 'the word about it');
    const options = uplinkOptionsSchema.parse({
      url: wholeIdentity(box).identity.broker,
      caFile: box.paths.serverAuthority,
      certFile: former.file,
      keyFile: former.file,
    });
    const tryFormer = () =>
      openConnection(options, { clientId: 'thief' }, AbortSignal.timeout(5_000)).then(
        (open) => open.end().then(() => 'taken'),
        () => 'refused',
      );
    const endMs = Date.now() + 10_000;
    let outcome = await tryFormer();
    while (outcome === 'taken' && Date.now() < endMs) outcome = await tryFormer();
    expect(outcome).toBe('refused');
    await box.connect();
  }, 40_000);

  it('asks when a third of its life is left, not before, and again with the same key where the answer was lost', async () => {
    const box = await aBox('Trạm gia hạn');
    const { certificate } = wholeIdentity(box);
    const [fromMs, untilMs] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
    const askedAt = (nowMs: number) => {
      const asked: string[] = [];
      box.restart({ nowMs: () => nowMs, publish: (_topic, body) => asked.push(body) }).start();
      return asked;
    };
    const early = askedAt(untilMs - (untilMs - fromMs) / 3 - 5 * dayMs);
    const atTheBeginning = askedAt(0);
    // Whose clock says so and who is let in all the same, has a wrong clock: it would ask for ever.
    const afterTheEnd = askedAt(untilMs + 20 * 365 * dayMs);
    const late = askedAt(untilMs - (untilMs - fromMs) / 3 + dayMs);
    await until(() => late.length === 1, 'the request');
    expect(early.length + atTheBeginning.length + afterTheEnd.length).toBe(0);
    const key = readFileSync(join(box.paths.folder, 'next.key'), 'utf8');
    // Its answer never came. After the next start the request is for the same key.
    box.restart({ nowMs: () => untilMs - dayMs });
    const connected = box.connect();
    box.keeper.start();
    await connected;
    await until(() => box.changes === 1, 'the new certificate');
    expect(readFileSync(box.paths.credential, 'utf8')).toContain(key.trim());
    expect(inRegister((register) => certificatesOf(register, box.box))).toHaveLength(2);
  }, 20_000);

  it('takes nothing that it did not ask for, and nothing that is not of the centre’s authority', async () => {
    const [box, other] = [await aBox('Trạm một'), await aBox('Trạm hai')];
    const before = box.serial;
    const answer = (certificate: string) => Buffer.from(JSON.stringify({ schema: 'certificate-answer/1', state: 'issued', certificate }));
    const foreign = readFileSync(centre.service('director').certFile, 'utf8');
    const another = wholeIdentity(other).certificate.toString();
    for (const certificate of [foreign, another]) expect(() => box.keeper.answer(answer(certificate))).toThrow(/not asked for/);
    const rotation = box.keeper.rotate(1_000);
    for (const certificate of [foreign, another, 'noise']) expect(() => box.keeper.answer(answer(certificate))).toThrow(/cannot be used/);
    for (const noise of ['', '{}', 'x'.repeat(100_000)]) expect(() => box.keeper.answer(Buffer.from(noise))).toThrow(/no answer/);
    await expect(rotation).rejects.toThrow(/did not answer in time/);
    expect(box.serial).toBe(before);
  }, 20_000);

  it('tells whoever ordered it that the centre refuses', async () => {
    const box = await aBox('Trạm bị thu hồi');
    await box.connect();
    inRegister((register) => register.prepare('update box set revoked_ms = 1 where box = ?').run(box.box));
    await expect(box.keeper.rotate()).rejects.toThrow(/revoked/);
    expect(lies(box, 'next.key')).toBe(false);
  }, 20_000);

  it('goes back to the former pair where the broker is not reached with the new one', async () => {
    const box = await aBox('Trạm thử');
    const before = readFileSync(box.paths.credential, 'utf8');
    box.restart({ trialMs: 300 });
    await box.connect();
    await box.keeper.rotate();
    await box.end();
    expect(readFileSync(box.paths.credential, 'utf8')).not.toBe(before);
    await until(() => box.changes === 2, 'the way back');
    expect(readFileSync(box.paths.credential, 'utf8')).toBe(before);
    await box.connect();
  }, 20_000);

  it('has a key and a certificate that belong together after a power cut at whatever step, and comes through at last', async () => {
    const box = await aBox('Trạm mất điện');
    let steps = 0;
    for (let isCut = true; isCut; ) {
      steps++;
      // Of one day no more than a few are given.
      inRegister((register) => register.prepare('update certificate set issued_ms = issued_ms - 86400000').run());
      await box.connect();
      await until(() => !lies(box, 'unconfirmed'), 'the confirmation');
      const before = box.serial;
      const asked: string[] = [];
      box.restart({ publish: (_topic, body) => asked.push(body) });
      const rotation = box.keeper.rotate().catch(() => undefined);
      const certificate = await issuedFor(box, asked[0] ?? '');
      ({ isCut } = await cutAt(steps, () => box.keeper.answer(Buffer.from(JSON.stringify(certificate)))));
      box.restart().start();
      await rotation;
      wholeIdentity(box);
      await box.connect();
      if (!isCut) expect(box.serial).not.toBe(before);
    }
    process.stdout.write(`the power cut at each of ${steps - 1} steps of a renewal\n`);
    expect(steps).toBeGreaterThan(10);
  }, 60_000);
});

/** What the registrar answers to this request, fetched over a connection of the box. */
async function issuedFor(box: KeptBox, request: string): Promise<unknown> {
  const answers: unknown[] = [];
  const keep = box.keeper.answer.bind(box.keeper);
  box.keeper.answer = (payload) => void answers.push(JSON.parse(Buffer.from(payload).toString('utf8')));
  const open = await box.connect();
  await open.publish({
    topic: `vonggac/1/up/${box.box}/certificate/req`,
    body: request,
    qos: 1,
    retain: false,
    contentType: 'application/json',
  });
  await until(() => answers.length > 0, 'the answer');
  box.keeper.answer = keep;
  return answers[0];
}
