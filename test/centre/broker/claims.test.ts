import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { connect, type IClientOptions } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerLogTopics } from '../../../centre/broker/access.ts';
import { broadcast, centre as centreTopics, claimTopics, down, up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { type RunningCentre, startCentre } from '../running-centre.ts';
import { connectTo, proveAlive, type TestClient } from './test-client.ts';

const notAuthorised = 135;
const claimId = () => randomBytes(16).toString('hex');

describe('the broker for claims', () => {
  let centre: RunningCentre;
  let registrar: TestClient;
  let ingest: TestClient;
  let box: TestClient;

  beforeAll(async () => {
    centre = await startCentre();
    registrar = await connectTo(centre.service('registrar'));
    await registrar.subscribe(claimTopics.request('+'));
    ingest = await connectTo(centre.service('ingest'));
    await ingest.subscribe('vonggac/1/up/#', '#');
    box = await connectTo(await centre.box('hx-01'));
  });

  afterAll(async () => {
    await Promise.all([registrar, ingest, box].map((client) => client?.close()));
    await centre?.stop();
  });

  /** Anybody, with this client id. */
  function stranger(clientId: string, options: IClientOptions = {}): Promise<TestClient> {
    const { url, caFile } = centre.claims;
    // The empty ones are those that `connectTo` would read from files.
    return connectTo({ url, caFile, certFile: '/dev/null', keyFile: '/dev/null' }, { clientId, cert: '', key: '', ...options });
  }

  /** A request that passes, so that all that was sent before has been dealt with. */
  async function passesRequests(client: TestClient, claim: string): Promise<void> {
    const body = claimId();
    expect(await client.publish(claimTopics.request(claim), body)).toBe(0);
    await until(() => registrar.heard.some((heard) => heard.body === body && heard.topic === claimTopics.request(claim)), 'the request');
  }

  it('lets a box without a certificate ask for its claim and hear the answer', async () => {
    const claim = claimId();
    const client = await stranger(claim);
    await client.subscribe(claimTopics.answer(claim));
    await passesRequests(client, claim);
    expect(await registrar.publish(claimTopics.answer(claim), 'granted')).toBe(0);
    await until(() => client.heard.some(({ body }) => body === 'granted'), 'the answer');
    await client.close();
  });

  it.each([
    ['the request of another claim', claimTopics.request('f'.repeat(32))],
    ['its own answer', undefined],
    ['an alert of a box', up.alert('hx-01')],
    ['an order for a box', down.commandRequest('hx-01')],
    ['a broadcast', broadcast.centreState],
    ['a notice', centreTopics.notice],
    ['a log line', brokerLogTopics[1]],
    ['anything', 'anything'],
  ])('refuses one that writes %s', async (_what, foreign) => {
    const claim = claimId();
    const client = await stranger(claim);
    const heardBefore = ingest.heard.length + registrar.heard.length;
    expect(await client.publish(foreign ?? claimTopics.answer(claim), 'poison', { retain: false })).toBe(notAuthorised);
    await passesRequests(client, claim);
    expect([...ingest.heard, ...registrar.heard].slice(heardBefore).filter(({ body }) => body === 'poison')).toEqual([]);
    await client.close();
  });

  it('delivers nothing but its own answer, whatever is subscribed to', async () => {
    const [claim, other] = [claimId(), claimId()];
    const spy = await stranger(claim);
    const filters = [
      '#',
      '+/#',
      '$SYS/#',
      'vonggac/1/claim/#',
      claimTopics.answer('+'),
      claimTopics.answer(other),
      claimTopics.request('+'),
    ];
    await spy.subscribe(...filters, 'vonggac/1/up/#', 'vonggac/1/bcast/#', 'vonggac/1/down/#');
    const victim = await stranger(other);
    await victim.subscribe(claimTopics.answer(other));
    await passesRequests(victim, other);
    await registrar.publish(claimTopics.answer(other), 'a secret');
    await ingest.publish(broadcast.centreState, 'state');
    await until(() => victim.heard.length > 0, 'the answer of the other one');
    await proveAlive(box, 'hx-01', ingest);
    await registrar.publish(claimTopics.answer(claim), 'its own');
    await until(() => spy.heard.length > 0, 'its own answer');
    expect(new Set(spy.heard.map(({ topic, body }) => `${topic} ${body}`))).toEqual(new Set([`${claimTopics.answer(claim)} its own`]));
    await Promise.all([spy.close(), victim.close()]);
  });

  it.each(['#', '+', `${'a'.repeat(31)}#`, ''])('gives no rights to the client id %j', async (clientId) => {
    const client = await stranger(clientId).catch(() => undefined);
    for (const claim of ['a', claimId(), clientId || 'x']) {
      if (/[#+]/.test(claim)) continue;
      expect(await (client?.publish(claimTopics.request(claim)).catch(() => notAuthorised) ?? notAuthorised)).toBe(notAuthorised);
    }
    await client?.close();
  });

  it('passes nothing on for a client id that makes a topic of more levels', async () => {
    const client = await stranger('a/b');
    await client.publish(claimTopics.request('a/b'), 'stray');
    const claim = claimId();
    const other = await stranger(claim);
    await passesRequests(other, claim);
    expect(registrar.heard.filter(({ body }) => body === 'stray')).toEqual([]);
    await Promise.all([client.close(), other.close()]);
  });

  it('lets nobody put out a box, a service or the bridge by calling himself like them', async () => {
    const service = await connectTo(centre.service('watch'), { clientId: 'centre.watch' });
    for (const name of ['hx-01', 'centre.watch', 'centre.claims', 'log.filter', 'local.centre.claims', 'claims']) {
      const impostor = await stranger(name);
      expect(await impostor.publish(up.alert('hx-01'))).toBe(notAuthorised);
      await impostor.close();
    }
    expect([box.isOpen, service.isOpen]).toEqual([true, true]);
    await proveAlive(box, 'hx-01', ingest);
    const claim = claimId();
    const client = await stranger(claim);
    await passesRequests(client, claim);
    await Promise.all([client.close(), service.close()]);
  });

  it('keeps nothing: neither retained messages, nor more than a claim needs', async () => {
    const claim = claimId();
    const client = await stranger(claim);
    await expect(client.publish(claimTopics.request(claim), 'poison', { retain: true })).rejects.toThrow();
    const large = await stranger(claimId());
    await expect(large.publish(claimTopics.request(claim), 'x'.repeat(30_000))).rejects.toThrow();
    const late = await connectTo(centre.service('registrar'));
    await late.subscribe(claimTopics.request('+'));
    const again = await stranger(claim);
    await passesRequests(again, claim);
    await until(() => late.heard.length > 0, 'the request');
    expect(late.heard.filter(({ retain, body }) => retain || body === 'poison')).toEqual([]);
    await Promise.all([late.close(), again.close(), client.close(), large.close()]);
  });

  it('takes requests again after either of the two brokers was killed', async () => {
    for (const which of ['claims', 'broker'] as const) {
      await registrar.close();
      await centre.broker.kill(which);
      await centre.broker.start();
      registrar = await connectTo(centre.service('registrar'));
      await registrar.subscribe(claimTopics.request('+'));
      const claim = claimId();
      const client = await stranger(claim);
      const endMs = Date.now() + 12_000;
      // A bridge that waits to connect again may drop what it cannot hold; a box asks again.
      while (!registrar.heard.some(({ body }) => body === 'again') && Date.now() < endMs) {
        await client.publish(claimTopics.request(claim), 'again');
        await sleep(50);
      }
      expect(registrar.heard.some(({ body }) => body === 'again')).toBe(true);
      await client.close();
    }
    await Promise.all([ingest.close(), box.close()]);
    ingest = await connectTo(centre.service('ingest'));
    await ingest.subscribe('vonggac/1/up/#');
    box = await connectTo(await centre.box('hx-01'));
  });

  it('speaks TLS 1.3 only, with the certificate that the boxes pin', async () => {
    const ca = readFileSync(centre.claims.caFile);
    const port = centre.centre.claimPort;
    const old = connectTls({ host: '127.0.0.1', port, ca, maxVersion: 'TLSv1.2' });
    await expect(new Promise((_resolve, reject) => old.once('error', reject))).rejects.toThrow(/alert|version/i);
    const plain = connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 0, clientId: claimId() });
    plain.on('error', () => undefined);
    await new Promise<void>((resolve) => plain.once('close', () => resolve()));
    expect(plain.connected).toBe(false);
  });

  it('is no way in for a certificate of a box or a service to more than a claim', async () => {
    for (const access of [centre.service('ingest'), await centre.box('hx-01')]) {
      const client = await connectTo({ ...access, url: centre.claims.url }, { clientId: claimId() });
      expect(await client.publish(up.alert('hx-01'))).toBe(notAuthorised);
      expect(await client.publish(down.ack('hx-01'))).toBe(notAuthorised);
      await client.close();
    }
  });
});
