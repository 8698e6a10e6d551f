import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { numbered } from '../../../firmware/outbox/outbox.ts';
import { alert, eventually, evidence, health, lossesIn, namesOf, openOutbox, presence, readAll, temporaryFolder } from './outbox-tools.ts';

const databaseIn = (folder: string) => join(folder, 'outbox', 'outbox.db');

describe('the outbox on disk', () => {
  it('gives alerts first, then loss, presence, health and evidence, each oldest first and as it was written', async () => {
    const outbox = openOutbox(temporaryFolder());
    for (const message of [evidence(3, 7), health('h'), presence('p'), alert('a'), health('i'), alert('b')]) outbox.append(message);
    expect(await outbox.flush(5_000)).toBe(true);
    const cursor = outbox.cursor();
    const first = await cursor.next(1);
    const rest = await cursor.next(10);
    expect(namesOf([...first, ...rest])).toEqual(['a', 'b', 'presence', 'health', 'health', 'evidence']);
    expect([...first, ...rest].map(({ seq }) => seq)).toEqual([4, 6, 3, 2, 5, 1]);
    expect(first[0]).toMatchObject(alert('a'));
    expect(rest.at(-1)?.body).toEqual(new Uint8Array([7, 7, 7]));
    expect(JSON.parse(String(numbered(first[0] as never)))).toMatchObject({
      seq: 4,
      outboxId: first[0]?.outbox,
      schema: 'alert/1',
      id: 'a',
    });
  });

  it('gives none twice, not even to two calls at once, and what is appended later at the next call', async () => {
    const outbox = openOutbox(temporaryFolder());
    for (const name of ['a', 'b', 'c']) outbox.append(alert(name));
    outbox.append(health('h'));
    await outbox.flush(5_000);
    const cursor = outbox.cursor();
    const both = await Promise.all([cursor.next(2), cursor.next(2)]);
    expect(both.map(namesOf)).toEqual([
      ['a', 'b'],
      ['c', 'health'],
    ]);
    expect(await cursor.next(2)).toEqual([]);
    outbox.append(alert('late'));
    await outbox.flush(5_000);
    expect(namesOf(await cursor.next(2))).toEqual(['late']);
  });

  it('numbers on without a gap when it is opened again, under the same id', async () => {
    const folder = temporaryFolder();
    const first = openOutbox(folder);
    first.append(alert('a'));
    first.append(alert('b'));
    await first.flush(5_000);
    const before = await readAll(first);
    await first.remove(before);
    await first.close();
    const second = openOutbox(folder);
    second.append(alert('c'));
    await second.flush(5_000);
    const after = await readAll(second);
    expect(after).toMatchObject([{ id: 'c', seq: 3, outbox: before[0]?.outbox }]);
    expect(second.writerState).toMatchObject({ mode: 'disk', begunAnew: 0, lost: 0 });
  });

  it('is one queue for two, of which each sees what the other appends and removes', async () => {
    const folder = temporaryFolder();
    const [sensor, agent] = [openOutbox(folder), openOutbox(folder)];
    const cursor = agent.cursor();
    // Both create it, at once.
    sensor.append(alert('a'));
    agent.append(presence('p'));
    expect(await Promise.all([sensor.flush(5_000), agent.flush(5_000)])).toEqual([true, true]);
    const all = await cursor.next(10);
    expect(namesOf(all)).toEqual(['a', 'presence']);
    expect(all.map(({ seq }) => seq).sort()).toEqual([1, 2]);
    await agent.remove(all);
    expect(await sensor.measure()).toMatchObject({ depth: 0, bytes: 0, oldestMs: undefined, dropped: 0 });
  });

  it('removes what is named and nothing else', async () => {
    const outbox = openOutbox(temporaryFolder());
    for (const name of ['a', 'b', 'c']) outbox.append(alert(name));
    await outbox.flush(5_000);
    const [first, second] = await readAll(outbox);
    if (first === undefined || second === undefined) throw new Error('not all read');
    await Promise.all([
      outbox.remove([first]),
      outbox.remove([
        { ...second, outbox: 'of another life' },
        { outbox: first.outbox, seq: 99 },
      ]),
    ]);
    await outbox.remove([first]);
    expect(namesOf(await readAll(outbox))).toEqual(['b', 'c']);
  });

  it('measures what waits, by kind, in bytes, and since when', async () => {
    const outbox = openOutbox(temporaryFolder());
    const startMs = Date.now();
    const message = alert('ế');
    outbox.append(message);
    outbox.append(evidence(1_000));
    await outbox.flush(5_000);
    const { oldestMs, ...measure } = await outbox.measure();
    expect(measure).toEqual({
      depth: 2,
      bytes: Buffer.byteLength(String(message.body)) + 1_000,
      byKind: { alert: 1, loss: 0, presence: 0, health: 0, evidence: 1 },
      dropped: 0,
      outboxId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      lastSeq: 2,
    });
    expect(oldestMs).toBeGreaterThanOrEqual(startMs);
    expect(oldestMs).toBeLessThanOrEqual(Date.now());
  });

  it('leaves a record of what can never be delivered, which grows until it is read', async () => {
    const outbox = openOutbox(temporaryFolder());
    for (const name of ['a', 'b', 'c', 'd', 'e']) outbox.append(alert(name));
    await outbox.flush(5_000);
    const all = await readAll(outbox);
    for (const key of [all[0], all[1], all[3]]) await outbox.refuse(key as never);
    expect(await outbox.measure()).toMatchObject({ depth: 3, dropped: 3, byKind: { alert: 2, loss: 1 } });
    await eventually(async () => (await readAll(outbox)).some(({ kind }) => kind === 'loss'), 'a record of loss');
    const left = await readAll(outbox);
    expect(namesOf(left)).toEqual(['c', 'e', 'loss']);
    expect(left[2]?.seq).toBe(6);
    expect(lossesIn(left)).toMatchObject([
      {
        box: 'box-1',
        boot: 'boot-1',
        kind: 'alert',
        reason: 'refused',
        count: 3,
        ranges: [
          [1, 2],
          [4, 4],
        ],
      },
    ]);
    await outbox.refuse(all[4] as never);
    expect(lossesIn(await readAll(outbox))[0]).toEqual(lossesIn(left)[0]);
    await eventually(async () => lossesIn(await readAll(outbox)).length === 2, 'a second record');
    expect(lossesIn(await readAll(outbox))[1]).toMatchObject({ count: 1, ranges: [[5, 5]] });
  });

  it('refuses a message larger than any that could be sent, and goes on with the others', async () => {
    const outbox = openOutbox(temporaryFolder());
    outbox.append(alert('a'));
    outbox.append(evidence(1_100_000));
    outbox.append({ kind: 'alert', id: 'x'.repeat(1_100_000), body: '{}' });
    outbox.append(alert('b'));
    expect(await outbox.flush(5_000)).toBe(true);
    expect(outbox.writerState).toMatchObject({ mode: 'disk', lost: 2, begunAnew: 0 });
    const all = await readAll(outbox);
    expect(namesOf(all)).toEqual(['a', 'b', 'loss', 'loss']);
    expect(lossesIn(all).map(({ kind, reason, count }) => `${count} ${kind} ${reason}`)).toEqual(['1 alert refused', '1 evidence refused']);
  });

  it('drops a message whose text has changed on the disk, and says which', async () => {
    const folder = temporaryFolder();
    const outbox = openOutbox(folder);
    for (const name of ['a', 'b', 'c']) outbox.append(alert(name));
    await outbox.flush(5_000);
    const database = new DatabaseSync(databaseIn(folder));
    database.exec(`UPDATE message SET body = replace(body, '"b"', '"B"')`);
    database.close();
    expect(namesOf(await readAll(outbox))).not.toContain('b');
    await eventually(async () => lossesIn(await readAll(outbox)).length > 0, 'a record of loss');
    expect(lossesIn(await readAll(outbox))).toMatchObject([{ kind: 'alert', reason: 'damaged', count: 1, ranges: [[2, 2]] }]);
    expect(await outbox.measure()).toMatchObject({ depth: 3, byKind: { alert: 2, loss: 1 }, dropped: 1 });
  });

  it('tells when something new is committed, and commits within the time set', async () => {
    let told = 0;
    const outbox = openOutbox(temporaryFolder(), { onCommitted: () => told++ });
    outbox.append(alert('a'));
    await outbox.flush(5_000);
    const startMs = performance.now();
    outbox.append(alert('b'));
    outbox.append(alert('c'));
    expect(outbox.writerState.waiting).toBe(2);
    await eventually(() => outbox.writerState.waiting === 0, 'the commit');
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(told).toBe(2);
  });

  it('commits even while the event loop gets no turn for seconds', async () => {
    const folder = temporaryFolder();
    const outbox = openOutbox(folder);
    outbox.append(alert('first'));
    await outbox.flush(5_000);
    const reader = new DatabaseSync(databaseIn(folder), { readOnly: true });
    const count = () => Number(reader.prepare('SELECT count(*) AS count FROM message').get()?.count);
    const endMs = performance.now() + 2_000;
    let appended = 0;
    // Never gives way, as capture under load.
    while (performance.now() < endMs) {
      outbox.append(alert(`a${appended++}`));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
    expect(count()).toBeGreaterThan(appended / 2);
    reader.close();
  });

  it('lets the group of the service at its files, and nobody else', async () => {
    const folder = join(temporaryFolder(), 'made', 'here');
    const outbox = openOutbox(folder);
    outbox.append(alert('a'));
    await outbox.flush(5_000);
    const home = join(folder, 'outbox');
    expect(statSync(home).mode & 0o777).toBe(0o770);
    const modes = readdirSync(home).map((name) => [name, (statSync(join(home, name)).mode & 0o777).toString(8)]);
    expect(Object.fromEntries(modes)).toMatchObject({ 'outbox.db': '660', 'outbox.db-wal': '660', 'outbox.db-shm': '660' });
    expect(statSync(join(folder, 'open.lock')).mode & 0o777).toBe(0o660);
  });
});
