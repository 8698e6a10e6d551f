import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { enrolBoxes } from '../../../../centre/enrol/enrol.ts';
import { certificatesOf } from '../../../../centre/register/certificates.ts';
import { openRegisterFile } from '../../../../centre/register/register-file.ts';
import { openConnection } from '../../../../firmware/agent/uplink/connection.ts';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { stateFiles } from '../../../../firmware/state-folder.ts';
import { claimFileAt, type RegistrarProcess, startRegistrar } from '../../../centre/registrar/registrar-process.ts';
import { type RunningCentre, startCentre } from '../../../centre/running-centre.ts';
import { until } from '../uplink/listener.ts';
import { type NewBox, newBox, openFiles, wholeIdentity } from './box-of-test.ts';

let centre: RunningCentre;
let registrar: RegistrarProcess;
const boxes: NewBox[] = [];
beforeAll(async () => {
  centre = await startCentre();
  registrar = await startRegistrar(centre);
}, 40_000);
afterEach(() => {
  for (const box of boxes.splice(0)) box.remove();
});
afterAll(async () => {
  await registrar?.stop();
  await centre?.stop();
});

async function aBox(agency?: string): Promise<NewBox> {
  const box = await newBox(centre, agency);
  boxes.push(box);
  return box;
}

const never = new AbortController().signal;
const soon = () => AbortSignal.timeout(10_000);

function certificates(box: string): number {
  const register = openRegisterFile(centre.folder.file('register'));
  try {
    return certificatesOf(register, box).length;
  } finally {
    register.close();
  }
}

