import { randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrolBoxes, type Made } from '../../../centre/enrol/enrol.ts';
import { certificatesOf } from '../../../centre/register/certificates.ts';
import { findClaim } from '../../../centre/register/claims.ts';
import { openRegisterFile } from '../../../centre/register/register-file.ts';
import { claimProof } from '../../../firmware/contract/claim.ts';
import { centre as centreTopics, claimTopics } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { connectTo, type TestClient } from '../broker/test-client.ts';
import { csrFor, type RunningCentre, startCentre } from '../running-centre.ts';
import { claimer, claimFileAt, type RegistrarProcess, requestOf, startRegistrar } from './registrar-process.ts';

let centre: RunningCentre;
const registrars: RegistrarProcess[] = [];
let ingest: TestClient;
beforeAll(async () => {
  centre = await startCentre();
  // Two, as may be in service: a claim is granted once all the same.
  registrars.push(...(await Promise.all([startRegistrar(centre), startRegistrar(centre)])));
  ingest = await connectTo(centre.service('ingest'));
  await ingest.subscribe(centreTopics.notice);
}, 40_000);
afterAll(async () => {
  await ingest?.close();
  await Promise.all(registrars.map((one) => one.stop()));
  await centre?.stop();
});

async function enrolled(agency: string, days = 14) {
  const [made] = (await enrolBoxes({ agency, days, lang: 'en', centre: centre.folder.path })) as [Made];
  return claimFileAt(made.path);
}

function inRegister<T>(look: (register: ReturnType<typeof openRegisterFile>) => T): T {
  const register = openRegisterFile(centre.folder.file('register'));
  try {
    return look(register);
  } finally {
    register.close();
  }
}

const certificates = (box: string) => inRegister((register) => certificatesOf(register, box)).length;
const noticesOf = (box: string) => ingest.heard.map(({ body }) => JSON.parse(body)).filter((notice) => notice.box === box);

