/** The contract of the store. Both databases pass it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../../centre/store/open-store.ts';
import type { Arrival, Sighting, Store } from '../../../centre/store/store.ts';
import type { Health } from '../../../firmware/contract/health.ts';
import { databases } from './databases.ts';
import { randomOf } from './random.ts';
import { alertArrival, arrivalOf, atMs, centreAlertOf, healthOf, lossArrival, presenceOf, sightingOf, startMs } from './samples.ts';

// On a machine that does much else.
const testTimeoutMs = 60_000;
vi.setConfig({ testTimeout: testTimeoutMs, hookTimeout: testTimeoutMs });

describe.each(databases)('the store in %s', (_, create) => {
  const database = create();
  let location: string;
  let store: Store;
  const opened: Store[] = [];

  beforeAll(() => database.start());
  afterAll(() => database.stop());
  beforeEach(async () => {
    location = await database.location();
    store = await another();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  /** A store at the same place, as another process would open it. */
  async function another(): Promise<Store> {
    const one = await openStore(location);
    opened.push(one);
    return one;
  }

  const holes = async () => (await store.holes()).map(({ outbox, first, last }) => `${outbox} ${first}-${last}`);
  const count = async (table: string) => (await database.query(location, `select count(*) as n from ${table}`))[0]?.n;

  it('shares a secret with other processes, made once for each name', async () => {
    const other = await another();
    const [one, same] = await Promise.all([store.secret('group'), other.secret('group')]);
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect(same).toBe(one);
    expect(await store.secret('group')).toBe(one);
    expect(await other.secret('another')).not.toBe(one);
  });

  describe('messages', () => {
    it('are stored once, however often they come, in one batch or in several', async () => {
      const first = [arrivalOf(1), arrivalOf(2), arrivalOf(2, { body: 'other' })];
      expect(await store.commit(first)).toEqual({ fresh: 2, repeats: 1, alertsChanged: 0 });
      expect(await store.commit([arrivalOf(3), ...first])).toEqual({ fresh: 1, repeats: 3, alertsChanged: 0 });
      expect(await database.query(location, 'select seq, body from message order by seq')).toEqual([
        { seq: 1, body: '{"seq":1}' },
        { seq: 2, body: '{"seq":2}' },
        { seq: 3, body: '{"seq":3}' },
      ]);
      expect(await store.outboxes()).toEqual([{ box: 'box-one', outbox: 'outbox-1', messages: 3, last: 3 }]);
    });

    it('are told apart by box, outbox and number together', async () => {
      const batch = [arrivalOf(1), arrivalOf(1, { box: 'box-two' }), arrivalOf(1, { outbox: 'outbox-2' }), arrivalOf(1, { outbox: '' })];
      expect(await store.commit(batch)).toMatchObject({ fresh: 4, repeats: 0 });
      expect(await store.outboxes()).toHaveLength(4);
    });

    it('keep their bytes: text with every kind of character, and evidence', async () => {
      const body = `{"name":"Phòng kế toán 🛡 \\u0000 \\" '' \\\\ {,}"}`;
      const bytes = Uint8Array.from({ length: 4_096 }, (_, index) => index % 256);
      await store.commit([
        arrivalOf(1, { body }),
        arrivalOf(2, { kind: 'evidence', body: bytes }),
        arrivalOf(3, { body: new Uint8Array() }),
      ]);
      const rows = await database.query(location, 'select body, bytes from message order by seq');
      expect(rows[0]).toMatchObject({ body, bytes: null });
      expect(Buffer.from(rows[1]?.bytes as Uint8Array).equals(bytes)).toBe(true);
      expect(rows[2]).toMatchObject({ body: null });
      expect(rows[2]?.bytes).toHaveLength(0);
    });

    it('of evidence are found by their alert and their place', async () => {
      const piece = (seq: number, chunk: number) =>
        arrivalOf(seq, { kind: 'evidence', body: Uint8Array.of(chunk), alertId: 'alert-1', chunk });
      await store.commit([piece(1, 1), piece(2, 0), arrivalOf(3)]);
      const rows = await database.query(location, 'select seq, alert_id, chunk from message order by chunk, seq');
      expect(rows.filter(({ chunk }) => chunk !== null)).toEqual([
        { seq: 2, alert_id: 'alert-1', chunk: 0 },
        { seq: 1, alert_id: 'alert-1', chunk: 1 },
      ]);
      expect(rows.filter(({ alert_id }) => alert_id === null)).toMatchObject([{ seq: 3, chunk: null }]);
    });

    it('carry the time of their receipt and of their commit', async () => {
      const before = Date.now();
      await store.commit([arrivalOf(1, { receivedMs: startMs + 7.4 })]);
      const [row] = await database.query(location, 'select received_ms, stored_ms from message');
      expect(row?.received_ms).toBe(startMs + 7);
      expect(row?.stored_ms).toBeGreaterThanOrEqual(before);
      expect(row?.stored_ms).toBeLessThanOrEqual(Date.now());
    });

    it('are stored 5,000 at a time, and megabytes at a time', async () => {
      const many = Array.from({ length: 5_000 }, (_, index) => alertArrival(index + 1, `alert-${index}`));
      expect(await store.commit(many)).toEqual({ fresh: 5_000, repeats: 0, alertsChanged: 5_000 });
      const large = Array.from({ length: 100 }, (_, index) => arrivalOf(index + 1, { outbox: 'large', body: new Uint8Array(128 * 1_024) }));
      expect(await store.commit(large)).toMatchObject({ fresh: 100 });
      expect(await store.outboxes()).toMatchObject([{ messages: 100 }, { messages: 5_000 }]);
    });

    it('are stored all or not at all', async () => {
      await store.commit([arrivalOf(1)]);
      // What comes last in the transaction fails.
      await database.query(location, 'alter table box rename to box_away');
      await expect(store.commit([alertArrival(2, 'alert-1'), arrivalOf(9)])).rejects.toThrow();
      await database.query(location, 'alter table box_away rename to box');
      expect([await count('message'), await count('alert'), await count('hole')]).toEqual([1, 0, 0]);
      expect(await store.commit([alertArrival(2, 'alert-1'), arrivalOf(9)])).toMatchObject({ fresh: 2, alertsChanged: 1 });
    });

    it('may be none', async () => {
      expect(await store.commit([])).toEqual({ fresh: 0, repeats: 0, alertsChanged: 0 });
      await store.saw([]);
      expect(await store.boxes()).toEqual([]);
    });
  });

  describe('alerts', () => {
    it('are raised by a higher revision alone, in whatever order they come', async () => {
      const revision = (seq: number, rev: number) => alertArrival(seq, 'alert-1', { rev, count: rev });
      expect(await store.commit([revision(1, 1), revision(2, 2)])).toMatchObject({ fresh: 2, alertsChanged: 1 });
      expect(await store.commit([revision(4, 4)])).toMatchObject({ fresh: 1, alertsChanged: 1 });
      expect(await store.commit([revision(3, 3)])).toMatchObject({ fresh: 1, alertsChanged: 0 });
      expect(await store.alerts()).toEqual([expect.objectContaining({ id: 'alert-1', rev: 4, count: 4, seq: 4 })]);
      expect(await count('message')).toBe(4);
    });

    it('of two boxes are two, though their ids are the same', async () => {
      await store.commit([alertArrival(1, 'alert-1'), alertArrival(1, 'alert-1', {}, { box: 'box-two' })]);
      expect((await store.alerts()).map(({ box }) => box).sort()).toEqual(['box-one', 'box-two']);
    });

    it('come back as the box wrote them, with fields that this version does not know', async () => {
      const arrival = alertArrival(1, 'alert-1');
      const body = `${String(arrival.body).slice(0, -1)},"later":{"field":[1]}}`;
      await store.commit([{ ...arrival, body }]);
      expect(await store.alerts()).toEqual([JSON.parse(body)]);
    });

    it('without numbers are taken by id and revision, beside numbered ones and instead of them', async () => {
      const { alert, body } = alertArrival(1, 'alert-1', { rev: 2, count: 9 });
      const unnumbered = { alert: alert!, receivedMs: startMs, body: String(body) };
      expect(await store.commit([alertArrival(1, 'alert-1')], [unnumbered])).toEqual({ fresh: 1, repeats: 0, alertsChanged: 1 });
      expect(await store.commit([], [unnumbered])).toEqual({ fresh: 0, repeats: 0, alertsChanged: 0 });
      expect(await store.alerts()).toEqual([expect.objectContaining({ rev: 2, count: 9 })]);
      expect(await store.commit([alertArrival(2, 'alert-1', { rev: 3 })])).toMatchObject({ alertsChanged: 1 });
      expect(await store.alerts()).toEqual([expect.objectContaining({ rev: 3 })]);
    });

    it('are not lost where a box without an outbox on disk counts from 1 again', async () => {
      await store.commit([alertArrival(1, 'alert-1', {}, { outbox: '' })]);
      expect(await store.commit([alertArrival(1, 'alert-2', {}, { outbox: '' })])).toEqual({ fresh: 0, repeats: 1, alertsChanged: 1 });
      expect((await store.alerts()).map(({ id }) => id).sort()).toEqual(['alert-1', 'alert-2']);
    });

    it('are given newest first, by box, by state and as many as asked for', async () => {
      const of = (seq: number, state: 'open' | 'closed', box: string) => alertArrival(seq, `alert-${seq}`, { state }, { box });
      await store.commit([of(1, 'open', 'box-one'), of(3, 'closed', 'box-one'), of(2, 'open', 'box-two')]);
      const ids = async (query?: Parameters<Store['alerts']>[0]) => (await store.alerts(query)).map(({ id }) => id);
      expect(await ids()).toEqual(['alert-3', 'alert-2', 'alert-1']);
      expect(await ids({ limit: 2 })).toEqual(['alert-3', 'alert-2']);
      expect(await ids({ limit: 0 })).toEqual([]);
      expect(await ids({ box: 'box-one' })).toEqual(['alert-3', 'alert-1']);
      expect(await ids({ state: 'open' })).toEqual(['alert-2', 'alert-1']);
      expect(await ids({ box: 'box-one', state: 'open', limit: 9 })).toEqual(['alert-1']);
      expect(await ids({ box: "' or 1=1 --" })).toEqual([]);
    });

    it('can be read by hand, in columns', async () => {
      await store.commit([alertArrival(1, 'alert-1')]);
      expect(await database.query(location, 'select * from alert')).toMatchObject([
        {
          box: 'box-one',
          id: 'alert-1',
          state: 'open',
          stage: 'contact',
          severity: 3,
          host_ip: '192.168.10.21',
          remote_name: 'cdn.evil.example',
        },
      ]);
      expect(await database.query(location, 'select first_ms, family from alert_json where json is not null')).toEqual([
        { first_ms: startMs + 5_000, family: 'TestRAT' },
      ]);
    });
  });

  describe('what a hostile box writes', () => {
    it('is stored: text that is no text, keys without end, times that are none, numbers at the limit', async () => {
      const endless = 'x'.repeat(100_000);
      const hostile = alertArrival(
        Number.MAX_SAFE_INTEGER,
        endless,
        {
          rev: Number.MAX_SAFE_INTEGER,
          tsFirst: 'never',
          tsLast: '+275760-09-13T00:00:00.000Z',
          host: { ip: 'a\0b', name: `\ud800${endless}`, vlan: Number.MIN_SAFE_INTEGER },
          remote: { port: Number.MIN_SAFE_INTEGER, name: "'); drop table alert; --" },
        },
        { outbox: 'o\0\udfff' },
      );
      const other = alertArrival(1, `${endless}y`, {}, { outbox: '"{}\\,null' });
      const batch = [hostile, other, arrivalOf(2, { body: 'a\0b' })];
      expect(await store.commit(batch)).toEqual({ fresh: 3, repeats: 0, alertsChanged: 2 });
      expect(await store.commit(batch)).toEqual({ fresh: 0, repeats: 3, alertsChanged: 0 });
      expect((await store.alerts()).map(({ id }) => id.length).sort()).toEqual([100_000, 100_001]);
      expect((await holes()).sort()).toEqual(['outbox-1 1-1', `o\u{fffd}\u{fffd} 1-${Number.MAX_SAFE_INTEGER - 1}`]);
    });

    it('costs little, though it names quadrillions of numbers', async () => {
      const start = performance.now();
      const far = 9_000_000_000_000_000;
      await store.commit([arrivalOf(far)]);
      await store.commit([
        lossArrival(far - 1, [
          [1, 10 ** 15],
          [2 * 10 ** 15, 10 ** 15],
          [10 ** 15 + 2, far],
        ]),
      ]);
      expect(await holes()).toEqual([`outbox-1 ${10 ** 15 + 1}-${10 ** 15 + 1}`]);
      const ranges = (step: number) => Array.from({ length: 500 }, (_, index): [number, number] => [index * step + 2, index * step + 3]);
      const many = Array.from({ length: 20 }, (_, index) => lossArrival(far - index, ranges(10 ** 11 + index), {}, { outbox: 'many' }));
      await store.commit(many);
      expect((await store.holes()).length).toBeLessThanOrEqual(101);
      expect(await count('hole')).toBeGreaterThan(5_000);
      await store.commit([lossArrival(1, [[1, far]], {}, { outbox: 'many' })]);
      expect(await count('hole')).toBe(1);
      expect(performance.now() - start).toBeLessThan(5_000);
    });

    it('does not hide the holes of another box', async () => {
      const odd = Array.from({ length: 3_000 }, (_, index) => arrivalOf(index * 2 + 2, { box: 'box-bad' }));
      await store.commit([...odd, arrivalOf(2, { receivedMs: startMs + 10 ** 6 })]);
      const told = await store.holes();
      expect(told.filter(({ box }) => box === 'box-one')).toHaveLength(1);
      expect(told.length).toBeLessThan(200);
    });
  });

  describe('holes', () => {
    it('are numbers passed over, with the time when that was seen, until they come', async () => {
      await store.commit([arrivalOf(1), arrivalOf(5), arrivalOf(9)]);
      expect(await store.holes()).toEqual([
        { box: 'box-one', outbox: 'outbox-1', first: 2, last: 4, sinceMs: startMs + 5 },
        { box: 'box-one', outbox: 'outbox-1', first: 6, last: 8, sinceMs: startMs + 9 },
      ]);
      await store.commit([arrivalOf(3, { receivedMs: startMs + 60_000 }), arrivalOf(6), arrivalOf(7)]);
      expect(await store.holes()).toEqual([
        { box: 'box-one', outbox: 'outbox-1', first: 2, last: 2, sinceMs: startMs + 5 },
        { box: 'box-one', outbox: 'outbox-1', first: 4, last: 4, sinceMs: startMs + 5 },
        { box: 'box-one', outbox: 'outbox-1', first: 8, last: 8, sinceMs: startMs + 9 },
      ]);
      await store.commit([arrivalOf(2), arrivalOf(8), arrivalOf(4)]);
      expect(await store.holes()).toEqual([]);
    });

    it('are none where the box says what it had to drop, before or after the numbers above came', async () => {
      await store.commit([
        arrivalOf(1),
        arrivalOf(6),
        lossArrival(7, [
          [2, 3],
          [5, 5],
        ]),
      ]);
      expect(await holes()).toEqual(['outbox-1 4-4']);
      await store.commit([
        lossArrival(8, [
          [4, 4],
          [9, 20],
        ]),
      ]);
      expect(await holes()).toEqual([]);
      await store.commit([arrivalOf(22)]);
      expect(await holes()).toEqual(['outbox-1 21-21']);
    });

    it('are shortened, closed and shortened again by one loss that reaches over several', async () => {
      await store.commit([1, 5, 9, 13, 17].map((seq) => arrivalOf(seq)));
      await store.commit([lossArrival(18, [[4, 14]])]);
      expect(await holes()).toEqual(['outbox-1 2-3', 'outbox-1 15-16']);
    });

    it('of an outbox that was lost are explained by the one that followed it', async () => {
      await store.commit([arrivalOf(1), arrivalOf(4)]);
      await store.commit([lossArrival(1, [[2, 3]], { ofOutbox: 'outbox-1' }, { outbox: 'outbox-2' })]);
      expect(await holes()).toEqual([]);
      expect(await store.outboxes()).toMatchObject([
        { outbox: 'outbox-1', messages: 2, last: 4 },
        { outbox: 'outbox-2', messages: 1, last: 1 },
      ]);
    });

    it('agree with a list of single numbers, whoever of two processes commits what', async () => {
      const stores = [store, await another()];
      for (let seed = 0; seed < 25; seed++) {
        const random = randomOf(seed);
        const box = `box-${seed}`;
        const arrived = new Set<number>();
        const explained = new Set<number>();
        const size = 5 + random(50);
        for (let round = 0; round < 5; round++) {
          const batch: Arrival[] = [];
          for (let index = random(8); index > 0; index--) {
            const seq = 1 + random(size);
            const first = 1 + random(size);
            const last = first + random(5) - 1;
            const isLoss = random(4) === 0;
            batch.push(isLoss ? lossArrival(seq, [[first, last]], {}, { box }) : arrivalOf(seq, { box }));
            // A message that came before changes nothing, nor does the second of a batch.
            if (isLoss && !arrived.has(seq)) for (let number = first; number <= last; number++) explained.add(number);
            arrived.add(seq);
          }
          await stores[random(2)]?.commit(batch);
        }
        const accounted = arrived.union(explained);
        const missing = Array.from({ length: Math.max(0, ...accounted) }, (_, index) => index + 1).filter((seq) => !accounted.has(seq));
        const told = (await store.holes()).filter((hole) => hole.box === box);
        const numbers = told.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
        expect(
          numbers.sort((one, other) => one - other),
          `seed ${seed}`,
        ).toEqual(missing);
        expect((await store.outboxes()).find((outbox) => outbox.box === box)?.messages ?? 0, `seed ${seed}`).toBe(arrived.size);
      }
    });
  });

  describe('the end of an outbox', () => {
    const says = (lastSeq: number, outbox: Partial<Health['outbox']> = {}, sighting: Partial<Sighting> = {}) =>
      store.saw([
        sightingOf(60_000, {
          health: healthOf({ outbox: { depth: 0, dropped: 0, outboxId: 'outbox-1', lastSeq, ...outbox } }),
          ...sighting,
        }),
      ]);

    it('that never came is a hole where the box has nothing left, until it comes', async () => {
      await store.commit([arrivalOf(1), arrivalOf(2)]);
      await says(2);
      expect(await holes()).toEqual([]);
      await says(5);
      await says(5);
      expect(await store.holes()).toEqual([{ box: 'box-one', outbox: 'outbox-1', first: 3, last: 5, sinceMs: startMs + 60_000 }]);
      await says(6);
      await store.commit([arrivalOf(7), lossArrival(4, [[3, 3]])]);
      expect(await holes()).toEqual(['outbox-1 5-5', 'outbox-1 6-6']);
      await store.commit([arrivalOf(5), arrivalOf(6)]);
      expect(await holes()).toEqual([]);
      expect(await store.outboxes()).toMatchObject([{ messages: 6, last: 7 }]);
    });

    it('is no hole while messages wait, where the numbers are old, or come from the memory of the broker', async () => {
      await store.commit([arrivalOf(1)]);
      await says(5, { depth: 1 });
      await says(5, { unansweredSeconds: 9 });
      await says(5, {}, { isRetained: true });
      await says(0, { outboxId: 'outbox-2' });
      expect(await holes()).toEqual([]);
      expect(await store.outboxes()).toHaveLength(1);
    });

    it('is a hole though nothing of the outbox ever came, however far it is', async () => {
      await says(Number.MAX_SAFE_INTEGER, { outboxId: 'x'.repeat(64) });
      expect(await holes()).toEqual([`${'x'.repeat(64)} 1-${Number.MAX_SAFE_INTEGER}`]);
    });
  });

  describe('an outbox begun anew', () => {
    const begun = async (sinceMs = 0) => (await store.newOutboxes(sinceMs)).map(({ box, outbox }) => `${box} ${outbox}`);
    const first = (outbox: string, ms: number, changes: Partial<Arrival> = {}) =>
      arrivalOf(1, { outbox, receivedMs: startMs + ms, ...changes });

    it('is told where the box had another one, with the time of its first message; the first one of a box is not', async () => {
      await store.commit([first('outbox-1', 0), first('outbox-9', 0, { box: 'box-two' })]);
      expect(await begun()).toEqual([]);
      await store.commit([first('outbox-2', 9_000), arrivalOf(2, { outbox: 'outbox-2', receivedMs: startMs + 10_000 })]);
      await store.commit([arrivalOf(3, { outbox: 'outbox-2', receivedMs: startMs + 20_000 }), first('outbox-1', 30_000, { seq: 2 })]);
      expect(await store.newOutboxes(0)).toEqual([{ box: 'box-one', outbox: 'outbox-2', sinceMs: startMs + 9_000 }]);
      expect(await begun(startMs + 9_000)).toEqual([]);
      await store.explainOutbox({ box: 'box-one', outbox: 'outbox-2' });
      expect(await begun()).toEqual([]);
    });

    it.each([
      ['that it was damaged', { reason: 'damaged', count: 0 }],
      ['that it was another box’s', { reason: 'foreign', count: 0 }],
      ['what was lost of it', { reason: 'memory', ofOutbox: 'outbox-1' }],
    ] as const)('is explained by a record that tells of the one before %s, at once or later', async (_, changes) => {
      await store.commit([first('outbox-1', 0)]);
      await store.commit([first('outbox-2', 1), lossArrival(2, [], changes, { outbox: 'outbox-2' })]);
      expect(await begun()).toEqual([]);
      await store.commit([first('outbox-3', 2_000)]);
      await store.commit([lossArrival(2, [], { reason: 'quota' }, { outbox: 'outbox-3' })]);
      expect(await begun()).toEqual(['box-one outbox-3']);
      await store.commit([lossArrival(3, [], changes, { outbox: 'outbox-3' })]);
      await store.commit([arrivalOf(4, { outbox: 'outbox-3' })]);
      expect(await begun()).toEqual([]);
    });

    it('is told though the box said its last number before a message of it came; one without a name is none', async () => {
      await store.commit([first('outbox-1', 0), first('', 1)]);
      await store.saw([sightingOf(5, { health: healthOf({ outbox: { depth: 0, dropped: 0, outboxId: 'outbox-2', lastSeq: 3 } }) })]);
      expect(await begun()).toEqual([]);
      await store.commit([first('outbox-2', 9)]);
      expect(await begun()).toEqual(['box-one outbox-2']);
    });

    it('by one box without end does not hide those of another', async () => {
      await store.commit([first('outbox-1', 0), first('outbox-1', 0, { box: 'box-two' })]);
      await store.commit(Array.from({ length: 500 }, (_, index) => first(`other-${index}`, index + 1)));
      await store.commit([first('outbox-2', 9, { box: 'box-two' })]);
      expect(await begun()).toEqual([...[497, 498, 499].map((index) => `box-one other-${index}`), 'box-two outbox-2']);
    });
  });

  describe('boxes', () => {
    it('are known by what they send, with their agency, presence, health and open alerts', async () => {
      const presence = presenceOf();
      const health = healthOf({ ts: atMs(2_000) });
      await store.saw([sightingOf(1_000, { presence }), sightingOf(2_500, { health })]);
      await store.commit([
        alertArrival(1, 'alert-1', {}, { receivedMs: startMs + 4_000 }),
        alertArrival(2, 'alert-2', { state: 'closed' }, { receivedMs: startMs + 3_000 }),
        arrivalOf(1, { box: 'box-two' }),
      ]);
      const [one, two] = await store.boxes();
      expect(one).toEqual({
        box: 'box-one',
        agency: 'UBND huyện Mẫu',
        seenMs: startMs + 4_000,
        provenMs: startMs + 2_500,
        storedMs: expect.any(Number),
        presence,
        presenceMs: startMs + 1_000,
        health,
        healthMs: startMs + 2_500,
        clockOffsetMs: -500,
        openAlerts: 1,
      });
      expect(two).toEqual({ box: 'box-two', seenMs: startMs + 1, storedMs: expect.any(Number), openAlerts: 0 });
    });

    it('known from the memory of the broker alone have given no sign of life', async () => {
      await store.saw([sightingOf(9, { isRetained: true, presence: presenceOf(), health: healthOf() })]);
      expect(await store.boxes()).toEqual([
        { box: 'box-one', agency: 'UBND huyện Mẫu', presence: presenceOf(), health: healthOf(), openAlerts: 0 },
      ]);
    });

    it('stay as they are, save for the sign of life, by what is older', async () => {
      await store.saw([sightingOf(1_000, { presence: presenceOf({ session: 2 }), health: healthOf({ uptimeSeconds: 90 }) })]);
      const [before] = await store.boxes();
      await store.saw([
        sightingOf(5_000, { presence: presenceOf({ session: 1, online: false }), health: healthOf({ uptimeSeconds: 60 }) }),
      ]);
      expect(await store.boxes()).toEqual([{ ...before, seenMs: startMs + 5_000 }]);
    });

    it('lose nothing where two processes hear of them at once', async () => {
      const stores = [store, await another()];
      const ids = Array.from({ length: 20 }, (_, index) => `box-${index}`);
      for (let round = 1; round <= 10; round++) {
        const presence = presenceOf({ session: round, agency: `agency ${round}` });
        const health = healthOf({ uptimeSeconds: round });
        await Promise.all([
          stores[0]?.saw(ids.map((box) => sightingOf(round * 10 + 5, { box, health }))),
          stores[1]?.saw(ids.toReversed().map((box) => sightingOf(round * 10, { box, presence }))),
          stores[0]?.saw(ids.map((box) => sightingOf(round * 10 + 6, { box }))),
          stores[1]?.commit(ids.map((box) => arrivalOf(round, { box, receivedMs: startMs + round * 10 + 7 }))),
        ]);
        for (const box of await store.boxes()) {
          expect(box).toMatchObject({ seenMs: startMs + round * 10 + 7, provenMs: startMs + round * 10 + 5, agency: `agency ${round}` });
          expect([box.presence?.session, box.health?.uptimeSeconds]).toEqual([round, round]);
        }
      }
    });
  });

  describe('alerts of the centre', () => {
    it('are opened by exactly one of several processes', async () => {
      const stores = [store, await another(), await another()];
      const tries = Array.from({ length: 12 }, (_, index) => stores[index % 3]?.openCentreAlert(centreAlertOf({ id: `try-${index}` })));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
      expect(await store.openCentreAlerts()).toHaveLength(1);
    });

    it('grow by a higher revision alone, are closed for good, and may then be opened anew', async () => {
      expect(await store.openCentreAlert(centreAlertOf())).toBe(true);
      expect(await store.updateCentreAlert(centreAlertOf({ rev: 3, count: 5 }))).toBe(true);
      expect(await store.updateCentreAlert(centreAlertOf({ rev: 2 }))).toBe(false);
      expect(await store.updateCentreAlert(centreAlertOf({ rev: 3 }))).toBe(false);
      expect(await store.openCentreAlerts()).toEqual([centreAlertOf({ rev: 3, count: 5 })]);
      expect(await store.openCentreAlert(centreAlertOf({ id: 'another' }))).toBe(false);
      expect(await store.updateCentreAlert(centreAlertOf({ rev: 4, state: 'closed' }))).toBe(true);
      expect(await store.updateCentreAlert(centreAlertOf({ rev: 5 }))).toBe(false);
      expect(await store.openCentreAlerts()).toEqual([]);
      expect(await store.openCentreAlert(centreAlertOf({ id: 'another' }))).toBe(true);
      expect(await store.updateCentreAlert(centreAlertOf({ id: 'unknown', rev: 9 }))).toBe(false);
    });

    it('are one for a box and a kind, and are found by both', async () => {
      const kinds = ['box.silent', 'box.clock'] as const;
      const boxes = ['box-one', 'box-two', `broker ${'n'.repeat(5_000)}\0`];
      for (const box of boxes) {
        for (const kind of kinds) expect(await store.openCentreAlert(centreAlertOf({ id: `${box} ${kind}`, box, kind }))).toBe(true);
      }
      expect(await store.openCentreAlerts()).toHaveLength(6);
      expect(await store.openCentreAlerts({ kind: 'box.clock' })).toHaveLength(3);
      expect((await store.openCentreAlerts({ box: boxes[2]!, kind: 'box.silent' })).map(({ box }) => box)).toEqual([boxes[2]]);
    });
  });

  describe('several processes', () => {
    it('commit overlapping batches at once: each message is there once, each alert in its highest revision', async () => {
      const stores = [store, await another(), await another()];
      const random = randomOf(7);
      const all = Array.from({ length: 600 }, (_, index) =>
        alertArrival(Math.floor(index / 6) + 1, `alert-${index % 40}`, { rev: index + 1 }, { box: `box-${index % 6}` }),
      );
      const results = await Promise.all(
        Array.from({ length: 24 }, (_, index) => {
          const batch = all.filter((_, place) => place % 12 === index % 12 || random(3) === 0).sort(() => random(3) - 1);
          return stores[index % 3]?.commit(batch);
        }),
      );
      expect(results.reduce((sum, result) => sum + (result?.fresh ?? 0), 0)).toBe(600);
      expect(await count('message')).toBe(600);
      expect(await holes()).toEqual([]);
      expect((await store.outboxes()).map(({ messages, last }) => [messages, last])).toEqual(Array(6).fill([100, 100]));
      const highest = new Map(all.map(({ box, alert }) => [`${box} ${alert?.id}`, alert?.rev]));
      expect(new Map((await store.alerts()).map(({ box, id, rev }) => [`${box} ${id}`, rev]))).toEqual(
        new Map([...highest].map(([key, rev]) => [key, rev])),
      );
    });

    it('commit different numbers of one box at once: its highest number and its holes are right', async () => {
      const stores = [store, await another(), await another()];
      const random = randomOf(3);
      const size = 400;
      const absent = new Set(Array.from({ length: 25 }, () => 1 + random(size - 1)));
      const numbers = Array.from({ length: size }, (_, index) => index + 1).filter((seq) => !absent.has(seq));
      const dealt = Map.groupBy(numbers, () => random(30));
      await Promise.all([...dealt.values()].map((seqs, index) => stores[index % 3]?.commit(seqs.map((seq) => arrivalOf(seq)))));
      expect(await store.outboxes()).toEqual([{ box: 'box-one', outbox: 'outbox-1', messages: numbers.length, last: size }]);
      const told = (await store.holes()).flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      );
      expect(new Set(told)).toEqual(absent);
    });

    it('open an empty place at once: all succeed', async () => {
      location = await database.location();
      await Promise.all(Array.from({ length: 4 }, () => another()));
      expect(await database.query(location, 'select product, version from schema_version')).toEqual([{ product: 'vonggac', version: 1 }]);
    });

    it('of an older version are told to be renewed', async () => {
      await database.query(location, 'update schema_version set version = 99');
      await expect(openStore(location)).rejects.toMatchObject({ name: 'StoreError', code: 'database.newer' });
    });
  });

  describe('to make room', () => {
    it('forgets what is old, in bounded steps, and keeps open alerts with all that they say', async () => {
      const old = Array.from({ length: 12_000 }, (_, index) => arrivalOf(index + 1, { outbox: 'old' }));
      for (let index = 0; index < old.length; index += 5_000) await store.commit(old.slice(index, index + 5_000));
      await store.commit([
        alertArrival(1, 'open', { count: 77 }),
        alertArrival(2, 'closed', { state: 'closed' }),
        alertArrival(5, 'young', { state: 'closed' }, { receivedMs: startMs + 10 ** 9 }),
      ]);
      await store.openCentreAlert(centreAlertOf());
      await store.updateCentreAlert(centreAlertOf({ rev: 2, state: 'closed' }));
      await database.query(location, `update centre_alert set stored_ms = ${startMs}`);

      const steps: number[] = [];
      for (let changed = -1; changed !== 0; steps.push(changed)) changed = await store.forget(startMs + 10 ** 6);
      expect(Math.max(...steps)).toBeLessThanOrEqual(5_000);
      expect(steps.length).toBeGreaterThan(2);
      expect((await store.alerts()).map(({ id, count: times }) => [id, times])).toEqual([
        ['young', 4],
        ['open', 77],
      ]);
      expect([await count('message'), await count('centre_alert')]).toEqual([1, 0]);
      // The hole 3-4 was seen when the young one came.
      expect(await holes()).toEqual(['outbox-1 3-4']);
      expect((await store.outboxes()).map(({ outbox, last }) => [outbox, last])).toEqual([
        ['old', 12_000],
        ['outbox-1', 5],
      ]);
      expect(await store.commit([alertArrival(3, 'open', { rev: 2, count: 78 })])).toMatchObject({ alertsChanged: 1 });
      expect((await store.alerts({ state: 'open' }))[0]).toMatchObject({ rev: 2, count: 78 });
    });
  });

  it('says that it was closed, and closes twice without harm', async () => {
    await store.close();
    await store.close();
    await expect(store.commit([arrivalOf(1)])).rejects.toMatchObject({ code: 'database.closed' });
    await expect(store.boxes()).rejects.toMatchObject({ code: 'database.closed' });
  });
});
