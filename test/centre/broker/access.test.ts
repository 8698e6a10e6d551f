import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerLogTopics } from '../../../centre/broker/access.ts';
import { broadcast, centre, claimTopics, down, up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { type CentreBroker, startCentreBroker } from './centre-broker.ts';
import { connectTo, proveAlive, type TestClient } from './test-client.ts';

const notAuthorised = 135;

/** Every topic of the table that a box writes, by its name there. */
const ownTopics: Record<keyof typeof up, string> = {
  presence: up.presence('hx-01'),
  alert: up.alert('hx-01'),
  health: up.health('hx-01'),
  loss: up.loss('hx-01'),
  evidence: up.evidence('hx-01', 'an-alert', 0),
  configReported: up.configReported('hx-01'),
  commandResponse: up.commandResponse('hx-01'),
  intelReported: up.intelReported('hx-01'),
  certificateRequest: up.certificateRequest('hx-01'),
};

describe('the rights at the centre’s broker', () => {
  let broker: CentreBroker;
  let box: TestClient;
  let ingest: TestClient;
  let director: TestClient;

  beforeAll(async () => {
    broker = await startCentreBroker();
    ingest = await connectTo(await broker.service('centre.ingest'));
    await ingest.subscribe('vonggac/1/up/#', broadcast.centreState);
    director = await connectTo(await broker.service('centre.director'));
    box = await connectTo(await broker.box('hx-01'), { clientId: 'hx-01' });
  });

  afterAll(async () => {
    await Promise.all([box, ingest, director].map((client) => client?.close()));
    await broker?.stop();
  });

  const seen = (kind: string, topic: string) => broker.events().some((event) => event.kind === kind && event.topic === topic);

  it('let a box write every topic of the table that is its own', async () => {
    for (const topic of Object.values(ownTopics)) {
      expect([topic, await box.publish(topic, topic)]).toEqual([topic, 0]);
      await until(() => ingest.heard.some(({ body }) => body === topic), topic);
    }
  });

  it('let a box hear its own orders and what is told to all', async () => {
    const listener = await connectTo(await broker.box('hx-05'));
    await listener.subscribe(down.ack('hx-05'), down.configDesired('hx-05'), down.commandRequest('hx-05'), 'vonggac/1/bcast/#');
    expect(await ingest.publish(down.ack('hx-05'), 'ack')).toBe(0);
    expect(await director.publish(down.configDesired('hx-05'), 'desired', { retain: true })).toBe(0);
    expect(await director.publish(down.commandRequest('hx-05'), 'order')).toBe(0);
    expect(await director.publish(broadcast.intel('stable'), 'intel', { retain: true })).toBe(0);
    expect(await ingest.publish(broadcast.centreState, 'state', { retain: true })).toBe(0);
    await until(() => listener.heard.length >= 5, 'five messages');
    expect(listener.heard.map(({ body }) => body).toSorted()).toEqual(['ack', 'desired', 'intel', 'order', 'state']);
    await listener.close();
  });

  it.each([
    up.alert('hx-02'),
    up.presence('hx-02'),
    up.evidence('hx-02', 'a', 0),
    down.ack('hx-01'),
    down.configDesired('hx-01'),
    down.commandRequest('hx-02'),
    broadcast.centreState,
    broadcast.intel('stable'),
    centre.alert('hx-01'),
    centre.notice,
    claimTopics.answer('c'),
    claimTopics.request('c'),
    brokerLogTopics[1],
    'vonggac/1/up/hx-01/alert/more',
    'vonggac/1/up/hx-01',
    'vonggac/1/up/hx-01/evidence/a/0/more',
    '$SYS/broker/log/E',
    'anything',
  ])('refuse a box that publishes to %s, and show it', async (topic) => {
    ingest.heard.length = 0;
    expect(await box.publish(topic, 'poison', { retain: true })).toBe(notAuthorised);
    await until(() => seen('publish-denied', topic), 'the refusal in the log');
    await proveAlive(box, 'hx-01', ingest);
    expect(ingest.heard.filter(({ body }) => body === 'poison')).toEqual([]);
    // Nor does it lie in wait for who comes later.
    const later = await connectTo(await broker.box('hx-02'));
    await later.subscribe('#', 'vonggac/1/down/hx-02/#', 'vonggac/1/bcast/#');
    await proveAlive(later, 'hx-02', ingest);
    expect(later.heard.filter(({ body }) => body === 'poison')).toEqual([]);
    await later.close();
  });

  it('deliver nothing of others to a box, whatever it subscribes to, and show it', async () => {
    const filters = ['#', '+/#', 'vonggac/1/down/hx-03/#', 'vonggac/1/down/+/ack', 'vonggac/1/up/#', 'vonggac/1/centre/#', '$SYS/#'];
    await box.subscribe(...filters, '$share/group/vonggac/1/down/#', '$share/ingest/vonggac/1/up/#');
    const other = await connectTo(await broker.box('hx-03'));
    await other.subscribe(down.ack('hx-03'));
    await director.publish(down.configDesired('hx-03'), 'a secret', { retain: true });
    await ingest.publish(down.ack('hx-03'), 'for hx-03');
    await proveAlive(other, 'hx-03', ingest);
    // The retained one too: a subscription made now would be served from the broker's memory.
    await box.subscribe(down.configDesired('hx-03'));
    await until(() => other.heard.length > 0, 'the ack');
    await ingest.publish(down.ack('hx-01'), 'for hx-01');
    await until(() => box.heard.some(({ body }) => body === 'for hx-01'), 'its own');
    const allowed = /^vonggac\/1\/(down\/hx-01|bcast)\//;
    expect(box.heard.filter(({ topic }) => !allowed.test(topic))).toEqual([]);
    // What is its own is no news.
    expect(broker.events().filter(({ client }) => client === 'hx-03')).toEqual([]);
    for (const filter of [...filters, '$share/group/vonggac/1/down/#', down.configDesired('hx-03')])
      await until(() => seen('subscription-foreign', filter), `${filter} in the log`);
    await other.close();
  });

  // Mosquitto has no right of subscribing: a member of a group that may not read takes its share all the same, and it is lost.
  it('show a box that joins a shared subscription, which takes nothing from a group whose name it cannot know', async () => {
    const worker = await connectTo(await broker.service('centre.ingest'));
    await worker.subscribe('$share/a-name-kept-secret/vonggac/1/up/#');
    const thief = await connectTo(await broker.box('hx-04'));
    await thief.subscribe('$share/ingest/vonggac/1/up/#', '$share/+/vonggac/1/up/#').catch(() => undefined);
    const bodies = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    for (const body of bodies) expect(await box.publish(up.alert('hx-01'), body)).toBe(0);
    await until(() => bodies.every((body) => worker.heard.some((heard) => heard.body === body)), 'every message');
    expect(thief.heard).toEqual([]);
    await until(() => seen('subscription-foreign', '$share/ingest/vonggac/1/up/#'), 'the subscription in the log');
    await Promise.all([worker.close(), thief.close()]);
  });

  it('drop a will on a foreign topic, and show it; keep one on its own', async () => {
    const topic = up.presence('hx-02');
    for (const will of [topic, up.presence('hx-06')]) {
      const dying = await connectTo(await broker.box('hx-06'), {
        will: { topic: will, payload: Buffer.from('gone'), qos: 1, retain: true },
      });
      dying.client.stream.destroy();
      await until(() => !dying.isOpen, 'the end of the connection');
    }
    await until(() => ingest.heard.some(({ body, topic: at }) => body === 'gone' && at === up.presence('hx-06')), 'its own will');
    expect(ingest.heard.filter(({ body, topic: at }) => body === 'gone' && at === topic)).toEqual([]);
    await until(() => seen('will-denied', topic), 'the will in the log');
    expect(seen('will-denied', up.presence('hx-06'))).toBe(false);
  });

  it('give a box the client id of its certificate, whatever it calls itself', async () => {
    const impostor = await connectTo(await broker.box('hx-07'), { clientId: 'hx-01', username: 'hx-01', password: 'x' });
    expect(await impostor.publish(up.alert('hx-01'))).toBe(notAuthorised);
    await proveAlive(impostor, 'hx-07', ingest);
    expect(box.isOpen).toBe(true);
    await proveAlive(box, 'hx-01', ingest);
    await impostor.close();
  });

  it('give each service no more than its work needs', async () => {
    const [watch, registrar, claims] = await Promise.all(
      (['centre.watch', 'centre.registrar', 'centre.claims'] as const).map(async (name) => connectTo(await broker.service(name))),
    );
    if (watch === undefined || registrar === undefined || claims === undefined) throw new Error('no client');
    const ways: [TestClient, string, number][] = [
      [ingest, down.ack('hx-01'), 0],
      [ingest, centre.alert('hx-01'), 0],
      [ingest, up.evidence('hx-01', 'a', 0), 0],
      [ingest, up.alert('hx-01'), notAuthorised],
      [ingest, down.configDesired('hx-01'), notAuthorised],
      [ingest, down.commandRequest('hx-01'), notAuthorised],
      [ingest, broadcast.intel('stable'), notAuthorised],
      [director, down.configDesired('hx-01'), 0],
      [director, down.commandRequest('hx-01'), 0],
      [director, broadcast.intel('stable'), 0],
      [director, down.ack('hx-01'), notAuthorised],
      [registrar, claimTopics.answer('c'), 0],
      [registrar, down.certificateAnswer('hx-01'), 0],
      [registrar, centre.notice, 0],
      [registrar, claimTopics.request('c'), notAuthorised],
      [registrar, down.configDesired('hx-01'), notAuthorised],
      [registrar, down.commandRequest('hx-01'), notAuthorised],
      [registrar, down.ack('hx-01'), notAuthorised],
      [registrar, centre.alert('hx-01'), notAuthorised],
      [claims, claimTopics.request('c'), 0],
      [claims, claimTopics.answer('c'), notAuthorised],
      [claims, centre.notice, notAuthorised],
      [claims, up.alert('hx-01'), notAuthorised],
      [ingest, centre.notice, notAuthorised],
      [ingest, claimTopics.answer('c'), notAuthorised],
      [director, broadcast.centreState, notAuthorised],
      [director, up.alert('hx-01'), notAuthorised],
      ...[down.ack('hx-01'), up.alert('hx-01'), centre.alert('hx-01'), broadcast.centreState].map((topic): [TestClient, string, number] => [
        watch,
        topic,
        notAuthorised,
      ]),
    ];
    for (const [client, topic, code] of ways) expect([topic, await client.publish(topic, '')]).toEqual([topic, code]);
    await watch.subscribe(up.alert('hx-01'), centre.everyAlert, 'vonggac/1/down/#');
    await proveAlive(box, 'hx-01', watch);
    watch.heard.length = 0;
    await ingest.publish(centre.alert('hx-01'), 'an alert of the centre');
    await ingest.publish(down.ack('hx-01'), 'not for it');
    await proveAlive(box, 'hx-01', watch);
    expect(watch.heard.map(({ topic }) => topic)).toEqual([centre.alert('hx-01'), up.alert('hx-01')]);
    await Promise.all([watch, registrar, claims].map((client) => client.close()));
  });

  it('bring to the registrar what it is for, its notices to ingest, and to neither nor the bridge anything more', async () => {
    const names = ['centre.registrar', 'centre.claims', 'centre.ingest'] as const;
    const [registrar, claims, worker] = await Promise.all(names.map(async (name) => connectTo(await broker.service(name))));
    if (registrar === undefined || claims === undefined || worker === undefined) throw new Error('no client');
    for (const client of [registrar, claims]) await client.subscribe('vonggac/#');
    await worker.subscribe(centre.notice);
    const sent = [up.configReported, up.intelReported, up.commandResponse, up.certificateRequest, up.health, up.loss].map((topic) =>
      topic('hx-01'),
    );
    for (const topic of sent) expect(await box.publish(topic)).toBe(0);
    await claims.publish(claimTopics.request('c'));
    await registrar.publish(claimTopics.answer('c'));
    await registrar.publish(centre.notice);
    await director.publish(down.configDesired('hx-01'));
    await until(() => worker.heard.length > 0, 'the notice');
    await until(() => claims.heard.length > 0, 'the answer');
    await proveAlive(box, 'hx-01', ingest);
    expect(registrar.heard.filter(({ retain }) => !retain).map(({ topic }) => topic)).toEqual([
      ...sent.slice(0, 4),
      claimTopics.request('c'),
    ]);
    expect(claims.heard.map(({ topic }) => topic)).toEqual([claimTopics.answer('c')]);
    expect(worker.heard.map(({ topic }) => topic)).toEqual([centre.notice]);
    await Promise.all([registrar, claims, worker].map((client) => client.close()));
  });

  it('bring every refusal to whoever listens to the broker’s log', async () => {
    const listener = await connectTo(await broker.service('centre.ingest'));
    await listener.subscribe(...brokerLogTopics);
    await box.publish(up.alert('hx-66'));
    await until(() => listener.heard.some(({ body }) => body.includes('Denied PUBLISH') && body.includes('hx-66')), 'the refusal');
    // After a reload too, which cuts off clients without a name at other brokers' set-ups.
    await broker.reload();
    await box.publish(up.alert('hx-77'));
    await until(() => listener.heard.some(({ body }) => body.includes('Denied PUBLISH') && body.includes('hx-77')), 'the refusal');
    await listener.close();
  });
});
