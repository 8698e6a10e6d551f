import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificatesOf, certificateWithSerial } from '../../../centre/register/certificates.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { csrFor } from '../running-centre.ts';
import { type OwnedBroker, renewalOf, serialIn, startOwnedBroker, type TestBox } from './owned-broker.ts';

const dayMs = 86_400_000;
let owned: OwnedBroker;
beforeAll(async () => {
  owned = await startOwnedBroker();
}, 20_000);
afterAll(() => owned?.stop());

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const certificates = (box: string) => certificatesOf(owned.register, box).length;
const code = async (box: string, body: object | string) => {
  const answer = await owned.ask(box, typeof body === 'string' ? body : JSON.stringify(body));
  return answer.state === 'refused' ? answer.code : answer.state;
};

describe('the renewal of a certificate', () => {
  it('is granted to whoever signs with the key in force, and the same request again gets the same certificate', async () => {
    const box = await owned.newBox('box-renews');
    const body = JSON.stringify(renewalOf(box, await csrFor(box.box)));
    const first = await owned.ask(box.box, body);
    expect(serialIn(first)).not.toBe(box.serial);
    expect(await owned.ask(box.box, body)).toEqual(first);
    expect(certificates(box.box)).toBe(2);
  });

  it('ends the former certificate only when the new one is in use, and for good', async () => {
    const box = await owned.newBox('box-confirms');
    const keys = newKeys();
    const serial = serialIn(await owned.ask(box.box, JSON.stringify(renewalOf(box, await csrFor(box.box, keys)))));
    expect(certificateWithSerial(owned.register, box.serial)?.revokedMs).toBeUndefined();
    const confirmation = JSON.stringify(renewalOf({ box: box.box, ...keys, serial }, await csrFor(box.box, keys)));
    expect(serialIn(await owned.ask(box.box, confirmation))).toBe(serial);
    expect(owned.ended).toEqual([box.serial]);
    expect(certificateWithSerial(owned.register, box.serial)?.revokedMs).toBeDefined();
    expect(await code(box.box, renewalOf(box, await csrFor(box.box)))).toBe('revoked');
    // The confirmation once more says nothing new.
    expect(serialIn(await owned.ask(box.box, confirmation))).toBe(serial);
    expect(owned.ended).toEqual([box.serial]);
  });

  it('is given a few times a day, and no more until the next', async () => {
    const box = await owned.newBox('box-hasty');
    for (let count = 0; count < 6; count++) expect(await code(box.box, renewalOf(box, await csrFor(box.box)))).toBe('issued');
    expect(await code(box.box, renewalOf(box, await csrFor(box.box)))).toBe('later');
    owned.nowMs += dayMs + 1;
    expect(await code(box.box, renewalOf(box, await csrFor(box.box)))).toBe('issued');
  });
});

