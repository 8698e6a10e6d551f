/** The whole story, in order and by the command lines alone: from an empty folder to a box that was shut out, with the real broker and two real boxes. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { demonstration, eventually, jsonLines, obstacle, type Program, Stage } from './stage.ts';

const first = 'ubnd-huyen-cao-loc-1';
const second = 'ubnd-huyen-trang-dinh-1';
/** As a spreadsheet writes it. */
const agencies = `\ufeffagency;id;tags;contacts
UBND huyện Cao Lộc;;huyen pilot;"Lý Văn Tài;cán bộ CNTT;0912345678"
UBND huyện Tràng Định;;huyen;"Hoàng Thị Mai;văn thư;0987654321"
`;
/** A name that is asked for in the traffic of both boxes. */
const evil = 'tai-lieu-mat.example';
const emergency = { indicators: [{ value: evil, family: 'HangDa', comment: 'công văn khẩn số 12', until: '2099-01-01T00:00:00Z' }] };

const figures: string[] = [];
const seconds = (sinceMs: number) => `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;

describe('a centre and two boxes', { timeout: 60_000 }, () => {
  const stage = new Stage({ hasMirrorPort: true });
  const startedMs = performance.now();
  let boxes: Record<string, Program>;
  let watch: Program;
  const centre = (...words: string[]) => stage.centre(...words);
  const boxLines = async () => jsonLines((await centre('boxes', '--json')).out);
  const boxLine = async (box: string) => (await boxLines()).find((line) => line.box === box);
  const reported = async (box: string) => JSON.parse((await centre('config', 'get', box, '--reported')).out) as Record<string, unknown>;
  const alertsOf = (box: string) => jsonLines(watch.lines.join('\n')).filter((line) => line.schema === 'alert/1' && line.box === box);

  const connections = (box: string) => boxes[box]?.lines.filter((line) => line.includes('connected to the broker')).length;

  beforeAll(() => {
    stage.file('boxes.csv', agencies);
    stage.file('emergency.json', emergency);
    stage.file('blind.json', { ...emergency, capture: { filter: 'tcp port 1' } });
  });
  afterAll(async () => {
    await stage.end();
    console.info(`the story took ${seconds(startedMs)}: ${figures.join('; ')}`);
  });

  it('begin with init, which says what must go offline; broker and services start from what it made', async () => {
    const made = await stage.makeCentre();
    expect(made).toMatchObject({ status: 0, err: '' });
    for (const key of ['authority/servers.key', 'authority/boxes.key', 'director/director.key']) {
      expect(made.out).toContain(stage.path('centre', key));
      expect(readFileSync(stage.path('centre', key), 'utf8')).not.toContain('PRIVATE KEY');
    }
    await stage.startBrokers();
    const services = [stage.service('registrar'), stage.service('ingest')];
    for (const service of services) await service.says('connected to the broker');
    watch = stage.service('watch', '--json');
  });

  it('go on with a list of agencies: a claim file for each, for the eyes of its owner alone', async () => {
    const enrolled = await centre('enrol', '--csv', stage.path('boxes.csv'));
    expect(enrolled.status).toBe(0);
    for (const box of [first, second]) expect(statSync(stage.claimOf(box)).mode & 0o777).toBe(0o600);
    const listed = await boxLines();
    expect(listed).toMatchObject([first, second].map((box) => ({ box, enrolment: { step: 'claim-written' } })));
    expect(listed[0]).toMatchObject({ agency: 'UBND huyện Cao Lộc', enrolment: { tags: ['huyen', 'pilot'] } });
  });

  it('have the boxes become theirs by themselves, and the claims are gone', async () => {
    const sinceMs = performance.now();
    const live = stage.capture();
    boxes = {
      [first]: stage.switchOn('one', live, stage.claimOf(first)),
      [second]: stage.switchOn('two', { file: demonstration, pace: 10 }, stage.claimOf(second)),
    };
    for (const box of Object.values(boxes)) await box.says('connected to the broker', 40_000);
    await eventually(async () => {
      const lines = await boxLines();
      const isThere = lines.every(({ enrolment, state }) => state === 'there' && (enrolment as { step: string }).step === 'seen');
      return (isThere && lines.every(({ proven }) => proven !== undefined)) || undefined;
    }, 'two boxes that see');
    figures.push(`switched on to seeing ${seconds(sinceMs)}`);
    for (const name of ['one', 'two']) expect(existsSync(stage.path(name, 'vonggac-claim.json'))).toBe(false);
  });

  it('check a file of settings before it is ordered, and name each fault', async () => {
    stage.file('wrong.json', { indicators: [{ value: evil }], lang: 'fr' });
    const checked = await centre('config', 'check', stage.path('wrong.json'));
    expect(checked.status).toBe(1);
    for (const path of ['indicators.0.comment', 'lang']) expect(checked.err).toContain(path);
  });

  it('give the emergency of the hour to all boxes of a tag, and have an alert of each within seconds, with whom to call', async () => {
    const sinceMs = performance.now();
    const words = ['--comment', 'công văn khẩn số 12', '--author', 'an.nguyen', '--json'];
    const ordered = await centre('config', 'set', '--tag', 'huyen', stage.path('emergency.json'), ...words);
    expect(ordered).toMatchObject({ status: 0, err: '' });
    const outcomes = jsonLines(ordered.out);
    expect(outcomes.map(({ box, state }) => [box, state]).sort()).toEqual([first, second].map((box) => [box, 'applied']));
    figures.push(`set to applied ${outcomes.map(({ ms }) => `${Math.round(Number(ms))} ms`).join(' and ')}`);
    await until(() => alertsOf(first).length > 0 && alertsOf(second).length > 0, 'an alert of each box', 20_000);
    figures.push(`set to both alerts ${seconds(sinceMs)}`);
    expect(alertsOf(first)[0]).toMatchObject({ kind: 'c2.domain', agency: 'UBND huyện Cao Lộc', match: { value: evil, source: 'centre' } });
    expect(JSON.stringify(alertsOf(first)[0]?.advice)).toContain('Lý Văn Tài (cán bộ CNTT) 0912345678');
    expect(JSON.stringify(alertsOf(second)[0]?.advice)).toContain('Hoàng Thị Mai');
    const stored = await eventually(async () => {
      const lines = await boxLines();
      return lines.every(({ openAlerts }) => Number(openAlerts) > 0) ? lines : undefined;
    }, 'the alerts in the store');
    for (const line of stored) expect(line).toMatchObject({ enrolment: { config: { state: 'applied', running: { seq: 1 } } } });
  });

  it.skipIf(obstacle !== undefined)(
    `see a change that blinds a box go back by itself, with the reason (${obstacle ?? 'mirror port'})`,
    async () => {
      await boxes[first]?.says('"outcome":"confirmed"');
      const sinceMs = performance.now();
      const ordered = await centre('config', 'set', first, stage.path('blind.json'), '--confirm', '--author', 'binh.tran');
      expect(ordered.status).toBe(1);
      expect(ordered.out).toMatch(
        /order 2: ROLLED BACK \(runs order 1\)\n {4}no packet was seen for \d+ s; before, there were [\d.]+ a second/,
      );
      figures.push(`a blinding change was back after ${seconds(sinceMs)}, with a trial of 6 s`);
      const said = await eventually(async () => {
        const report = await reported(first);
        return report.state === 'rolled_back' ? report : undefined;
      }, 'the report in the register');
      expect(said).toMatchObject({ seq: 2, running: { seq: 1 }, reason: expect.stringContaining('no packet was seen') });
      expect((await centre('config', 'history', first)).out).toMatch(/^ {3}2 .*ROLLED BACK .*binh\.tran.*\n {3}1 .*running/);
      expect(await boxLine(second)).toMatchObject({ enrolment: { config: { running: { seq: 1 } } } });
    },
  );

  it('go back by hand, under a new number', async () => {
    stage.file('quiet.json', { ...emergency, lang: 'en' });
    expect((await centre('config', 'set', second, stage.path('quiet.json'))).status).toBe(0);
    expect((await centre('config', 'diff', second, '1')).out).toBe(`lang: (as in the box's own file) → "en"\n`);
    const back = await centre('config', 'rollback', second, '--comment', 'they read Vietnamese');
    expect(back).toMatchObject({ status: 0, out: expect.stringContaining(`${second}  order 3: applied`) });
  });

  it('command boxes, and get an answer of each', async () => {
    // Three officers at once.
    const [all, doctor, evidence] = await Promise.all([
      centre('command', '--all', 'identify', '--seconds', '5'),
      centre('command', first, 'doctor'),
      centre('command', first, 'evidence', '0199abc'),
    ]);
    expect(all.status).toBe(0);
    expect(all.out.match(/identify: done/g)).toHaveLength(2);
    expect(doctor.out).toContain('[intel.given]');
    expect(evidence).toMatchObject({ status: 1, out: expect.stringContaining('[not-kept]') });
    expect((await centre('command', first, 'restart', '--process', 'sensor')).status).toBe(0);
  });

  it('have a box change its key, without losing it from sight', async () => {
    const serialOf = async () => JSON.stringify((await boxLine(first))?.enrolment).match(/"serial":"(\w+)"/)?.[1];
    const before = await serialOf();
    expect((await centre('command', first, 'rotate-key')).status).toBe(0);
    expect(await serialOf()).not.toBe(before);
    // Its agent begins anew, and with it the count of its time.
    const sinceMs = Date.now();
    await until(() => connections(first) === 2, 'a connection with the new key', 20_000);
    await eventually(
      async () => Date.parse(`${(await boxLine(first))?.proven}`) > sinceMs + 1_000 || undefined,
      'a box that sees with its new key',
    );
    expect(boxes[first]?.lines.join('\n')).not.toContain('back to the former one');
  });

  it('leave a record with the agency: what was ordered, by whom, what it changed, and what left the box', async () => {
    const { out, status } = await stage.box('one', 'ledger', '--lines', '0', '--json');
    expect(status).toBe(0);
    const lines = jsonLines(out);
    const orders = lines.filter(({ kind }) => kind === 'order');
    expect(orders[0]).toMatchObject({
      order: 'configuration',
      outcome: 'accepted',
      seq: 1,
      author: 'an.nguyen',
      comment: 'công văn khẩn số 12',
      signer: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(JSON.stringify(orders[0]?.changes)).toContain(evil);
    for (const command of ['identify', 'doctor', 'evidence', 'restart', 'rotate-key'])
      expect(orders.filter((line) => line.command === command).map(({ outcome }) => outcome)).toContain('begun');
    if (obstacle === undefined)
      expect(orders).toContainEqual(expect.objectContaining({ seq: 2, outcome: 'rolled_back', author: 'binh.tran' }));
    expect(lines).toContainEqual(expect.objectContaining({ kind: 'sent', message: 'alert', summary: expect.stringContaining(evil) }));
    expect((await stage.box('one', 'ledger', '--lang', 'vi')).out).toContain('an.nguyen');
  });

  it('shut a box out within seconds, and the other one notices nothing', async () => {
    const before = connections(first);
    const sinceMs = performance.now();
    const revoked = await centre('revoke', second, '--reason', 'stolen');
    expect(revoked).toMatchObject({ status: 0, err: '' });
    figures.push(`revoke took ${seconds(sinceMs)}`);
    await boxes[second]?.says('trouble with the broker');
    figures.push(`revoked to out ${seconds(sinceMs)}`);
    expect(await boxLine(second)).toMatchObject({ enrolment: { step: 'revoked', revokeReason: 'stolen' } });
    expect((await centre('config', 'set', second, stage.path('emergency.json'))).err).toContain('was revoked');
    expect(connections(first)).toBe(before);
    expect((await centre('command', first, 'lamp-test')).status).toBe(0);
  });
});
