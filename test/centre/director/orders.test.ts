import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awaitReports, watchReports } from '../../../centre/director/await-reports.ts';
import { latestOrder, orderConfig, ordersOf } from '../../../centre/director/config-orders.ts';
import { sendOrders } from '../../../centre/director/send-orders.ts';
import { judgeDesired } from '../../../firmware/agent/config/desired-order.ts';
import { hashOfConfig } from '../../../firmware/contract/config-message.ts';
import { down, up } from '../../../firmware/contract/topics.ts';
import { settingsFaults } from '../../../firmware/settings.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { connectTo } from '../broker/test-client.ts';
import { DirectorCentre } from './director-centre.ts';

describe('orders', { timeout: 60_000 }, () => {
  let centre: DirectorCentre;
  beforeAll(async () => {
    centre = await DirectorCentre.start();
  }, 60_000);
  afterAll(() => centre.stop());

  const set = (box: string, document: object) => centre.run(['config', 'set', box, '-', '--json'], JSON.stringify(document));

  it('never share a number where officers order at once, and the newest is what the broker keeps', async () => {
    const box = await centre.box('busy-box');
    const runs = await Promise.all([1, 2, 3, 4].map((hostsMax) => set('busy-box', { hostsMax: 1000 + hostsMax })));
    const seqs = runs.map(({ out }) => (JSON.parse(out) as { seq: number }).seq).sort();
    expect(seqs).toEqual([1, 2, 3, 4]);
    const newest = latestOrder(centre.director().register, 'busy-box');
    await until(() => box.orders.at(-1)?.seq === 4, 'the newest order at the box');
    await box.close();
    const back = await connectTo(await centre.broker.box('busy-box'), { clientId: 'busy-box' });
    await back.subscribe(down.configDesired('busy-box'));
    await until(() => back.heard.length === 1, 'the retained order');
    expect(back.heard[0]?.body).toBe(newest?.envelope);
    await back.close();
  });

  it('are mended by republish where the program was killed between register and broker', async () => {
    const box = await centre.box('torn-box');
    const director = centre.director();
    const { register } = director;
    // What a program that was killed leaves: recorded, and not sent.
    orderConfig(register, await director.key(), { boxes: ['torn-box'], change: () => ({ settings: { lang: 'en' } }) });
    const history = await centre.run(['config', 'history', 'torn-box']);
    expect(history.out).toContain('NOT SENT');
    const ran = await centre.run(['config', 'republish', 'torn-box']);
    expect(ran).toMatchObject({ status: 0, out: 'Orders sent again: 1, of which renewed: 0\n' });
    await until(() => box.orders.length === 1, 'the order');
    expect(latestOrder(register, 'torn-box')?.publishedMs).toEqual(expect.any(Number));
  });

  it('survive a kill at any moment: the register holds them whole, and republish sends them', async () => {
    centre.register('kill-box');
    const { register } = centre.director();
    const director = centre.director();
    const link = await director.link();
    for (let trial = 0; trial < 8; trial++) {
      const kill = new AbortController();
      const running = centre.run(['config', 'set', 'kill-box', '-', '--no-wait'], JSON.stringify({ hostsMax: 1000 + trial }), kill.signal);
      setTimeout(() => kill.abort('SIGKILL'), 150 + trial * 40);
      await running;
    }
    const orders = ordersOf(register, 'kill-box');
    expect(orders.map(({ seq }) => seq)).toEqual(orders.map((_order, index) => orders.length - index));
    for (const { desired, hash } of orders) expect(hashOfConfig(desired)).toBe(hash);
    if (orders.length === 0) return;
    expect(await sendOrders(register, link, ['kill-box'])).toMatchObject({ sent: ['kill-box'] });
    const box = await centre.connect('kill-box');
    await until(() => box.orders.at(-1)?.seq === orders[0]?.seq, 'the newest order');
  });

  it('keep the release that was ordered before, and are renewed before they expire', async () => {
    const box = await centre.box('kept-box');
    const director = centre.director();
    const release = { channel: 'main', version: 7, sha256: 'a'.repeat(64) };
    orderConfig(director.register, await director.key(), {
      boxes: ['kept-box'],
      change: (current) => ({ ...current, release }),
      lifetimeMs: 3_600_000,
    });
    expect((await set('kept-box', { lang: 'en' })).status).toBe(0);
    expect(box.orders.at(-1)).toMatchObject({ seq: 2, settings: { lang: 'en' }, release });
    const ran = await centre.run(['config', 'republish', 'kept-box', '--renew-within', '60d', '--json']);
    expect(JSON.parse(ran.out)).toEqual({ box: 'kept-box', seq: 3, renewed: true, sent: true });
    await until(() => box.orders.at(-1)?.seq === 3, 'the renewed order');
    expect(box.orders.at(-1)).toMatchObject({ settings: { lang: 'en' }, release });
  });

  it('are what the judge of a box takes for its own, and for nobody else', async () => {
    const director = centre.director();
    const key = await director.key();
    for (const id of ['judge-box-1', 'judge-box-2']) centre.register(id);
    const change = () => ({ settings: { lang: 'en', indicators: [{ value: 'evil.example', comment: 'now' }] } });
    const [one, two] = orderConfig(director.register, key, { boxes: ['judge-box-1', 'judge-box-2'], change, comment: 'why', author: 'an' });
    const judge = { box: 'judge-box-1', keys: [key.publicKey], check: settingsFaults };
    expect(judgeDesired(Buffer.from(one?.envelope ?? ''), judge, undefined)).toMatchObject({
      kind: 'order',
      signed: { order: one?.desired },
    });
    expect(judgeDesired(Buffer.from(two?.envelope ?? ''), judge, undefined)).toMatchObject({
      refused: { errors: [{ code: 'other-box' }] },
    });
    const stranger = { ...judge, keys: [generateKeyPairSync('ed25519').publicKey] };
    expect(judgeDesired(Buffer.from(one?.envelope ?? ''), stranger, undefined)).toMatchObject({
      refused: { errors: [{ code: 'foreign-signature' }] },
    });
  });

  it('are refused as a whole where one is too large to be sent', async () => {
    for (const id of ['size-box-1', 'size-box-2']) centre.register(id);
    const director = centre.director();
    const key = await director.key();
    const change = (_current: object, box: string) => ({ settings: box === 'size-box-2' ? { agency: 'x'.repeat(200_000) } : {} });
    expect(() => orderConfig(director.register, key, { boxes: ['size-box-1', 'size-box-2'], change })).toThrow(/at most \d+ can be sent/);
    expect(latestOrder(director.register, 'size-box-1')).toBeUndefined();
  });

  it('are recorded for nobody where the broker is away, and the reason is one line', async () => {
    centre.register('dark-box');
    await centre.broker.kill('SIGTERM');
    try {
      const ran = await set('dark-box', {});
      expect(ran).toMatchObject({ status: 2, out: '' });
      expect(ran.err).toMatch(/^vonggac-centre: the broker at mqtts:\S+ is away \(.*ECONNREFUSED.*\): is it running\?\n$/);
      expect(latestOrder(centre.director().register, 'dark-box')).toBeUndefined();
    } finally {
      await centre.broker.restart();
    }
  });

  it('that meet a broker in the middle of a restart are sent and answered when it is back', async () => {
    const director = centre.director();
    const before = await centre.box('wait-box');
    const link = await director.link();
    const orders = orderConfig(director.register, await director.key(), { boxes: ['wait-box'], change: () => ({ settings: {} }) });
    const watch = await watchReports(link, orders, { timeoutMs: 30_000 });
    await centre.broker.kill();
    await until(() => !before.client.isOpen, 'the end of the connection');
    const sending = sendOrders(director.register, link, ['wait-box']);
    await sleep(300);
    await centre.broker.restart();
    await centre.connect('wait-box');
    expect(await sending).toEqual({ sent: ['wait-box'], failed: new Map() });
    expect(await watch.done).toMatchObject([{ box: 'wait-box', state: 'applied' }]);
  });

  it('are told as not sent where the broker takes none, and stay in the register', async () => {
    const director = centre.director();
    centre.register('deaf-box');
    const [order] = orderConfig(director.register, await director.key(), { boxes: ['deaf-box'], change: () => ({ settings: {} }) });
    const link = await director.link();
    const watch = await watchReports(link, [order!], { timeoutMs: 5_000 });
    const stop = AbortSignal.abort();
    const { failed } = await sendOrders(director.register, link, ['deaf-box'], stop);
    expect([...failed]).toEqual([['deaf-box', 'interrupted']]);
    for (const [box, why] of failed) watch.notSent(box, why);
    expect(await watch.done).toMatchObject([{ box: 'deaf-box', state: 'not-sent', reason: 'interrupted' }]);
    expect(latestOrder(director.register, 'deaf-box')?.publishedMs).toBeUndefined();
  });

  it('are not taken for applied by the word of a box that lies', async () => {
    const director = centre.director();
    const hash = 'f'.repeat(64);
    const lies: Record<string, (honest: object) => object | string | Buffer> = {
      'other-seq-box': (honest) => ({ ...honest, seq: 999, running: { seq: 1, hash } }),
      'other-hash-box': (honest) => ({ ...honest, running: { seq: 1, hash } }),
      'other-name-box': (honest) => ({ ...honest, box: 'other-seq-box' }),
      'noise-box': () => '{"schema":"config-reported/1"',
      'deep-box': () => '['.repeat(100_000),
      'huge-box': () => Buffer.alloc(250 * 1024, 'x'),
      'old-box': (honest) => ({ ...honest, seq: 0, running: {} }),
      'wrong-state-box': (honest) => ({ ...honest, state: 'perfect' }),
    };
    const names = Object.keys(lies);
    for (const [name, lie] of Object.entries(lies)) await centre.box(name, { report: (_order, honest) => lie(honest) });
    await centre.box('honest-box');
    const orders = orderConfig(director.register, await director.key(), {
      boxes: [...names, 'honest-box'],
      change: () => ({ settings: {} }),
    });
    const link = await director.link();
    const watch = await watchReports(link, orders, { timeoutMs: 1_500 });
    await sendOrders(director.register, link, [...names, 'honest-box']);
    const outcomes = await watch.done;
    expect(outcomes.filter(({ state }) => state === 'applied').map(({ box }) => box)).toEqual(['honest-box']);
    expect(outcomes.filter(({ state }) => state !== 'applied').map(({ state }) => state)).toEqual(names.map(() => 'silent'));
  });

  it('are not disturbed by a box that sends more than the broker takes, nor by one that speaks for another', async () => {
    const victim = await centre.box('victim-box');
    const attacker = await centre.connect('attacker-box');
    const lie = { schema: 'config-reported/1', box: 'victim-box', ts: new Date().toISOString(), seq: 1, state: 'rejected', running: {} };
    expect(await attacker.client.publish(up.configReported('victim-box'), JSON.stringify(lie))).toBe(135);
    await attacker.client.publish(up.configReported('attacker-box'), Buffer.alloc(10_000_000)).catch(() => undefined);
    const director = centre.director();
    const orders = orderConfig(director.register, await director.key(), { boxes: ['victim-box'], change: () => ({ settings: {} }) });
    const link = await director.link();
    await sendOrders(director.register, link, ['victim-box']);
    // Reports are retained: it does not matter that nobody listened when it came.
    await until(() => victim.orders.length === 1, 'the order');
    expect(await awaitReports(link, orders, { timeoutMs: 5_000 })).toMatchObject([{ box: 'victim-box', state: 'applied' }]);
  });
});
