import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  alert,
  canMount,
  eventually,
  evidence,
  health,
  lossesIn,
  mustRun,
  namesOf,
  openOutbox,
  readAll,
  smallDisk,
  temporaryFolder,
} from './outbox-tools.ts';
import { Writer } from './writer.ts';

const foreignIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('outbox.of-'));
const damagedIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('outbox.damaged-'));
const databaseIn = (folder: string) => join(folder, 'outbox', 'outbox.db');
const soon = { options: { handOverAfterMs: 200 } };

/** Leaves these in the outbox of a box that ends. Returns the id of the outbox. */
async function leave(folder: string, box: string, ...names: string[]): Promise<string | undefined> {
  const outbox = openOutbox(folder, { box });
  for (const name of names) outbox.append(alert(name));
  outbox.append(health('h'));
  outbox.append(evidence(10));
  expect(await outbox.flush(10_000)).toBe(true);
  const [first] = await readAll(outbox);
  await outbox.close();
  return first?.outbox;
}

const source = join(import.meta.dirname, '../../../firmware/outbox/disk-outbox.ts');
const nobody = 65_534;
/** Takes root, and our source where others may read it. */
const canBeNobody = process.getuid?.() === 0 && spawnSync('test', ['-r', source], { uid: nobody, gid: nobody }).status === 0;

