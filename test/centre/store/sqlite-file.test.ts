import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../../centre/store/open-store.ts';
import { StoreError } from '../../../centre/store/store-error.ts';
import { alertArrival, arrivalOf } from './samples.ts';

// On a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

describe('a store in a SQLite file', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vonggac-sqlite-'));
    file = join(folder, 'centre.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What opening says, checked to be fit for a person: one line, with what to do. */
  async function faultOf(location: string): Promise<StoreError> {
    const fault: unknown = await openStore(location).then(
      (store) => store.close(),
      (error: unknown) => error,
    );
    if (!(fault instanceof StoreError)) throw new Error(`no StoreError: ${String(fault)}`);
    for (const text of [fault.message, fault.inWords('vi')]) {
      expect(text).not.toMatch(/[\n{}]|undefined/);
      expect(text).toContain(';');
    }
    return fault;
  }

  it('is made where there is none, for its owner and group alone, and waits for the disk at each commit', async () => {
    const store = await openStore(file);
    await store.commit([arrivalOf(1)]);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o007).toBe(0);
    await store.close();
    const database = new DatabaseSync(file);
    expect(database.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' });
    database.close();
  });

  it('is not made in a folder that does not exist', async () => {
    const fault = await faultOf(join(folder, 'missing', 'centre.db'));
    expect(fault.code).toBe('file.folder-missing');
    expect(fault.message).toContain(`mkdir -p ${join(folder, 'missing')}`);
    expect((await faultOf(join(file, 'centre.db'))).code).toBe('file.folder-missing');
  });

  it('is no folder', async () => {
    expect((await faultOf(folder)).code).toBe('file.not-a-file');
  });

  it.each(['mysql://root:secret@host/db', 'https://example.org/x.db', ''])('is not taken for %o', async (location) => {
    const fault = await faultOf(location);
    expect(fault.code).toBe('location.unknown');
    expect(fault.message).not.toContain('secret');
  });

  it('says so where this user may not write there', async () => {
    await (await openStore(file)).close();
    chmodSync(file, 0o440);
    chmodSync(folder, 0o555);
    if (isRoot) process.seteuid?.(nobody);
    try {
      expect((await faultOf(file)).code).toBe('file.permission');
      expect((await faultOf(join(folder, 'new.db'))).code).toBe('file.permission');
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o755);
    }
  });

  it.each([
    ['noise', () => randomBytes(100_000)],
    ['a text', () => Buffer.from('this is no database\n'.repeat(300))],
    ['a few bytes', () => Buffer.from('x')],
  ])('says that %s is no database', async (_, content) => {
    writeFileSync(file, content());
    expect((await faultOf(file)).code).toBe('database.damaged');
  });

  it('says so where the file was overwritten with noise while it was not open', async () => {
    const store = await openStore(file);
    await store.commit(Array.from({ length: 500 }, (_, index) => alertArrival(index + 1, `alert-${index}`)));
    await store.close();
    writeFileSync(file, randomBytes(statSync(file).size));
    expect((await faultOf(file)).code).toBe('database.damaged');
  });

  it('neither crashes nor hangs where its pages turn to noise behind the first', async () => {
    const store = await openStore(file);
    await store.commit(Array.from({ length: 500 }, (_, index) => alertArrival(index + 1, `alert-${index}`)));
    await store.close();
    const content = readFileSync(file);
    randomBytes(content.length - 4_096).copy(content, 4_096);
    writeFileSync(file, content);
    expect((await faultOf(file)).code).toBe('database.damaged');
  });

  it('rejects in words, and does not crash, where noise is written over the open file', async () => {
    const store = await openStore(file);
    const batch = (round: number) =>
      Array.from({ length: 300 }, (_, index) => alertArrival(round * 300 + index + 1, `a-${round}-${index}`));
    await store.commit(batch(0));
    for (const name of [file, `${file}-wal`]) writeFileSync(name, randomBytes(statSync(name).size), { flag: 'r+' });
    const outcomes = await Promise.allSettled([1, 2, 3].map((round) => store.commit(batch(round))));
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StoreError);
    await Promise.allSettled([store.boxes(), store.close()]);
    expect((await faultOf(file)).code).toBe('database.damaged');
  });

  it('does not touch the database of another program', async () => {
    const database = new DatabaseSync(file);
    database.exec('create table message (text)');
    database.close();
    const before = readFileSync(file);
    expect((await faultOf(file)).code).toBe('database.foreign');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is not written to any more once it was moved away: nobody would find what is stored', async () => {
    const store = await openStore(file);
    await store.commit([arrivalOf(1)]);
    renameSync(file, `${file}.old`);
    await expect(store.commit([arrivalOf(2)])).rejects.toMatchObject({ code: 'file.gone' });
    writeFileSync(file, '');
    await expect(store.commit([arrivalOf(2)])).rejects.toMatchObject({ code: 'file.gone' });
    await store.close();
  });

  it('waits while another program writes, and lets this process go on meanwhile', async () => {
    const store = await openStore(file);
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
      if (turns === 20) other.exec('commit');
    }, 5);
    expect(await store.commit([arrivalOf(1)])).toMatchObject({ fresh: 1 });
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(20);
    other.close();
    await store.close();
  });

  it('survives that a reader holds an old state: commits go on', async () => {
    const store = await openStore(file);
    await store.commit([arrivalOf(1)]);
    const reader = new DatabaseSync(file);
    reader.exec('begin');
    expect(reader.prepare('select count(*) as n from message').get()).toEqual({ n: 1 });
    await store.commit([arrivalOf(2)]);
    expect(reader.prepare('select count(*) as n from message').get()).toEqual({ n: 1 });
    reader.close();
    expect(await store.outboxes()).toMatchObject([{ messages: 2 }]);
    await store.close();
  });

  it.skipIf(!isRoot)('rejects a commit where the disk is full, keeps what it had, and goes on once there is room', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'vonggac-test', disk]).status).toBe(0);
    const ballast = join(disk, 'ballast');
    try {
      const store = await openStore(join(disk, 'centre.db'));
      await store.commit([arrivalOf(1)]);
      writeFileSync(ballast, Buffer.alloc(1_500_000));
      const large = (seq: number) => arrivalOf(seq, { kind: 'evidence', body: randomBytes(400_000) });
      let stored = 1;
      let fault: unknown;
      while (fault === undefined && stored < 20) {
        await store.commit([large(stored + 1)]).then(
          () => {
            stored += 1;
          },
          (error: unknown) => {
            fault = error;
          },
        );
      }
      expect(fault).toMatchObject({ name: 'StoreError', code: 'database.full' });
      expect(await store.outboxes()).toMatchObject([{ messages: stored, last: stored }]);
      rmSync(ballast);
      expect(await store.commit([large(stored + 1)])).toMatchObject({ fresh: 1 });
      expect(await store.outboxes()).toMatchObject([{ messages: stored + 1 }]);
      expect(await store.holes()).toEqual([]);
      await store.close();
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });
});
