/**
 * A real box at a broker that is wholly owned by an attacker: he has its certificate and its key, he may say everything to everybody, and he has
 * recorded whatever was said. The box is enrolled and ordered through this very broker; then it is poisoned.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Health } from '../../../firmware/contract/health.ts';
import { down, up } from '../../../firmware/contract/topics.ts';
import { freePorts } from '../../centre/broker/centre-broker.ts';
import { demonstration, jsonLines, type Program, Stage } from '../../centre/story/stage.ts';
import { type Poison, poisonFor, type Recorded } from './direction-poison.ts';
import { listen, type TestListener, until } from './uplink/listener.ts';

const box = 'ubnd-huyen-cao-loc-1';
const otherBox = 'ubnd-huyen-trang-dinh-1';
/** In the traffic of the box. */
const evil = 'tai-lieu-mat.example';
const memoryGrowthMaxBytes = 80 * 1024 * 1024;
const attackTimeoutMs = 30_000;

describe('a box whose broker is owned by an attacker', { timeout: 60_000 }, () => {
  const stage = new Stage({ hasMirrorPort: false });
  let broker: Program;
  let running: Program;
  let attacker: TestListener;
  let recorded: Recorded;
  let poison: Poison[];
  let before: Health;

  const bodies = (topic: string) =>
    attacker
      .of(topic)
      .filter(({ body }) => body !== '')
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  const healths = () => bodies(up.health(box)) as unknown as Health[];
  const alerts = () => bodies(up.alert(box));
  const nextHealth = async (isIt: (health: Health) => boolean, what: string) => {
    const from = healths().length;
    await until(() => healths().slice(from).some(isIt), what, attackTimeoutMs);
    return healths().slice(from).find(isIt) as Health;
  };
  const ledger = async () => jsonLines((await stage.box('one', 'ledger', '--lines', '0', '--json')).out);
  const publish = async (retain: boolean) => {
    for (const { topic, payload } of poison) await attacker.client.publishAsync(topic, payload, { qos: 1, retain });
  };

  /** He edits its configuration: no rights are asked any more, and one more door is his. */
  function takeOverBroker(port: number): void {
    const path = stage.path('centre', 'broker', 'mosquitto.conf');
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('acl_file'));
    writeFileSync(path, [...lines, `listener ${port} 127.0.0.1`, 'allow_anonymous true', ''].join('\n'));
  }

  async function order(value: string, ...words: string[]): Promise<void> {
    const settings = stage.file('settings.json', { indicators: [{ value, comment: 'công văn khẩn số 12' }] });
    const ordered = await stage.centre('config', 'set', ...words, settings);
    if (!ordered.out.includes(': applied')) throw new Error(`${ordered.out}${ordered.err}`);
  }

  beforeAll(async () => {
    await stage.makeCentre();
    const [port = 0] = await freePorts(1);
    takeOverBroker(port);
    [broker] = await stage.startBrokers();
    attacker = await listen(`mqtt://127.0.0.1:${port}`);
    await stage.service('registrar').says('connected to the broker');
    await stage.centre(
      'enrol',
      '--csv',
      stage.file('boxes.csv', `agency,id\nUBND huyện Cao Lộc,${box}\nUBND huyện Tràng Định,${otherBox}\n`),
    );
    running = stage.switchOn('one', { file: demonstration, pace: 10 }, stage.claimOf(box));
    await until(() => healths().some(({ capture }) => capture.state === 'running'), 'a box that sees', attackTimeoutMs);
    // The other box was never switched on.
    await order('nobody-asks.example', '--all');
    await order(evil, box, '--confirm');
    await stage.centre('command', '--all', 'lamp-test');
    await until(() => alerts().length > 0, 'an alert before the attack', attackTimeoutMs);
    const said = (topic: string) => attacker.of(topic).map(({ body }) => body);
    recorded = {
      orders: [...new Set(said(down.configDesired(box)))],
      command: said(down.commandRequest(box))[0] ?? '',
      othersOrder: said(down.configDesired(otherBox))[0] ?? '',
      othersCommand: said(down.commandRequest(otherBox))[0] ?? '',
      outboxId: String(alerts()[0]?.outboxId),
    };
    poison = poisonFor(box, otherBox, recorded);
    before = await nextHealth(() => true, 'health before the attack');
  }, 120_000);

  afterAll(async () => {
    await attacker?.client.endAsync(true);
    await stage.end();
  });

  it('was recorded, all that its director said to it', () => {
    expect(recorded.orders).toHaveLength(2);
    for (const text of [recorded.command, recorded.othersOrder, recorded.othersCommand]) expect(text).toContain('signatures');
    expect(recorded.outboxId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('takes nothing of what is said to it, now and from the memory of the broker, and stays connected', async () => {
    const ignoredBefore = before.uplink?.ignored ?? 0;
    await publish(false);
    await nextHealth(({ uplink }) => (uplink?.ignored ?? 0) - ignoredBefore > poison.length / 2, 'the poison at the box');
    await publish(true);
    await broker.stop();
    stage.start([stage.path('centre', 'broker', 'start-broker')]);
    const again = await nextHealth(({ uplink }) => (uplink?.connections ?? 0) > 1, 'the box on a new connection');
    expect(again.settings).toEqual(before.settings);
    expect(running.lines.filter((line) => line.includes('"name":"agent"'))).toHaveLength(1);
    console.info(`poisons: ${poison.length}, twice; ignored by the box: ${again.uplink?.ignored}`);
  });

  it('has told of it to the centre, each kind of fault with its code', () => {
    const rejected = bodies(up.configReported(box)).filter(({ state }) => state === 'rejected');
    expect(rejected.length).toBeGreaterThan(0);
    for (const { running: inForce } of rejected) expect(inForce).toMatchObject({ seq: 2 });
    const refused = bodies(up.commandResponse(box)).filter(({ state }) => state === 'refused');
    expect(new Set(refused.map(({ code }) => code))).toEqual(
      new Set(['unsigned', 'foreign-signature', 'replayed', 'other-box', 'wrong-type', 'malformed']),
    );
  });

  it('has written it down for the agency, with how often it came', async () => {
    const orders = (await ledger()).filter(({ kind }) => kind === 'order');
    const reasons = (kind: string, outcome: string) =>
      orders
        .filter((line) => line.order === kind && line.outcome === outcome)
        .map(({ reason }) => reason)
        .join('\n');
    for (const words of ['is not signed', 'is not signed by the director', 'seq', 'box', 'is signed as', 'is not JSON'])
      expect(reasons('configuration', 'rejected')).toContain(words);
    for (const code of ['unsigned', 'foreign-signature', 'replayed', 'other-box', 'wrong-type', 'malformed'])
      expect(reasons('command', 'refused')).toContain(`${code}: `);
    expect(orders.length).toBeLessThan(60);
    expect(orders.filter(({ command, outcome }) => command === 'lamp-test' && outcome === 'done')).toHaveLength(1);
    expect(orders.filter(({ command, outcome }) => command === 'restart' && outcome === 'begun')).toEqual([]);
  });

  it('says in the end that it runs what its director ordered', async () => {
    await until(() => bodies(up.configReported(box)).at(-1)?.state === 'applied', 'the state of things', attackTimeoutMs);
    expect(bodies(up.configReported(box)).at(-1)).toMatchObject({ seq: 2, running: { seq: 2 } });
    expect(JSON.parse(readFileSync(stage.path('one', 'state', 'config', 'in-force.json'), 'utf8'))).toMatchObject({ seq: 2 });
  });

  it('goes on detecting, and takes an order of its director that the attacker lets pass', async () => {
    const known = new Set(alerts().map(({ id }) => id));
    const restarted = await stage.centre('command', box, 'restart');
    expect(restarted).toMatchObject({ status: 0, out: expect.stringContaining('restart: done') });
    const isNew = ({ id, match }: Record<string, unknown>) => !known.has(id) && (match as { value?: string }).value === evil;
    await until(() => alerts().some(isNew), 'an alert of a new sensor', attackTimeoutMs);
    const after = await nextHealth(({ capture }) => capture.state === 'running', 'health');
    expect(after.capture.packets).toBeGreaterThan(0);
    expect(after.settings).toEqual(before.settings);
  });

  it('has not grown', async () => {
    const after = await nextHealth(() => true, 'health after the attack');
    const growth = (after.memory?.processBytes ?? 0) - (before.memory?.processBytes ?? 0);
    console.info(`memory of the agent: ${mebibytes(before.memory?.processBytes)} before, ${mebibytes(after.memory?.processBytes)} after`);
    expect(before.memory?.processBytes).toBeGreaterThan(0);
    expect(growth).toBeLessThan(memoryGrowthMaxBytes);
  });

  it('can be made to forget what it has sent, by an acknowledgement that is not the centre’s; nothing that it says later', async () => {
    // What a broker withholds from the centre it can as well say to have delivered: only the centre's own count of holes tells.
    const waiting = await nextHealth(() => true, 'health');
    expect(waiting.outbox.depth).toBeGreaterThan(0);
    const seqs = Array.from({ length: 5_000 }, (_, index) => index + 1);
    const ack = { schema: 'ack/1', box, outboxId: recorded.outboxId, seqs };
    await attacker.client.publishAsync(down.ack(box), JSON.stringify(ack), { qos: 1, retain: true });
    const forgotten = await nextHealth(({ outbox }) => outbox.depth === 0, 'an empty outbox');
    expect(forgotten.outbox.lastSeq).toBeGreaterThan(0);
    const known = new Set(alerts().map(({ id }) => id));
    await stage.centre('command', box, 'restart');
    await until(() => alerts().some(({ id }) => !known.has(id)), 'an alert after the forged word', attackTimeoutMs);
    expect(alerts().filter(({ id }) => !known.has(id))[0]?.seq).toBeGreaterThan(forgotten.outbox.lastSeq ?? 0);
    const kept = (await ledger()).filter(({ kind, message }) => kind === 'sent' && message === 'alert');
    expect(kept.length).toBeGreaterThan(1);
  });
});

function mebibytes(bytes = 0): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