describe('enrolment', () => {
  it('makes a box with a claim file one of the centre’s: a key of its own, a certificate with which the broker lets it in, and no claim left', async () => {
    const box = await aBox('UBND huyện Văn Lãng');
    const enrolment = box.enrolment();
    expect(enrolment.need()).toBe('first');
    expect(await enrolment.run(soon())).toBe(true);
    const { identity } = wholeIdentity(box);
    expect(identity).toMatchObject({ box: 'ubnd-huyen-van-lang-1', agency: 'UBND huyện Văn Lãng', contacts: [{ name: 'Lý Văn Tài' }] });
    expect(existsSync(box.claimFile)).toBe(false);
    expect(openFiles(box)).toEqual([]);
    expect(readdirSync(box.paths.folder).toSorted()).toEqual([
      'box.pem',
      'boxes.crt',
      'enrolment.json',
      'identity.json',
      'identity.json.copy',
      'root.json',
      'servers.crt',
    ]);
    const { serverAuthority: caFile, credential } = box.paths;
    const options = uplinkOptionsSchema.parse({ url: identity.broker, caFile, certFile: credential, keyFile: credential });
    const connection = await openConnection(options, { clientId: identity.box }, soon());
    await connection.end();
    expect(enrolment.state).toMatchObject({ state: 'enrolled', box: box.box });
    expect(box.enrolment().need()).toBe('none');
    expect(box.records.at(-1)).toContain('enrolled as ubnd-huyen-van-lang-1');
  }, 20_000);

  it('waits for a registrar that is not there yet, and asks with the same key until there is an answer', async () => {
    const box = await aBox();
    await registrar.stop();
    const running = box.enrolment().run(AbortSignal.timeout(25_000));
    await until(() => box.log.some((line) => line.includes('asking the centre')), 'the first question');
    const csr = () => JSON.parse(readFileSync(join(box.paths.folder, 'pending.json'), 'utf8')).csr;
    await until(() => existsSync(join(box.paths.folder, 'pending.json')), 'the key');
    const before = csr();
    // Nobody is there to answer; the next question is another process's.
    await centre.broker.kill('claims');
    await until(() => box.states.some(({ reason }) => reason !== undefined), 'the trouble');
    expect(csr()).toBe(before);
    await centre.broker.start();
    registrar = await startRegistrar(centre);
    expect(await running).toBe(true);
    wholeIdentity(box);
    expect(certificates(box.box)).toBe(1);
  }, 30_000);

  it('shows a refusal with what to do about it, and takes a new claim file as soon as somebody lays it there', async () => {
    const [first, second] = [await aBox('Sở A'), await aBox('Sở A')];
    expect(await first.enrolment().run(soon())).toBe(true);
    // A second card with the same claim file.
    const claim = await enrolBoxes({ again: second.box, days: 1, lang: 'en', centre: centre.folder.path });
    const used = claimFileAt(claim[0]?.path ?? '');
    const register = openRegisterFile(centre.folder.file('register'));
    register.prepare("update claim set used_ms = 1, csr_sha256 = 'x', certificate = 'x' where claim = ?").run(used.claim);
    register.close();
    const running = second.enrolment().run(soon());
    await until(() => second.states.some(({ state }) => state === 'refused'), 'the refusal');
    expect(second.states.at(-1)).toMatchObject({
      state: 'refused',
      code: 'used',
      advice: { vi: expect.stringContaining('enrol --again') },
    });
    expect(JSON.parse(readFileSync(join(second.paths.folder, 'enrolment.json'), 'utf8'))).toMatchObject({ state: 'refused', code: 'used' });
    expect(second.identity()).toBeUndefined();
    expect(existsSync(second.claimFile)).toBe(true);
    await enrolBoxes({ again: second.box, days: 1, lang: 'en', centre: centre.folder.path });
    expect(await running).toBe(true);
    expect(wholeIdentity(second).identity.box).toBe(second.box);
  }, 30_000);

  it('does not touch the identity in force while a new claim comes to nothing, and takes the new one over whole', async () => {
    const box = await aBox('Sở B');
    expect(await box.enrolment().run(soon())).toBe(true);
    const before = wholeIdentity(box).certificate.fingerprint256;
    await enrolBoxes({ again: box.box, days: 1, lang: 'en', centre: centre.folder.path });
    const claim = JSON.parse(readFileSync(box.claimFile, 'utf8'));
    const nowhere = join(box.folder, 'nowhere.json');
    writeFileSync(nowhere, JSON.stringify({ ...claim, claimBroker: 'mqtts://127.0.0.1:1', serverAuthority: claim.boxesAuthority }));
    const lost = box.enrolment({ places: [nowhere] });
    expect(lost.need()).toBe('again');
    expect(await lost.attempt(never)).toBe('later');
    expect(wholeIdentity(box).certificate.fingerprint256).toBe(before);
    expect(readFileSync(box.paths.serverAuthority, 'utf8')).not.toBe(claim.boxesAuthority);
    expect(await box.enrolment().run(soon())).toBe(true);
    expect(wholeIdentity(box).certificate.fingerprint256).not.toBe(before);
  }, 20_000);

  it('keeps where indicators come from, and whom to trust for them', async () => {
    const box = await aBox('Sở tình báo');
    const place = join(box.folder, 'claim.json');
    const intelligence = { url: 'https://centre.example:8443', channel: 'main', root: '{"signed":{}}' };
    writeFileSync(place, `\ufeff${JSON.stringify({ ...JSON.parse(readFileSync(box.claimFile, 'utf8')), intelligence })}`);
    expect(await box.enrolment({ places: [place] }).run(soon())).toBe(true);
    expect(wholeIdentity(box).identity.intelligence).toEqual({ url: intelligence.url, channel: 'main' });
    expect(readFileSync(stateFiles.root(box.folder), 'utf8')).toBe(intelligence.root);
    expect(existsSync(place)).toBe(false);
  }, 20_000);

  it('takes no certificate that is for another key, for another name, or of another authority', async () => {
    const box = await aBox('Sở C');
    const claim = JSON.parse(readFileSync(box.claimFile, 'utf8'));
    const place = join(box.folder, 'claim.json');
    // The answer will be of the true authority, which this claim does not name.
    writeFileSync(place, JSON.stringify({ ...claim, boxesAuthority: claim.serverAuthority }));
    const enrolment = box.enrolment({ places: [place] });
    expect(await enrolment.attempt(soon())).toBe('later');
    expect(enrolment.state.reason).toContain('not signed by the centre’s authority');
    expect(box.identity()).toBeUndefined();
    // Put right, it goes on with the key for which the certificate was issued.
    expect(await box.enrolment().run(soon())).toBe(true);
    expect(certificates(box.box)).toBe(1);
  }, 20_000);

  it('tells of a file that is no claim, and goes on as the box that it is', async () => {
    const box = await aBox('Sở E');
    const place = join(box.folder, 'claim.json');
    writeFileSync(place, readFileSync(box.claimFile, 'utf8').slice(0, 300));
    const damaged = box.enrolment({ places: [place] });
    expect(damaged.need()).toBe('first');
    expect(await damaged.attempt(soon())).toBe('later');
    expect(damaged.state.reason).toContain('is damaged');
    expect(await box.enrolment().run(soon())).toBe(true);
    const enrolled = box.enrolment({ places: [place] });
    expect(enrolled.need()).toBe('none');
    expect(enrolled.state).toMatchObject({ state: 'enrolled', reason: expect.stringContaining('is damaged') });
    expect(await box.enrolment({ places: [join(box.folder, 'none.json')] }).run(soon())).toBe(false);
  }, 20_000);
});