/** What is wrong with an outbox in this folder for a user who has no rights, or `disk`. */
async function stateAsNobody(folder: string): Promise<string> {
  const script = `const { DiskOutbox } = await import(${JSON.stringify(source)});
    process.setgroups([]); process.setgid(${nobody}); process.setuid(${nobody});
    const outbox = new DiskOutbox({ folder: process.argv[1], box: 'box-1', boot: 'boot-1' });
    outbox.append({ kind: 'alert', id: 'a', body: '{"id":"a"}' });
    for (let turn = 0; turn < 8; turn++) {
      if ((await outbox.flush(2000)) || !/no answer/.test(outbox.writerState.error ?? 'no answer')) break;
    }
    console.log(outbox.writerState.error ?? outbox.writerState.mode); process.exit();`;
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stdout?.on('data', (text: Buffer) => {
    said += text.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return said.trim();
}

describe('an outbox that another box has left', () => {
  it('is set aside and kept, none of it is sent under the new name, and what is missing is told by kind', async () => {
    const folder = temporaryFolder();
    const before = await leave(folder, 'local', 'a', 'b', 'c');
    const outbox = openOutbox(folder, { box: 'ls-001', ...soon });
    outbox.append(alert('mine'));
    expect(await outbox.flush(10_000)).toBe(true);
    const all = await readAll(outbox);
    expect(namesOf(all)).toEqual(['mine', 'loss', 'loss', 'loss']);
    const common = { reason: 'foreign', box: 'ls-001', ranges: [], ofOutbox: before };
    expect(lossesIn(all)).toEqual([
      expect.objectContaining({ ...common, kind: 'alert', count: 3 }),
      expect.objectContaining({ ...common, kind: 'health', count: 1 }),
      expect.objectContaining({ ...common, kind: 'evidence', count: 1 }),
    ]);
    expect(outbox.writerState).toMatchObject({ mode: 'disk', begunAnew: 0, lost: 0 });
    expect([foreignIn(folder), damagedIn(folder)]).toEqual([['outbox.of-local.1'], []]);
    const kept = new DatabaseSync(databaseIn(folder).replace('/outbox/', '/outbox.of-local.1/'), { readOnly: true });
    expect(kept.prepare('SELECT count(*) AS count FROM message').get()).toEqual({ count: 5 });
    kept.close();
    // Told once.
    await outbox.close();
    const again = openOutbox(folder, { box: 'ls-001' });
    expect(await readAll(again)).toHaveLength(4);
  });

  it('is told of by nobody where nothing waited in it', async () => {
    const folder = temporaryFolder();
    const before = openOutbox(folder, { box: 'local' });
    expect(await readAll(before)).toEqual([]);
    await before.close();
    const outbox = openOutbox(folder, { box: 'ls-001' });
    outbox.append(alert('mine'));
    expect(await outbox.flush(10_000)).toBe(true);
    expect(namesOf(await readAll(outbox))).toEqual(['mine']);
    expect(foreignIn(folder)).toEqual(['outbox.of-local.1']);
  });

  it('is kept with the newest two, whatever the boxes were', async () => {
    const folder = temporaryFolder();
    for (const box of ['box-a', 'box-b', 'box-a', 'box-c']) await leave(folder, box, 'x');
    expect(foreignIn(folder).sort()).toEqual(['outbox.of-box-a.3', 'outbox.of-box-b.2']);
  });

  it('is not carried over either when it was damaged', async () => {
    const folder = temporaryFolder();
    await leave(folder, 'local', 'a', 'b');
    mustRun('dd', 'if=/dev/urandom', `of=${databaseIn(folder)}`, 'bs=4096', 'count=1', 'conv=notrunc', 'status=none');
    const outbox = openOutbox(folder, { box: 'ls-001' });
    await eventually(async () => (await readAll(outbox)).length > 0, 'a record');
    expect(lossesIn(await readAll(outbox))).toMatchObject([{ reason: 'foreign', count: 0, box: 'ls-001' }]);
    expect([foreignIn(folder), damagedIn(folder)]).toEqual([['outbox.of-local.1'], []]);
    // Nor one that the other box had set aside itself, and had no time to carry over.
    rmSync(join(folder, 'outbox.damaged-1'), { recursive: true, force: true });
    await outbox.close();
    await leave(folder, 'local', 'c');
    mkdirSync(join(folder, 'outbox.damaged-1'));
    for (const name of readdirSync(join(folder, 'outbox'))) {
      mustRun('cp', join(folder, 'outbox', name), join(folder, 'outbox.damaged-1', name));
    }
    const again = openOutbox(folder, { box: 'ls-001' });
    again.append(alert('mine'));
    expect(await again.flush(10_000)).toBe(true);
    // Upkeep has come by twice.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(namesOf(await readAll(again)).filter((name) => name !== 'loss')).toEqual(['mine']);
    expect(again.writerState).toMatchObject({ begunAnew: 0 });
  });

  it('of a version that knew no box ids is set aside as one that nobody can read', async () => {
    const folder = temporaryFolder();
    await leave(folder, 'ls-001', 'a');
    rmSync(join(folder, 'outbox', 'box'));
    const database = new DatabaseSync(databaseIn(folder));
    database.exec('DROP TABLE identity; CREATE TABLE identity (outbox TEXT NOT NULL, replaces TEXT) STRICT; PRAGMA user_version = 1');
    database.close();
    const outbox = openOutbox(folder, { box: 'ls-001' });
    outbox.append(alert('mine'));
    expect(await outbox.flush(10_000)).toBe(true);
    const all = await readAll(outbox);
    expect(namesOf(all)).toEqual(['mine', 'loss']);
    expect(lossesIn(all)).toMatchObject([{ reason: 'damaged' }]);
    expect(damagedIn(folder)).toEqual(['outbox.damaged-1']);
  });

  it.skipIf(!canMount)('is not read from a disk that is read-only', async () => {
    const disk = smallDisk(24 * 1024 * 1024);
    await leave(disk, 'local', 'a');
    mustRun('mount', '-o', 'remount,ro', disk);
    const outbox = openOutbox(disk, { box: 'ls-001', ...soon });
    expect(await readAll(outbox)).toEqual([]);
    expect(await outbox.measure()).toMatchObject({ depth: 0 });
    await outbox.close(100);
  });
});

describe('a folder given to two boxes at once', () => {
  it('stays with the first; the second says what to set, works from memory, and comes in when it is free', {
    timeout: 60_000,
  }, async () => {
    const folder = temporaryFolder();
    const writers = ['a', 'b'].map((name) => new Writer(folder, name, 1, 100, 'box-first'));
    await eventually(() => writers.every(({ confirmed }) => confirmed > 3), `both processes of one box. ${writers[0]?.errors}`, 30_000);
    const inode = statSync(databaseIn(folder)).ino;
    const second = openOutbox(folder, { box: 'box-second', ...soon });
    second.append(alert('mine'));
    const words = `the folder ${folder} is in use by box box-first: set outbox.folder`;
    await eventually(() => second.writerState.error === words, words);
    expect(second.writerState.mode).toBe('memory');
    expect(await readAll(second)).toEqual([]);
    // One of the two is enough, and the loss of everything but its lock.
    await writers[0]?.kill();
    const confirmed = writers[1]?.confirmed ?? 0;
    await eventually(() => (writers[1]?.confirmed ?? 0) > confirmed + 150, 'the first going on', 30_000);
    expect(statSync(databaseIn(folder)).ino).toBe(inode);
    expect(foreignIn(folder)).toEqual([]);
    expect(second.writerState).toMatchObject({ mode: 'memory', waiting: 1, lost: 0 });
    rmSync(join(folder, 'outbox'), { recursive: true });
    await eventually(() => existsSync(databaseIn(folder)), 'the first mending its outbox', 15_000);
    expect(second.writerState.mode).toBe('memory');
    await writers[1]?.kill();
    await eventually(() => second.writerState.mode === 'disk', 'the second on disk', 15_000);
    const all = await readAll(second);
    expect(namesOf(all).filter((name) => name !== 'loss')).toEqual(['mine']);
    expect(lossesIn(all).map(({ reason }) => reason)).toContain('foreign');
    expect(foreignIn(folder)).toEqual(['outbox.of-box-first.1']);
  });

  it('goes to one of them where both begin together, and is never taken to and fro', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const writers = ['box-left', 'box-right'].map((box) => new Writer(folder, box, 1, 100, box));
    await eventually(() => writers.some(({ confirmed }) => confirmed > 50), `one of them. ${writers[0]?.errors}`, 30_000);
    const of = writers.findIndex(({ confirmed }) => confirmed > 50);
    await eventually(() => (writers[of]?.confirmed ?? 0) > 300, 'it going on', 30_000);
    expect(writers[1 - of]?.confirmed).toBe(0);
    expect([foreignIn(folder), damagedIn(folder)]).toEqual([[], []]);
  });
});

describe('a folder that cannot be had', () => {
  it.each([
    ['/proc/nowhere/outbox', 'cannot make /proc/nowhere/outbox (nothing can be made there): set outbox.folder'],
    [import.meta.filename, `cannot write ${import.meta.filename} (a part of the path is no folder): set outbox.folder`],
  ])('%s: is said, with what to set, and the thread goes on', async (folder, words) => {
    const outbox = openOutbox(folder, soon);
    outbox.append(alert('a'));
    await eventually(() => outbox.writerState.error === words, words);
    expect(outbox.writerState.mode).toBe('memory');
    expect(await readAll(outbox)).toEqual([]);
    await outbox.close(100);
  });

  it.skipIf(!canBeNobody)('for want of a right: is said, whether it is there or not', { timeout: 30_000 }, async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const advice = '(permission denied): set outbox.folder, or give this user the right to it';
    expect(await stateAsNobody(folder)).toBe(`cannot write ${folder} ${advice}`);
    expect(await stateAsNobody(join(folder, 'below', 'it'))).toBe(`cannot make ${folder}/below/it ${advice}`);
    // Begun by root, by mistake.
    await leave(folder, 'box-1', 'a');
    chmodSync(folder, 0o777);
    expect(await stateAsNobody(folder)).toBe(`cannot write ${folder}/open.lock ${advice}`);
    writeFileSync(join(folder, 'other'), '');
    expect(await stateAsNobody(join(folder, 'new'))).toBe('disk');
  });
});