describe('an attacker who owns the broker', () => {
  let victim: TestBox;
  let thief: TestBox;
  beforeAll(async () => {
    victim = await owned.newBox('victim');
    thief = await owned.newBox('thief');
  });

  it('gets no certificate by a forged renewal, in whatever way', async () => {
    const csr = await csrFor(victim.box);
    const forged = renewalOf({ ...victim, privateKey: newKeys().privateKey }, csr);
    expect(await code(victim.box, forged)).toBe('proof');
    // Signed well, by the key of another box.
    expect(await code(victim.box, renewalOf({ ...thief, box: victim.box }, csr))).toBe('unknown');
    expect(await code(victim.box, renewalOf({ ...victim, privateKey: thief.privateKey }, csr))).toBe('proof');
    expect(await code(thief.box, renewalOf({ ...thief, box: victim.box }, csr))).toBe('other-box');
    // A box that is one of ours, for another name.
    expect(await code(thief.box, renewalOf(thief, csr))).toBe('csr');
    // The key of another box.
    expect(await code(thief.box, renewalOf(thief, await csrFor(thief.box, victim)))).toBe('csr');
    const good = renewalOf(victim, csr);
    expect(await code(victim.box, { ...good, csr: await csrFor(victim.box) })).toBe('proof');
    expect(await code(victim.box, { ...good, serial: 'abcdef' })).toBe('unknown');
    expect(await code(victim.box, { ...good, signature: 'AAAA' })).toBe('proof');
    expect(certificates(victim.box) + certificates(thief.box)).toBe(2);
    await until(() => owned.notices.some(({ kind, box }) => kind === 'certificate.refused' && box === victim.box), 'the notice');
  });

  it('gets nothing new by a replay of an old request, and nothing at all once that certificate has ended', async () => {
    const box = await owned.newBox('box-replayed');
    const keys = newKeys();
    const old = JSON.stringify(renewalOf(box, await csrFor(box.box, keys)));
    const serial = serialIn(await owned.ask(box.box, old));
    expect(serialIn(await owned.ask(box.box, old))).toBe(serial);
    const later = newKeys();
    const next = serialIn(
      await owned.ask(box.box, JSON.stringify(renewalOf({ ...keys, box: box.box, serial }, await csrFor(box.box, later)))),
    );
    await owned.ask(box.box, JSON.stringify(renewalOf({ ...later, box: box.box, serial: next }, await csrFor(box.box, later))));
    expect(await code(box.box, old)).toBe('revoked');
    expect(certificates(box.box)).toBe(3);
  });

  it('gets nothing for a revoked box, for an expired certificate, and no answer for a box that nobody knows', async () => {
    const box = await owned.newBox('box-revoked');
    const request = renewalOf(box, await csrFor(box.box));
    owned.register.prepare('update box set revoked_ms = 1 where box = ?').run(box.box);
    expect(await code(box.box, request)).toBe('revoked');
    owned.register.prepare('update box set revoked_ms = null where box = ?').run(box.box);
    owned.register.prepare('update certificate set not_after_ms = ? where serial = ?').run(owned.nowMs - 1, box.serial);
    expect(await code(box.box, request)).toBe('expired');
    await owned.attacker.publishAsync(up.certificateRequest('nobody'), JSON.stringify({ ...request, box: 'nobody' }), { qos: 1 });
    expect(await code(box.box, 'noise')).toBe('csr');
    expect(certificates(box.box)).toBe(1);
  });

  it('cannot upset the registrar with requests cut anywhere, noise and foreign bytes', { timeout: 30_000 }, async () => {
    const box = await owned.newBox('box-noise');
    const whole = Buffer.from(JSON.stringify(renewalOf(box, await csrFor(box.box))));
    const renewals = owned.registrar.counts.renewals ?? 0;
    let asked = 0;
    const ask = async (body: Buffer) => {
      asked++;
      await owned.attacker.publishAsync(up.certificateRequest(box.box), body, { qos: 1 });
    };
    for (let end = 0; end < whole.length; end += 7) await ask(whole.subarray(0, end));
    for (let flips = 0; flips < 100; flips++) {
      const flipped = Buffer.from(whole);
      const at = Math.floor(Math.random() * whole.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (flips % 8));
      await ask(flipped);
      await owned.attacker.publishAsync(up.presence(box.box), randomBytes(300), { qos: 1 });
      await owned.attacker.publishAsync(up.configReported(box.box), randomBytes(300), { qos: 1, retain: true });
    }
    await ask(randomBytes(1_000_000));
    await until(() => owned.registrar.counts.renewals === renewals + asked, 'all of the noise');
    await until(() => (owned.registrar.counts.reportsRefused ?? 0) > 0, 'the reports');
    // Answers to the noise are on their way: the next one must be that to the last word.
    await until(() => owned.answersTo(box.box) === asked, 'its answers');
    const before = certificates(box.box);
    expect(before).toBeLessThanOrEqual(2);
    expect(await code(box.box, whole.toString('utf8'))).toBe('issued');
    expect(certificates(box.box)).toBe(2);
  });
});
