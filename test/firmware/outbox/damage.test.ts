import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { OutboxMessage } from '../../../firmware/outbox/outbox.ts';
import { alert, eventually, evidence, lossesIn, mustRun, namesOf, openOutbox, readAll, temporaryFolder } from './outbox-tools.ts';
import { Writer } from './writer.ts';

const homeIn = (folder: string) => join(folder, 'outbox');
const databaseIn = (folder: string) => join(folder, 'outbox', 'outbox.db');
const setAsideIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('outbox.damaged-'));

/** By another process: closing the file in this one would let go of the locks that SQLite holds on it. */
function overwrite(path: string, fromPage = 0, pages = Math.ceil(statSync(path).size / 4096)): void {
  mustRun('dd', 'if=/dev/urandom', `of=${path}`, 'bs=4096', `seek=${fromPage}`, `count=${pages}`, 'conv=notrunc', 'status=none');
}

async function filled(folder: string, alerts: number, name = 'a') {
  const outbox = openOutbox(folder);
  for (let index = 0; index < alerts; index++) outbox.append(alert(`${name}${index}`, 1, 1_000));
  expect(await outbox.flush(10_000)).toBe(true);
  return outbox;
}

const namesUpTo = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index}`);

describe('a damaged outbox', () => {
  it('that is noise when it is opened is set aside, and its loss is reported under its name', async () => {
    const folder = temporaryFolder();
    const before = await filled(folder, 10);
    const [first] = await readAll(before);
    await before.close();
    overwrite(databaseIn(folder));
    const outbox = await filled(folder, 3, 'b');
    const all = await readAll(outbox);
    expect(namesOf(all)).toEqual(['b0', 'b1', 'b2', 'loss']);
    expect(lossesIn(all)).toMatchObject([{ reason: 'damaged', count: 0, ranges: [], ofOutbox: first?.outbox, box: 'box-1' }]);
    expect(all[3]?.outbox).not.toBe(first?.outbox);
    expect(all.map(({ seq }) => seq)).toEqual([2, 3, 4, 1]);
    expect(outbox.writerState).toMatchObject({ mode: 'disk', begunAnew: 1, lost: 0 });
    expect(setAsideIn(folder)).toEqual(['outbox.damaged-1']);
  });

  it('costs nothing of what this process had committed last, when it is overwritten under its hands', async () => {
    const folder = temporaryFolder();
    const outbox = await filled(folder, 3_000);
    const agent = openOutbox(folder);
    expect(await readAll(agent)).toHaveLength(3_000);
    overwrite(databaseIn(folder));
    outbox.append(alert('after', 1, 1_000));
    expect(await outbox.flush(10_000)).toBe(true);
    // Whoever notices first.
    await eventually(async () => (await readAll(agent)).length > 0 && outbox.writerState.begunAnew === 1, 'the new outbox');
    outbox.append(alert('later', 1, 1_000));
    expect(await outbox.flush(10_000)).toBe(true);
    const wanted = [...namesUpTo('a', 3_000), 'after', 'later'];
    await eventually(async () => {
      const names = new Set(namesOf(await readAll(agent)));
      return wanted.every((name) => names.has(name));
    }, 'all that was ever committed');
    expect(lossesIn(await readAll(agent)).map(({ reason }) => reason)).toContain('damaged');
    expect(setAsideIn(folder)).toEqual(['outbox.damaged-1']);
    expect([outbox, agent].map(({ writerState }) => writerState.begunAnew)).toEqual([1, 1]);
  });

  it('is read as far as it can be, and that is carried over with its age', async () => {
    const folder = temporaryFolder();
    const before = await filled(folder, 2_000);
    before.append(evidence(50_000, 5));
    await before.flush(5_000);
    const { oldestMs } = await before.measure();
    await before.close();
    const pages = statSync(databaseIn(folder)).size / 4096;
    // Some 60 alerts.
    overwrite(databaseIn(folder), Math.floor(pages / 2), 20);
    const outbox = openOutbox(folder);
    await eventually(
      async () => (await readAll(outbox)).some(({ kind }) => kind === 'evidence') && outbox.writerState.begunAnew === 1,
      'what was saved',
    );
    const all = await readAll(outbox);
    const alerts = namesOf(all).filter((name) => name.startsWith('a'));
    expect(new Set(alerts).size).toBeGreaterThan(1_850);
    expect(alerts).toContain('a0');
    expect(alerts).toContain('a1999');
    expect(all.find(({ kind }) => kind === 'evidence')?.body).toEqual(new Uint8Array(50_000).fill(5));
    expect((await outbox.measure()).oldestMs).toBe(oldestMs);
    const loss = lossesIn(all).filter(({ reason }) => reason === 'damaged');
    expect(loss).toHaveLength(1);
    await eventually(() => existsSync(join(folder, 'outbox.damaged-1', 'carried')), 'the end of carrying over');
    // Not again the next time.
    const { depth } = await outbox.measure();
    await outbox.close();
    const again = openOutbox(folder);
    await sleep(300);
    expect((await again.measure()).depth).toBe(depth);
  });

  it.each([
    ['its file', (folder: string) => rmSync(databaseIn(folder))],
    ['its folder', (folder: string) => rmSync(homeIn(folder), { recursive: true })],
    ['everything', (folder: string) => rmSync(folder, { recursive: true })],
    ['it, moved elsewhere,', (folder: string) => renameSync(homeIn(folder), join(folder, 'elsewhere'))],
  ])('that is gone, %s, is begun anew, also by a process that has nothing to write', async (_, remove) => {
    const folder = temporaryFolder();
    const outbox = await filled(folder, 5);
    const [first] = await readAll(outbox);
    remove(folder);
    await eventually(() => existsSync(databaseIn(folder)) && outbox.writerState.begunAnew === 1, 'a new outbox');
    const all = await readAll(outbox);
    expect(namesOf(all)).toEqual([...namesUpTo('a', 5), 'loss']);
    expect(lossesIn(all)).toMatchObject([{ reason: 'damaged', ofOutbox: first?.outbox }]);
    outbox.append(alert('b'));
    expect(await outbox.flush(5_000)).toBe(true);
  });

  it('keeps what was appended to a file that was moved away in between: nothing is confirmed that is not in its place', async () => {
    const folder = temporaryFolder();
    const outbox = await filled(folder, 5);
    const other = await filled(folder, 5, 'b');
    rmSync(homeIn(folder), { recursive: true });
    outbox.append(alert('late-1'));
    other.append(alert('late-2'));
    expect(await Promise.all([outbox.flush(5_000), other.flush(5_000)])).toEqual([true, true]);
    const names = namesOf(await readAll(other));
    expect(names).toEqual(expect.arrayContaining(['late-1', 'late-2', ...namesUpTo('a', 5), ...namesUpTo('b', 5)]));
  });

  it('is kept for whoever wants to know, the newest two', async () => {
    const folder = temporaryFolder();
    for (let round = 0; round < 4; round++) {
      const outbox = await filled(folder, 5, `r${round}-`);
      await outbox.close();
      overwrite(databaseIn(folder));
    }
    await filled(folder, 1, 'last');
    expect(setAsideIn(folder).sort()).toEqual(['outbox.damaged-3', 'outbox.damaged-4']);
  });

  it('is replaced once, by one of the processes that all find it damaged, and nothing confirmed is lost', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const agent = openOutbox(folder);
    const cursor = agent.cursor();
    const seen: OutboxMessage[] = [];
    const read = async () => {
      const messages = await cursor.next(200);
      for (const message of messages) seen.push(message);
      await agent.remove(messages);
    };
    const writers = ['a', 'b'].map((name) => new Writer(folder, name, 1, 200));
    const overwritings = 3;
    for (let round = 1; round <= overwritings; round++) {
      const wanted = writers.map((writer) => writer.confirmed + 20);
      await eventually(async () => {
        await read();
        return writers.every((writer, index) => writer.confirmed > (wanted[index] ?? 0));
      }, `writers that confirm. ${writers[0]?.errors}`);
      const inode = statSync(databaseIn(folder)).ino;
      overwrite(databaseIn(folder));
      await eventually(async () => {
        await read();
        return statSync(databaseIn(folder), { throwIfNoEntry: false })?.ino !== inode;
      }, 'another file');
      // As often as one may be set aside.
      await sleep(1_100);
    }
    for (const writer of writers) await writer.kill();
    await eventually(async () => {
      await read();
      const names = new Set(namesOf(seen));
      return writers.every(({ name, confirmed }) =>
        namesUpTo(`${name}-`, confirmed + 1)
          .slice(1)
          .every((each) => names.has(each)),
      );
    }, 'all that was confirmed');
    expect(setAsideIn(folder).sort()).toEqual(['outbox.damaged-2', 'outbox.damaged-3']);
    expect(agent.writerState.begunAnew).toBe(overwritings);
    // Each name is of one message only.
    const named = new Map<string, string>();
    for (const { outbox, seq, body } of seen) {
      const text = typeof body === 'string' ? body : `${body.length} bytes of ${body[0]}`;
      expect(named.get(`${outbox} ${seq}`) ?? text).toBe(text);
      named.set(`${outbox} ${seq}`, text);
    }
  });
});