describe('a claim', () => {
  it('brings the certificate for the key of the box, and the same one again where the answer was lost', async () => {
    const claim = await enrolled('UBND huyện Cao Lộc');
    const box = await claimer(centre, claim.claim);
    const body = requestOf(claim, await csrFor(claim.box));
    const first = await box.ask(body);
    const again = await box.ask(body);
    await box.end();
    if (first.state !== 'issued') throw new Error(first.code);
    expect(again).toEqual(first);
    const certificate = new X509Certificate(first.certificate);
    expect(certificate.subject).toBe('CN=ubnd-huyen-cao-loc-1');
    expect(certificate.checkIssued(new X509Certificate(readFileSync(centre.folder.file('boxesAuthority'))))).toBe(true);
    expect(certificates(claim.box)).toBe(1);
  }, 20_000);

  it('is granted once where two ask at the same moment, and the other one is told of as a clone', async () => {
    const claim = await enrolled('Sở Y tế');
    const askers = [];
    for (let index = 0; index < 6; index++) {
      // Each takes the client id from the one before, whose request is on its way already.
      const asker = await claimer(centre, claim.claim);
      await asker.client.publishAsync(claimTopics.request(claim.claim), requestOf(claim, await csrFor(claim.box)), { qos: 1 });
      askers.push(asker);
    }
    await until(() => inRegister((register) => findClaim(register, claim.claim)?.refused) === 5, 'five refusals', 10_000);
    expect(certificates(claim.box)).toBe(1);
    await until(() => noticesOf(claim.box).some(({ kind }) => kind === 'box.clone'), 'the notice of a clone');
    await Promise.all(askers.map((asker) => asker.end()));
  }, 20_000);

  it('is worth nothing to a thief once it was used', async () => {
    const claim = await enrolled('Sở Tài chính');
    const box = await claimer(centre, claim.claim);
    expect(await box.ask(requestOf(claim, await csrFor(claim.box)))).toMatchObject({ state: 'issued' });
    expect(await box.ask(requestOf(claim, await csrFor(claim.box)))).toMatchObject({ state: 'refused', code: 'used' });
    await box.end();
    await until(() => noticesOf(claim.box).some(({ kind }) => kind === 'box.clone'), 'the notice of a clone');
  }, 20_000);

  it('is refused after its time, for another box, with a wrong proof and with a request in another name, and stays good for its box', async () => {
    const claim = await enrolled('Sở Nội vụ');
    const other = await enrolled('Sở Nội vụ');
    const [csr, csrOfOther] = [await csrFor(claim.box), await csrFor(other.box)];
    const box = await claimer(centre, claim.claim);
    const refused = async (body: string) => {
      const answer = await box.ask(body);
      return answer.state === 'refused' ? answer.code : answer.state;
    };
    const changed = (changes: object) => JSON.stringify({ ...JSON.parse(requestOf(claim, csr)), ...changes });
    expect(await refused(changed({ proof: claimProof({ ...claim, csr }, 'A'.repeat(43)) }))).toBe('proof');
    expect(await refused(changed({ csr: await csrFor(claim.box) }))).toBe('proof');
    // Proven with the right code, but of another box.
    expect(await refused(requestOf({ ...claim, box: other.box }, csrOfOther))).toBe('other-box');
    expect(await refused(requestOf(claim, csrOfOther))).toBe('csr');
    expect(await refused(requestOf(claim, csr.replace(/[A-Za-z]{8}/, 'AAAAAAAA')))).toBe('csr');
    expect(await refused(requestOf(claim, '-----BEGIN CERTIFICATE REQUEST-----\nnoise\n-----END CERTIFICATE REQUEST-----'))).toBe('csr');
    expect(certificates(claim.box)).toBe(0);
    inRegister((register) => register.prepare('update claim set expires_ms = ? where claim = ?').run(Date.now() - 1, other.claim));
    const late = await claimer(centre, other.claim);
    expect(await late.ask(requestOf(other, csrOfOther))).toMatchObject({ state: 'refused', code: 'expired' });
    expect(certificates(other.box)).toBe(0);
    expect(await refused(requestOf(claim, csr))).toBe('issued');
    await Promise.all([box.end(), late.end()]);
    await until(() => noticesOf(claim.box).some(({ kind }) => kind === 'certificate.refused'), 'the notice of refusals');
  }, 20_000);

  it('is refused for a revoked box, and a new one takes the place of those before it', async () => {
    const claim = await enrolled('Sở Công Thương');
    const [again] = (await enrolBoxes({ again: claim.box, days: 1, lang: 'en', centre: centre.folder.path })) as [Made];
    const box = await claimer(centre, claim.claim);
    expect(await box.ask(requestOf(claim, await csrFor(claim.box)))).toMatchObject({ code: 'expired' });
    const next = claimFileAt(again.path);
    const renewed = await claimer(centre, next.claim);
    const csr = await csrFor(next.box);
    expect(await renewed.ask(requestOf(next, csr))).toMatchObject({ state: 'issued' });
    inRegister((register) => register.prepare("update box set revoked_ms = 1, revoke_reason = 'lost' where box = ?").run(claim.box));
    expect(await renewed.ask(requestOf(next, csr))).toMatchObject({ code: 'revoked' });
    await Promise.all([box.end(), renewed.end()]);
  }, 20_000);

  it('is not disturbed by noise, nor by requests cut anywhere', async () => {
    const claim = await enrolled('Sở Xây dựng');
    const whole = Buffer.from(requestOf(claim, await csrFor(claim.box)));
    const box = await claimer(centre, claim.claim);
    const wrong = [randomBytes(2_000), Buffer.from('null'), Buffer.from('[]'), Buffer.from('{'.repeat(8_000))];
    for (let end = 0; end < whole.length; end += 41) wrong.push(whole.subarray(0, end));
    const answers = box.answers.length;
    for (const body of wrong) await box.client.publishAsync(claimTopics.request(claim.claim), body, { qos: 1 });
    await until(() => box.answers.length === answers + wrong.length, 'every refusal', 15_000);
    expect(box.answers.every((answer) => answer.state === 'refused' && answer.code === 'csr')).toBe(true);
    // What is far too large does not even pass the broker; whoever sent it is put out and may come again.
    const closed = new Promise<void>((resolve) => box.client.once('close', () => resolve()));
    box.client.publish(claimTopics.request(claim.claim), Buffer.alloc(100_000, 0x7b), { qos: 1 }, () => undefined);
    await closed;
    const again = await claimer(centre, claim.claim);
    expect(await again.ask(whole)).toMatchObject({ state: 'issued' });
    await again.end();
  }, 30_000);

  it('gets its answer within seconds while strangers ask for thousands of claims that nobody made', async () => {
    const claim = await enrolled('Sở Tư pháp');
    const strangers = await Promise.all(Array.from({ length: 4 }, () => claimer(centre, randomBytes(16).toString('hex'))));
    let isOver = false;
    let asked = 0;
    const flood = strangers.map(async ({ client }) => {
      const body = requestOf({ ...claim, claim: String(client.options.clientId) }, 'x');
      while (!isOver) {
        await Promise.all(
          Array.from({ length: 50 }, () => client.publishAsync(claimTopics.request(String(client.options.clientId)), body, { qos: 1 })),
        );
        asked += 50;
      }
    });
    await until(() => asked > 1_000, 'the flood', 10_000);
    const box = await claimer(centre, claim.claim);
    const startMs = performance.now();
    expect(await box.ask(requestOf(claim, await csrFor(claim.box)))).toMatchObject({ state: 'issued' });
    const tookMs = performance.now() - startMs;
    isOver = true;
    await Promise.all(flood);
    await Promise.all([...strangers, box].map((one) => one.end()));
    process.stdout.write(`a claim within ${Math.round(tookMs)} ms, in a flood of ${asked} requests\n`);
    expect(noticesOf('-').length).toBeLessThanOrEqual(registrars.length);
  }, 40_000);
});
