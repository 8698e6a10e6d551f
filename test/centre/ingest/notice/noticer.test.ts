import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitsSchema } from '../../../../centre/ingest/notice/limits.ts';
import { Noticer } from '../../../../centre/ingest/notice/noticer.ts';
import { openStore } from '../../../../centre/store/open-store.ts';
import type { Sighting, Store } from '../../../../centre/store/store.ts';
import { type CentreAlert, centreAlertSchema } from '../../../../firmware/contract/centre-alert.ts';
import type { Loss } from '../../../../firmware/contract/loss.ts';
import { healthOf, numberedAlert, onTheWire, presenceOf, temporaryFolder } from '../ingest-process.ts';

const box = 'hx-lang-son';
const limits = limitsSchema.parse({});
const startMs = Date.UTC(2026, 0, 20);

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let nowMs: number;
let told: CentreAlert[];
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder.store);
  nowMs = startMs;
  told = [];
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

function noticer(wallAheadMs = 0): Noticer {
  const sinceMs = nowMs - startMs + 1_000;
  return new Noticer({
    store,
    limits,
    clocks: () => ({ wallMs: nowMs + wallAheadMs, monotonicMs: nowMs - startMs + 1_000 }),
    listeningSinceMs: () => sinceMs,
    publish: (alert) => told.push(centreAlertSchema.parse(alert)),
    problem: (error) => {
      throw error;
    },
  });
}

/** Time passes, and every noticer looks every five seconds. */
async function pass(seconds: number, ...noticers: Noticer[]): Promise<void> {
  for (let step = 0; step < seconds; step += 5) {
    nowMs += 5_000;
    for (const one of noticers) await one.check();
  }
}

const saw = (sighting: Partial<Sighting>) => store.saw([{ box, receivedMs: nowMs, isRetained: false, ...sighting }]);
const lives = () => saw({ health: healthOf(box, { ts: new Date(nowMs).toISOString(), uptimeSeconds: (nowMs - startMs) / 1_000 }) });
const inShort = () => told.map(({ kind, state, rev }) => `${kind} ${state} ${rev}`);
const loss = (changes: Partial<Loss> = {}): Loss => ({
  ...{ schema: 'loss/1', box, boot: 'b', ts: 't', tsFirst: 't', kind: 'alert', reason: 'quota', count: 3, ranges: [] },
  ...changes,
});

