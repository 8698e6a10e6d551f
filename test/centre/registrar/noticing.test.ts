import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CloneWatch } from '../../../centre/registrar/clone-watch.ts';
import { type CentreNotice, Notices, readNotice } from '../../../centre/registrar/notice.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { presenceOf } from '../ingest/ingest-process.ts';
import { type OwnedBroker, startOwnedBroker } from './owned-broker.ts';

const ts = '2026-01-20T08:00:00Z';

describe('the watch for clones', () => {
  const heard = (watch: CloneWatch, boot: string, changes: object = {}) =>
    watch.heard(up.presence('box-01'), Buffer.from(JSON.stringify({ ...presenceOf('box-01'), boot, ...changes })));

  it('sees two machines with one id where their boots take turns', () => {
    const watch = new CloneWatch();
    expect(heard(watch, 'boot-a')).toBeUndefined();
    expect(heard(watch, 'boot-b')).toBeUndefined();
    expect(heard(watch, 'boot-a')).toMatchObject({ box: 'box-01', text: expect.stringContaining('two machines take turns') });
    expect(heard(watch, 'boot-b')).toBeDefined();
  });

  it('sees none in a box that starts anew, reconnects, says goodbye late, or tells of the past', () => {
    const watch = new CloneWatch();
    for (const boot of ['boot-a', 'boot-a', 'boot-b', 'boot-b', 'boot-c']) expect(heard(watch, boot)).toBeUndefined();
    expect(heard(watch, 'boot-a', { online: false })).toBeUndefined();
    expect(heard(watch, 'boot-b', { seq: 7, outboxId: 'o1', event: 'started' })).toBeUndefined();
    expect(heard(watch, 'boot-a', { box: 'box-02' })).toBeUndefined();
    for (const noise of ['', '{', 'null', '[]', 'x'.repeat(100_000)])
      expect(watch.heard(up.presence('box-01'), Buffer.from(noise))).toBeUndefined();
  });

  it('forgets old boots, however often a box starts', () => {
    const watch = new CloneWatch();
    for (let count = 0; count < 100; count++) expect(heard(watch, `boot-${count}`)).toBeUndefined();
    expect(heard(watch, 'boot-0')).toBeUndefined();
    expect(heard(watch, 'boot-99')).toBeDefined();
  });
});

describe('notices', () => {
  it('are told once a minute for a box and a kind, with the number of times, and for a bounded number of names', () => {
    const told: CentreNotice[] = [];
    let nowMs = 0;
    const notices = new Notices(
      (notice) => told.push(notice),
      () => nowMs,
    );
    for (let count = 0; count < 5; count++) notices.happened('box.clone', 'box-01', `time ${count}`);
    notices.happened('certificate.refused', 'box-01', 'other');
    expect(told.map(({ kind, times }) => [kind, times])).toEqual([
      ['box.clone', 1],
      ['certificate.refused', 1],
    ]);
    nowMs = 60_000;
    notices.happened('box.clone', 'box-01', 'again');
    expect(told.at(-1)).toMatchObject({ kind: 'box.clone', times: 5, text: 'again' });
    for (let count = 0; count < 2_000; count++) notices.happened('certificate.refused', `box-${count + 100}`, 'many');
    expect(told.length).toBeLessThan(520);
    expect(told.at(-1)?.box).toBe('-');
  });

  it('are read as they were written, and nothing else is', () => {
    const notice: CentreNotice = { schema: 'centre-notice/1', kind: 'box.clone', box: 'box-01', text: 'x', times: 2 };
    expect(readNotice(Buffer.from(JSON.stringify(notice)))).toEqual(notice);
    for (const wrong of [{ ...notice, kind: 'x' }, { ...notice, box: 'a b' }, { ...notice, times: 0 }, null, 'x'])
      expect(readNotice(Buffer.from(JSON.stringify(wrong)))).toBeUndefined();
    expect(readNotice(Buffer.alloc(50_000, 0x20))).toBeUndefined();
  });
});

describe('the registrar', () => {
  let owned: OwnedBroker;
  beforeAll(async () => {
    owned = await startOwnedBroker();
  }, 20_000);
  afterAll(() => owned?.stop());

  const say = (topic: string, body: object | string, retain = true) =>
    owned.attacker.publishAsync(topic, typeof body === 'string' ? body : JSON.stringify(body), { qos: 1, retain });
  const reported = (table: string, box: string) => {
    const row = owned.register.prepare(`select body from ${table} where box = ?`).get(box);
    return row === undefined ? undefined : JSON.parse(String(row.body));
  };

  it('keeps what boxes report of configuration and indicators, the latest of each, and the first answer to a command', async () => {
    const { box } = await owned.newBox('reporting');
    const id = randomUUID();
    owned.register.prepare("insert into command (id, box, command, request, created_ms) values (?, ?, 'identify', '{}', 1)").run(id, box);
    for (let seq = 1; seq <= 200; seq++)
      await say(up.configReported(box), { schema: 'config-reported/1', box, ts, seq, state: 'applied', running: { seq } });
    await say(up.intelReported(box), { schema: 'intel-reported/1', box, ts, state: 'armed' });
    await say(up.commandResponse(box), { schema: 'command-response/1', box, ts, id, state: 'done' }, false);
    await until(() => reported('config_reported', box)?.seq === 200, 'the last report');
    await until(() => reported('intel_reported', box)?.state === 'armed', 'the report of indicators');
    const answer = () => owned.register.prepare('select response from command where id = ?').get(id)?.response;
    await until(() => typeof answer() === 'string', 'the answer');
    await say(up.commandResponse(box), { schema: 'command-response/1', box, ts, id, state: 'failed' }, false);
    await say(up.intelReported(box), { schema: 'intel-reported/1', box, ts, state: 'failed' });
    await until(() => reported('intel_reported', box)?.state === 'failed', 'the next report');
    expect(JSON.parse(String(answer()))).toMatchObject({ state: 'done' });
  });

  it('takes no report for another box, for one that nobody knows, and none that follows no schema', async () => {
    const [{ box }, { box: other }] = [await owned.newBox('honest-box'), await owned.newBox('liar-box')];
    const good = { schema: 'config-reported/1', box, ts, seq: 1, state: 'applied', running: {} };
    await say(up.configReported(box), good);
    await until(() => reported('config_reported', box)?.seq === 1, 'the report');
    await say(up.configReported(other), { ...good, seq: 2 });
    await say(up.configReported('stranger'), { ...good, box: 'stranger' });
    await say(up.configReported(box), { ...good, seq: 'x' });
    const before = owned.registrar.counts.reportsRefused ?? 0;
    await say(up.configReported(box), 'x'.repeat(300_000));
    await until(() => (owned.registrar.counts.reportsRefused ?? 0) > before, 'the refusals');
    expect(reported('config_reported', box)).toMatchObject({ seq: 1 });
    expect(reported('config_reported', other)).toBeUndefined();
    expect(reported('config_reported', 'stranger')).toBeUndefined();
  });

  it('notes when a box was heard for the first time, once, and tells of two machines that use one id', async () => {
    const { box } = await owned.newBox('twin-box');
    for (const boot of ['one', 'two', 'one', 'two']) await say(up.presence(box), { ...presenceOf(box), boot }, false);
    await until(() => owned.notices.some((notice) => notice.kind === 'box.clone' && notice.box === box), 'the notice');
    const events = (kind: string) => owned.register.prepare('select text from event where box = ? and kind = ?').all(box, kind).length;
    expect(events('first-seen')).toBe(1);
    expect(events('clone')).toBe(1);
  });
});
