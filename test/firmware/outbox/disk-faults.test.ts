import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { NewMessage } from '../../../firmware/outbox/outbox.ts';
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

const mebibyte = 1024 * 1024;
const bigAlert = (id: string) => alert(id, 1, 20_000);

/** Looks at the disk more often, for the tests to be quick. */
const soon = { options: { handOverAfterMs: 200 } };

/** Takes the space that is left, but for so much of it. Returns what gives it back. */
function fill(disk: string, freeBytes = 0): () => void {
  const { bavail, bsize } = statfsSync(disk);
  const path = join(disk, `something-else-${freeBytes}`);
  try {
    writeFileSync(path, new Uint8Array(bavail * bsize - freeBytes));
    // What was in between is taken too.
    if (freeBytes === 0) for (;;) appendFileSync(path, new Uint8Array(4096));
  } catch {
    // Full, as it should be.
  }
  return () => rmSync(path);
}

/** Holds the write lock of the database until it is killed, as a process does that was stopped in the middle of a commit. */
async function holdLock(database: string): Promise<ChildProcess> {
  const script = `const { DatabaseSync } = require('node:sqlite');
    new DatabaseSync(process.argv[1], { timeout: 5000 }).exec('BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', script, database], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

describe.skipIf(!canMount)('the outbox on a disk that fails (takes root, to mount one)', () => {
  it('goes on in memory while the disk is full, says so, and loses nothing that it had room for', { timeout: 30_000 }, async () => {
    const disk = smallDisk(24 * mebibyte);
    const outbox = openOutbox(disk, soon);
    outbox.append(alert('before'));
    expect(await outbox.flush(5_000)).toBe(true);
    const release = fill(disk);
    const names = Array.from({ length: 400 }, (_, index) => `a${index}`);
    for (const name of names) outbox.append(bigAlert(name));
    await eventually(() => outbox.writerState.mode === 'memory', 'memory');
    expect(outbox.writerState).toMatchObject({ error: 'the disk is full', lost: 0 });
    expect(outbox.writerState.waiting).toBeGreaterThan(0);
    expect(await outbox.flush(50)).toBe(false);
    // Reading goes on meanwhile.
    expect(namesOf(await outbox.cursor().next(1))).toEqual(['before']);
    release();
    await eventually(() => outbox.writerState.waiting === 0, 'the disk again', 15_000);
    expect(outbox.writerState).toMatchObject({ mode: 'disk', lost: 0, begunAnew: 0 });
    const all = await readAll(outbox);
    expect(new Set(namesOf(all))).toEqual(new Set(['before', ...names]));
    expect(all.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(all.map((_, index) => index + 1));
  });

  it('does not give again what was removed while the disk was full, and deletes it when it can', { timeout: 30_000 }, async () => {
    const disk = smallDisk(24 * mebibyte);
    const outbox = openOutbox(disk, soon);
    for (let index = 0; index < 300; index++) outbox.append(bigAlert(`a${index}`));
    expect(await outbox.flush(5_000)).toBe(true);
    const release = fill(disk);
    for (let index = 0; index < 300; index++) outbox.append(bigAlert(`b${index}`));
    await eventually(() => outbox.writerState.mode === 'memory', 'memory');
    const all = await readAll(outbox);
    expect(all.length).toBeGreaterThanOrEqual(300);
    await outbox.remove(all);
    expect(await readAll(outbox)).toEqual([]);
    release();
    await eventually(() => outbox.writerState.waiting === 0, 'the disk again', 15_000);
    const rest = await readAll(outbox);
    expect(namesOf(rest).some((name) => name.startsWith('a'))).toBe(false);
    await eventually(async () => (await outbox.measure()).depth === rest.length, 'what was removed to be deleted');
  });

  it('goes on writing alerts to a full disk, in the room that evidence has left to them', { timeout: 30_000 }, async () => {
    const disk = smallDisk(24 * mebibyte);
    const outbox = openOutbox(disk);
    for (let index = 0; index < 60; index++) outbox.append(evidence(100_000));
    outbox.append(health('h'));
    expect(await outbox.flush(5_000)).toBe(true);
    fill(disk, 3 * mebibyte);
    outbox.append(alert('first'));
    expect(await outbox.flush(5_000)).toBe(true);
    expect((await outbox.measure()).byKind.evidence).toBeLessThan(20);
    fill(disk);
    for (let index = 0; index < 200; index++) {
      outbox.append(bigAlert(`a${index}`));
      if (index % 4 === 0) outbox.append(evidence(100_000));
      expect(await outbox.flush(5_000)).toBe(true);
    }
    expect((await outbox.measure()).byKind).toMatchObject({ alert: 201, evidence: 0 });
    expect(outbox.writerState).toMatchObject({ mode: 'disk', lost: 0 });
  });

  it('reads from a disk that is read-only when it starts, keeps in memory what is new, and goes on when it can be written', {
    timeout: 30_000,
  }, async () => {
    const disk = smallDisk(24 * mebibyte);
    const before = openOutbox(disk);
    for (const name of ['a', 'b', 'c']) before.append(alert(name));
    await before.close();
    mustRun('mount', '-o', 'remount,ro', disk);
    const outbox = openOutbox(disk);
    outbox.append(alert('d'));
    await eventually(() => outbox.writerState.mode === 'memory', 'memory');
    expect(outbox.writerState).toMatchObject({
      error: `cannot write ${disk} (the disk is read-only): set outbox.folder, or make that disk writable`,
      waiting: 1,
      begunAnew: 0,
    });
    const all = await readAll(outbox);
    expect(namesOf(all)).toEqual(['a', 'b', 'c']);
    await outbox.remove(all.slice(0, 2));
    expect(namesOf(await readAll(outbox))).toEqual(['c']);
    mustRun('mount', '-o', 'remount,rw', disk);
    await eventually(() => outbox.writerState.mode === 'disk', 'the disk again', 15_000);
    await eventually(async () => (await outbox.measure()).depth === 2, 'what was removed to be deleted');
    expect(namesOf(await readAll(outbox))).toEqual(['c', 'd']);
  });

  it('reads what a killed process left in the log on a disk that is read-only by then', { timeout: 30_000 }, async () => {
    const disk = smallDisk(24 * mebibyte);
    const script = `import { DiskOutbox } from ${JSON.stringify(join(import.meta.dirname, '../../../firmware/outbox/disk-outbox.ts'))};
      const outbox = new DiskOutbox({ folder: process.argv[1], box: 'box-1', boot: 'boot-1' });
      outbox.append({ kind: 'alert', id: 'a', body: '{"id":"a"}' });
      if (await outbox.flush(5000)) process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, disk], { stdio: 'ignore' });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('exit', resolve));
    expect(readdirSync(join(disk, 'outbox'))).toContain('outbox.db-wal');
    mustRun('mount', '-o', 'remount,ro', disk);
    expect(namesOf(await readAll(openOutbox(disk)))).toEqual(['a']);
  });

  it('lives through a file system that turns read-only under it, as ext4 does after a fault', { timeout: 30_000 }, async () => {
    const folder = temporaryFolder();
    const image = join(folder, 'image');
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    mustRun('truncate', '-s', '64M', image);
    mustRun('mkfs.ext4', '-q', image);
    mustRun('mount', '-o', 'loop,errors=remount-ro', image, disk);
    onTestFinished(() => mustRun('umount', '-l', disk));
    const outbox = openOutbox(disk);
    outbox.append(alert('a'));
    expect(await outbox.flush(5_000)).toBe(true);
    const device = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[1] === realpathSync(disk))
      ?.split(' ')[0];
    writeFileSync(`/sys/fs/ext4/${device?.replace('/dev/', '')}/trigger_fs_error`, '1');
    for (let index = 0; index < 50; index++) outbox.append(alert(`b${index}`));
    await eventually(() => outbox.writerState.mode === 'memory', 'memory');
    expect(outbox.writerState.error).toMatch(/read-only|disk/);
    expect(outbox.writerState).toMatchObject({ waiting: 50, lost: 0 });
    expect(namesOf(await outbox.cursor().next(5))).toEqual(['a']);
    expect(await outbox.close(100)).toBe(false);
  });
});