describe('the noticer', () => {
  it('tells of a box that falls silent once, however long it lasts, and takes it back when the box is there again', async () => {
    const one = noticer();
    await saw({ presence: presenceOf(box) });
    await lives();
    await pass(140, one);
    expect(inShort()).toEqual([]);
    await pass(600, one);
    expect(inShort()).toEqual(['box.silent open 1']);
    expect(told[0]).toMatchObject({
      agency: 'UBND huyện Mẫu',
      severity: 3,
      box,
      reasons: [{ threshold: 150 }, { value: new Date(startMs).toISOString() }],
    });
    for (let round = 0; round < 3; round++) {
      await lives();
      await pass(30, one);
    }
    expect(inShort()).toEqual(['box.silent open 1', 'box.silent closed 2']);
    expect(await store.openCentreAlerts()).toEqual([]);
  });

  it('lets exactly one of several processes tell, and does not let them take each other back', async () => {
    const several = [noticer(), noticer(), noticer()];
    await saw({ presence: presenceOf(box) });
    await lives();
    await pass(600, ...several);
    expect(inShort()).toEqual(['box.silent open 1']);
    const late = noticer();
    await pass(60, ...several, late);
    expect(inShort()).toHaveLength(1);
  });

  it('does not take silence for the fault of a box where the clock of the centre was set', async () => {
    let wallAheadMs = 0;
    const one = new Noticer({
      store,
      limits,
      clocks: () => ({ wallMs: nowMs + wallAheadMs, monotonicMs: nowMs - startMs + 1_000 }),
      listeningSinceMs: () => 0,
      publish: (alert) => told.push(alert),
      problem: () => undefined,
    });
    for (let round = 0; round < 8; round++) {
      await saw({ receivedMs: nowMs + wallAheadMs, health: healthOf(box, { uptimeSeconds: round, ts: new Date(nowMs).toISOString() }) });
      await pass(30, one);
      if (round === 3) wallAheadMs = 86_400_000;
    }
    expect(inShort()).toEqual([]);
  });

  it('does not tell anew at once of a box that comes and goes', async () => {
    const one = noticer();
    const lost = (session: number) => saw({ presence: presenceOf(box, { online: false, session }) });
    const back = (session: number) => saw({ presence: presenceOf(box, { session, ts: new Date(nowMs).toISOString() }) });
    for (let session = 1; session <= 12; session++) {
      await back(session);
      await lives();
      await pass(20, one);
      await lost(session);
      await pass(30, one);
    }
    // It flaps, and is back within the grace each time.
    expect(inShort()).toEqual([]);
    await pass(60, one);
    await back(20);
    await lives();
    await pass(60, one);
    expect(inShort()).toEqual(['box.silent open 1', 'box.silent closed 2']);
    await lost(20);
    await pass(120, one);
    expect(inShort()).toHaveLength(2);
    await pass(300, one);
    expect(inShort()).toHaveLength(3);
  });

  it('does not call every agency where the line of the centre is down: most boxes silent at once are one alert', async () => {
    const one = noticer();
    const names = Array.from({ length: 9 }, (_, index) => `hx-${index}0`);
    await store.saw([{ box: 'retired', receivedMs: nowMs - 30 * 86_400_000, isRetained: false, health: healthOf('retired') }]);
    await store.saw(names.map((name) => ({ box: name, receivedMs: nowMs, isRetained: false, health: healthOf(name) })));
    await pass(200, one);
    expect(told.map(({ kind, box: name }) => `${kind} ${name}`).sort()).toEqual(['box.silent -', 'box.silent retired']);
    // Those that stay away when the others are back are told of by name.
    for (let round = 1; round <= 3; round++) {
      const health = (name: string) => healthOf(name, { uptimeSeconds: round + nowMs / 1_000 });
      await store.saw(names.slice(2).map((name) => ({ box: name, receivedMs: nowMs, isRetained: false, health: health(name) })));
      await pass(30, one);
    }
    expect(
      told
        .slice(2)
        .map(({ kind, box: name, state }) => `${kind} ${name} ${state}`)
        .sort(),
    ).toEqual(['box.silent - closed', 'box.silent hx-00 open', 'box.silent hx-10 open']);
  });

  it('knows a box that was lost before it came itself, from the memory of the broker', async () => {
    const one = noticer();
    await saw({ presence: presenceOf(box, { online: false }), isRetained: true });
    await pass(90, one);
    expect(told).toMatchObject([{ kind: 'box.silent', state: 'open', reasons: [{ threshold: 60 }] }]);
  });

  it('tells of a hole once the box has nothing left, and takes it back when it was filled', async () => {
    const one = noticer();
    const commit = (...seqs: number[]) =>
      store.commit(
        seqs.map((seq) => {
          const alert = numberedAlert(box, seq);
          return { box, outbox: 'o1', seq, kind: 'alert', receivedMs: nowMs, body: onTheWire(alert), alert } as const;
        }),
      );
    await commit(1, 2, 5);
    for (let round = 0; round < 6; round++) {
      await pass(30, one);
      await lives();
    }
    expect(inShort()).toEqual(['box.hole open 1']);
    expect(told[0]?.reasons.slice(0, 2)).toEqual([
      { measured: 'messages missing', value: 2 },
      { measured: 'their numbers', value: '3-4' },
    ]);
    await commit(3);
    await pass(60, one);
    expect(told[1]).toMatchObject({ rev: 2, reasons: [{ value: 1 }, { value: '4' }, {}, {}] });
    await lives();
    await commit(4);
    await pass(35, one);
    expect(inShort().at(-1)).toBe('box.hole closed 3');
  });

  const firstOf = (outbox: string) => store.commit([{ box, outbox, seq: 1, kind: 'health', receivedMs: nowMs, body: '{}' }]);
  const keepsIn = (mode: 'disk' | 'memory') =>
    saw({ health: healthOf(box, { uptimeSeconds: (nowMs - startMs) / 1_000, outbox: { depth: 0, dropped: 0, mode } }) });

  it('tells once of an outbox that gave way to a new one without a word, and takes it back after a day', async () => {
    const several = [noticer(), noticer()];
    await firstOf('o1');
    await pass(30, ...several);
    await firstOf('o2');
    for (let round = 0; round < 12; round++) {
      await pass(30, ...several, noticer());
      await keepsIn('disk');
    }
    expect(inShort()).toEqual(['box.hole open 1']);
    expect(told[0]).toMatchObject({ severity: 2, reasons: [{ measured: 'new outbox', value: 'o2' }] });
    nowMs += 86_400_000;
    await keepsIn('disk');
    await pass(60, ...several);
    expect(inShort().filter((text) => text.startsWith('box.hole'))).toEqual(['box.hole open 1', 'box.hole closed 2']);
  });

  it('does not tell of an outbox in memory, which is another one after every start', async () => {
    const one = noticer();
    await firstOf('o1');
    await pass(30, one);
    await firstOf('o2');
    await keepsIn('memory');
    await pass(30, one);
    for (let round = 0; round < 12; round++) {
      await keepsIn('disk');
      await pass(30, one);
    }
    expect(inShort()).toEqual([]);
  });

  it('tells of the lost end of an outbox, which no later number gives away', async () => {
    const one = noticer();
    await firstOf('o1');
    for (let round = 0; round < 7; round++) {
      await saw({
        health: healthOf(box, { uptimeSeconds: (nowMs - startMs) / 1_000, outbox: { depth: 0, dropped: 0, outboxId: 'o1', lastSeq: 4 } }),
      });
      await pass(30, one);
    }
    expect(told).toMatchObject([{ kind: 'box.hole', severity: 3, reasons: [{ value: 3 }, { value: '2-4' }, {}, { value: 0 }] }]);
  });

  it('has an alert about lost alerts in the store before the box may forget, counts more of them, and closes it after a quiet day', async () => {
    const one = noticer();
    await lives();
    await one.check();
    expect(one.countLoss(loss({ kind: 'evidence' }))).toBe(false);
    expect(one.countLoss(loss({ reason: 'merged' }))).toBe(false);
    expect(one.countLoss(loss())).toBe(true);
    await one.tellLosses();
    expect(await store.openCentreAlerts()).toMatchObject([{ kind: 'box.loss', count: 1, reasons: [{ value: 3 }, { value: 'quota' }] }]);
    one.countLoss(loss({ count: 4 }));
    one.countLoss(loss({ count: 5, reason: 'memory' }));
    await one.tellLosses();
    // Not a revision for each record of a box that loses much.
    expect(inShort()).toEqual(['box.loss open 1']);
    await pass(60, one);
    expect(told[1]).toMatchObject({ rev: 2, count: 3, reasons: [{ value: 12 }, { value: 'memory' }] });
    nowMs += 86_400_000;
    await pass(10, one);
    expect(inShort()).toContain('box.loss closed 3');
  });

  it('does not let a box that sends rubbish, or a stranger with many names, fill the store with alerts', async () => {
    const one = noticer();
    for (let index = 0; index < 5_000; index++) one.occurrences.happened('box.refused', box, `refusal ${index}`);
    for (let round = 0; round < 7; round++) {
      for (let index = 0; index < 1_000; index++) one.occurrences.happened('broker.denied', `stranger-${round}-${index}`, 'line');
      await one.check();
    }
    const open = await store.openCentreAlerts();
    expect(open.filter(({ kind }) => kind === 'box.refused')).toMatchObject([
      { count: 5_000, reasons: [{ value: 5_000 }, { value: 'refusal 4999' }] },
    ]);
    expect(open.filter(({ kind }) => kind === 'broker.denied').length).toBeLessThanOrEqual(501);
  }, 30_000);

  it('blames the clock of the centre once, not every box, where most are off alike', async () => {
    const one = noticer();
    for (const name of ['hx-01', 'hx-02', 'hx-03', 'hx-04']) {
      await store.saw([{ box: name, receivedMs: nowMs, isRetained: false, health: healthOf(name) }]);
      for (let message = 0; message < 3; message++) one.heardClock(name, nowMs, nowMs + 90_000);
    }
    await one.check();
    expect(told).toMatchObject([{ kind: 'box.clock', box: '-', reasons: [{ value: -90 }, { value: 4 }] }]);
    expect(one.isClockRight).toBe(false);
  });
});
