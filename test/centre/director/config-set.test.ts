import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latestOrder, ordersOf } from '../../../centre/director/config-orders.ts';
import { down } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { connectTo } from '../broker/test-client.ts';
import { DirectorCentre } from './director-centre.ts';

const outcomes = (out: string) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('vonggac-centre config set', { timeout: 60_000 }, () => {
  let centre: DirectorCentre;
  beforeAll(async () => {
    centre = await DirectorCentre.start();
  }, 60_000);
  afterAll(() => centre.stop());

  it('orders settings, and ends once the box has applied them', async () => {
    const box = await centre.box('lone-box', {});
    const file = centre.file('settings.json', { agency: 'UBND xã Mẫu', lang: 'en' });
    const ran = await centre.run(['config', 'set', 'lone-box', file, '--comment', 'for a trial', '--author', 'an.nguyen']);
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(ran.out).toMatch(/^lone-box {2}order 1: applied \(\d+\.\d s\)\n1 box: 1 applied\n$/);
    expect(box.orders).toMatchObject([
      { box: 'lone-box', seq: 1, settings: { agency: 'UBND xã Mẫu', lang: 'en' }, author: 'an.nguyen', comment: 'for a trial' },
    ]);
    expect(latestOrder(centre.director().register, 'lone-box')).toMatchObject({
      seq: 1,
      author: 'an.nguyen',
      publishedMs: expect.any(Number),
    });
  });

  it('says what a new document no longer names, since a document is the whole of what is ordered', async () => {
    await centre.box('twice-box');
    const urgent = { indicators: [{ value: 'evil.example', comment: 'letter 12' }], lang: 'vi' };
    expect((await centre.run(['config', 'set', 'twice-box', '-'], JSON.stringify(urgent))).err).toBe('');
    const ran = await centre.run(['config', 'set', 'twice-box', '-'], '{"lang":"en"}');
    expect(ran).toMatchObject({
      status: 0,
      err: 'vonggac-centre: note: ordered before and not named by the new document, so no longer ordered: indicators[evil.example]\n',
    });
  });

  it('keeps the order at the broker for a box that is away, and does not wait for it', async () => {
    await centre.box('here-box', {}, 'pair');
    centre.register('away-box', 'pair');
    const ran = await centre.run(['config', 'set', '--tag', 'pair', '-', '--json'], '{"lang":"vi"}');
    expect(ran).toMatchObject({ status: 1, err: '' });
    expect(outcomes(ran.out)).toMatchObject([
      { box: 'away-box', seq: 1, state: 'away' },
      { box: 'here-box', seq: 1, state: 'applied' },
    ]);
    const late = await centre.connect('away-box');
    await until(() => late.orders.length === 1, 'the order for the box that was away');
  });

  it('says all that is wrong with a document, each with its path, and orders nothing', async () => {
    const box = await centre.box('calm-box');
    const file = centre.file('wrong.json', { lang: 'fr', capture: { filter: 5 }, nope: 1 });
    const ran = await centre.run(['config', 'set', 'calm-box', file]);
    expect(ran).toMatchObject({ status: 2, out: '' });
    for (const path of ['lang:', 'capture.filter:', 'nope: is no setting', '3 faults']) expect(ran.err).toContain(path);
    expect(latestOrder(centre.director().register, 'calm-box')).toBeUndefined();
    expect(box.orders).toEqual([]);
  });

  it('tells what the box found wrong, and does not let what the box says steer the terminal', async () => {
    await centre.box('sour-box', {
      report: ({ seq, hash }, honest) => ({
        ...honest,
        seq,
        hash,
        running: {},
        state: 'rejected',
        errors: [{ path: 'capture.interface', message: 'no such\u001b[2J interface\nroot: ok', code: 'refused-by-sensor' }],
      }),
    });
    const ran = await centre.run(['config', 'set', 'sour-box', '-'], '{"capture":{"interface":"eth9"}}');
    expect(ran.status).toBe(1);
    expect(ran.out).toContain(
      'sour-box  order 1: REJECTED\n    capture.interface: no such\ufffd[2J interface\ufffdroot: ok [refused-by-sensor]\n1 box: 1 REJECTED\n',
    );
  });

  it('tells of a box that goes back by itself while it waits for the trial', async () => {
    await centre.box('back-box', {
      report: (_order, honest, box) => {
        setTimeout(() => void box.says({ ...honest, state: 'rolled_back', running: {}, reason: 'no packets for 30 s' }), 200);
        return honest;
      },
    });
    const ran = await centre.run(['config', 'set', 'back-box', '-', '--confirm'], '{"capture":{"filter":"tcp"}}');
    expect(ran).toMatchObject({
      status: 1,
      out: 'back-box  order 1: ROLLED BACK (runs its own file alone)\n    no packets for 30 s\n1 box: 1 ROLLED BACK\n',
    });
    await centre.box('kept-box', { confirms: true });
    const kept = await centre.run(['config', 'set', 'kept-box', '-', '--confirm'], '{}');
    expect(kept.status).toBe(0);
    expect(kept.out).toContain('applied and kept');
  });

  it('tells of a box that goes back while others are still waited for', async () => {
    await centre.box(
      'first-box',
      {
        report: (_order, honest, box) => {
          setTimeout(() => void box.says({ ...honest, state: 'rolled_back', running: {}, reason: 'blind' }), 100);
          return honest;
        },
      },
      'mixed',
    );
    await centre.box('slow-box', { report: (_order, honest, box) => void setTimeout(() => void box.says(honest), 600) }, 'mixed');
    const ran = await centre.run(['config', 'set', '--tag', 'mixed', '-', '--json'], '{}');
    expect(outcomes(ran.out)).toMatchObject([
      { box: 'first-box', state: 'rolled_back', reason: 'blind' },
      { box: 'slow-box', state: 'applied' },
    ]);
  });

  it.each([
    ['without a centre', ['config', 'set', 'lone-box', '-', '--centre', '/nowhere'], /there is no centre in \/nowhere/],
    ['of an unknown box', ['config', 'set', 'no-such-box', '-'], /there is no box no-such-box/],
    ['of nobody', ['config', 'set', '-'], /say which boxes/],
    ['of two kinds of boxes', ['config', 'set', '--all', '--tag', 'pair', '-'], /in one way/],
    ['of a tag that no box has', ['config', 'set', '--tag', 'none', '-'], /no box has the tag none/],
    ['with a time that is none', ['config', 'set', 'lone-box', '-', '--expires', 'soon'], /--expires/],
  ])('refuses an order %s with one line', async (_what, words, line) => {
    const ran = await centre.run(words, '{}');
    expect(ran).toMatchObject({ status: 2, out: '' });
    expect(ran.err).toMatch(line);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
  });

  it('does not order of a box that was revoked', async () => {
    centre.register('lost-box', 'gone');
    centre.director().register.exec("update box set revoked_ms = 1 where box = 'lost-box'");
    const ran = await centre.run(['config', 'set', 'lost-box', '-'], '{}');
    expect(ran.err).toContain('was revoked');
    expect(ran.status).toBe(2);
  });

  it('sends an order for later, and does not wait for its time', async () => {
    const box = await centre.box('later-box', { report: () => undefined });
    const ran = await centre.run(['config', 'set', 'later-box', '-', '--not-before', '2999-01-01', '--expires', '2d'], '{}');
    expect(ran).toMatchObject({ status: 0, out: 'later-box  order 1: sent, waits for its time\n1 box: 1 sent, waits for its time\n' });
    expect(box.orders).toMatchObject([{ notBefore: '2998-12-31T17:00:00.000Z', expires: '2999-01-02T17:00:00.000Z' }]);
  });

  it('numbers above what boxes have seen where the register was restored from a copy', async () => {
    await centre.box('wise-box', {
      report: (order, honest) =>
        order.seq > 40
          ? honest
          : { ...honest, state: 'rejected', running: { seq: 40 }, errors: [{ path: 'seq', message: 'is old', code: 'older' }] },
    });
    const stale = await centre.run(['config', 'set', 'wise-box', '-'], '{}');
    expect(stale.err).toContain('--above 40');
    const ran = await centre.run(['config', 'set', 'wise-box', '-', '--above', '40'], '{}');
    expect(ran.out).toContain('order 41: applied');
  });

  it('stops waiting when it is interrupted, and says what nobody has answered', async () => {
    await centre.box('mute-box', { report: () => undefined });
    const stop = new AbortController();
    const running = centre.run(['config', 'set', 'mute-box', '-'], '{}', stop.signal);
    await until(() => ordersOf(centre.director().register, 'mute-box')[0]?.publishedMs !== undefined, 'the order to be sent');
    stop.abort();
    const ran = await running;
    expect(ran).toMatchObject({ status: 130, out: 'mute-box  order 1: NO ANSWER\n1 box: 1 NO ANSWER\n' });
    const fresh = await connectTo(await centre.broker.box('mute-box'), { clientId: 'mute-box' });
    await fresh.subscribe(down.configDesired('mute-box'));
    await until(() => fresh.heard.length === 1, 'the retained order');
    await fresh.close();
  });
});