describe('the outbox without a disk', () => {
  it('is in memory where its folder cannot be made, and on disk as soon as it can', { timeout: 30_000 }, async () => {
    const folder = temporaryFolder();
    const obstacle = join(folder, 'mountpoint');
    writeFileSync(obstacle, 'no folder');
    const outbox = openOutbox(join(obstacle, 'below'));
    outbox.append(alert('a'));
    await eventually(() => outbox.writerState.mode === 'memory', 'memory');
    expect(outbox.writerState.error).toContain('(a part of the path is no folder): set outbox.folder');
    expect(await readAll(outbox)).toEqual([]);
    expect(await outbox.measure()).toMatchObject({ depth: 0 });
    await outbox.remove([{ outbox: 'x', seq: 1 }]);
    await outbox.refuse({ outbox: 'x', seq: 1 });
    rmSync(obstacle);
    await eventually(() => outbox.writerState.mode === 'disk', 'the disk', 15_000);
    expect(namesOf(await readAll(outbox))).toEqual(['a']);
  });

  it('drops what its memory has no room for, counts it, and writes that down when the disk is back', { timeout: 30_000 }, async () => {
    const folder = temporaryFolder();
    const obstacle = join(folder, 'mountpoint');
    writeFileSync(obstacle, 'no folder');
    const outbox = openOutbox(obstacle, { options: { memoryMessagesMax: 10 } });
    for (let index = 0; index < 15; index++) outbox.append(alert(`a${index}`));
    outbox.append(evidence(10));
    await eventually(() => outbox.writerState.mode === 'memory', 'memory');
    await eventually(() => outbox.writerState.waiting === 10 && outbox.writerState.lost === 6, 'the bound');
    rmSync(obstacle);
    await eventually(() => outbox.writerState.mode === 'disk' && outbox.writerState.waiting === 0, 'the disk', 15_000);
    const all = await readAll(outbox);
    expect(namesOf(all).filter((name) => name.startsWith('a'))).toEqual(Array.from({ length: 10 }, (_, index) => `a${index + 5}`));
    const losses = lossesIn(all).map(({ kind, reason, count, ranges }) => ({ kind, reason, count, ranges }));
    expect(losses).toEqual([
      { kind: 'alert', reason: 'memory', count: 5, ranges: [] },
      { kind: 'evidence', reason: 'memory', count: 1, ranges: [] },
    ]);
    expect(await outbox.measure()).toMatchObject({ dropped: 6 });
  });

  it('hands over what the disk does not take, and forgets it when it was taken', { timeout: 30_000 }, async () => {
    const folder = temporaryFolder();
    const obstacle = join(folder, 'mountpoint');
    writeFileSync(obstacle, 'no folder');
    const handed: NewMessage[] = [];
    let answer: () => Promise<boolean> = () => Promise.resolve(false);
    const handOver = (messages: readonly NewMessage[]) => answer().then((isTaken) => (isTaken ? handed.push(...messages) > 0 : false));
    const outbox = openOutbox(obstacle, { handOver, options: { handOverAfterMs: 100, memoryMessagesMax: 50 } });
    for (let index = 0; index < 60; index++) outbox.append(bigAlert(`a${index}`));
    await eventually(() => outbox.writerState.mode === 'memory', 'memory');
    expect(outbox.writerState.waiting).toBe(50);
    // Nobody takes them yet, in three ways.
    answer = () => Promise.reject(new Error('the agent is gone'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    answer = () => {
      throw new Error('nor is there a link');
    };
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(outbox.writerState.waiting).toBe(50);
    answer = () => Promise.resolve(true);
    expect(await outbox.flush(10_000)).toBe(true);
    expect(outbox.writerState).toMatchObject({ mode: 'memory', waiting: 0, lost: 10 });
    expect(handed.filter(({ kind }) => kind === 'alert').map(({ id }) => id)).toEqual(
      Array.from({ length: 50 }, (_, index) => `a${index + 10}`),
    );
    expect(JSON.parse(String(handed.find(({ kind }) => kind === 'loss')?.body))).toMatchObject({
      reason: 'memory',
      kind: 'alert',
      count: 10,
    });
    rmSync(obstacle);
    await eventually(() => outbox.writerState.mode === 'disk', 'the disk', 15_000);
    expect(await readAll(outbox)).toEqual([]);
    outbox.append(alert('later'));
    expect(await outbox.flush(5_000)).toBe(true);
    expect(namesOf(await readAll(outbox))).toEqual(['later']);
  });

  it('commits what nobody took over in the end, when the disk came back in the meantime', { timeout: 30_000 }, async () => {
    const obstacle = join(temporaryFolder(), 'mountpoint');
    writeFileSync(obstacle, 'no folder');
    let refuse: (isTaken: boolean) => void = () => undefined;
    const handOver = () =>
      new Promise<boolean>((resolve) => {
        refuse = resolve;
      });
    const outbox = openOutbox(obstacle, { handOver, options: { handOverAfterMs: 100 } });
    outbox.append(alert('a'));
    const isAsked = refuse;
    await eventually(() => refuse !== isAsked, 'the question');
    rmSync(obstacle);
    await eventually(() => outbox.writerState.mode === 'disk', 'the disk', 15_000);
    expect(outbox.writerState.waiting).toBe(1);
    refuse(false);
    await eventually(() => outbox.writerState.waiting === 0, 'the commit');
    expect(namesOf(await readAll(outbox))).toEqual(['a']);
  });

  it('hands over also what the disk was given and does not answer for', { timeout: 30_000 }, async () => {
    const folder = temporaryFolder();
    const handed: NewMessage[] = [];
    const handOver = (messages: readonly NewMessage[]) => Promise.resolve(handed.push(...messages) > 0);
    const outbox = openOutbox(folder, { handOver, options: { handOverAfterMs: 2_000 } });
    outbox.append(alert('a'));
    expect(await outbox.flush(5_000)).toBe(true);
    expect(handed).toEqual([]);
    const holder = await holdLock(join(folder, 'outbox', 'outbox.db'));
    const startMs = performance.now();
    outbox.append(alert('b'));
    await eventually(() => handed.length === 1, 'the message handed over');
    // And not only when the thread gives up its waiting for the lock, after 5 s.
    expect(performance.now() - startMs).toBeLessThan(4_000);
    expect(outbox.writerState).toMatchObject({ mode: 'memory', waiting: 0 });
    expect(outbox.writerState.error).toMatch(/given no answer/);
    outbox.append(alert('c'));
    await eventually(() => handed.length === 2, 'the next');
    expect(handed.map(({ id }) => id)).toEqual(['b', 'c']);
    holder.kill('SIGKILL');
    await eventually(() => outbox.writerState.mode === 'disk', 'the disk', 15_000);
    outbox.append(alert('d'));
    expect(await outbox.flush(5_000)).toBe(true);
  });
});
