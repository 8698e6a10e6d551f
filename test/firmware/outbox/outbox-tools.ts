/** What the tests of the outbox share: folders that are removed at the end, small disks, messages, and reading everything. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type Loss, lossSchema } from '../../../firmware/contract/loss.ts';
import { DiskOutbox, type DiskOutboxParts } from '../../../firmware/outbox/disk-outbox.ts';
import type { NewMessage, OutboxMessage, OutboxReader } from '../../../firmware/outbox/outbox.ts';

/** Mounting takes root, and a kernel that lets us. */
export const canMount = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  if (status === 0) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return status === 0;
})();

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-outbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function mustRun(command: string, ...parameters: string[]): void {
  const { status, stderr } = spawnSync(command, parameters, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${parameters.join(' ')}: ${stderr}`);
}

/** A disk of its own, of this many bytes. */
export function smallDisk(sizeBytes: number): string {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  mustRun('mount', '-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder);
  // Runs before the folder is removed; lazily, for a test that failed may have left files open.
  onTestFinished(() => mustRun('umount', '-l', folder));
  return folder;
}

export function openOutbox(folder: string, parts: Partial<DiskOutboxParts> = {}): DiskOutbox {
  const outbox = new DiskOutbox({ folder, box: 'box-1', boot: 'boot-1', ...parts });
  onTestFinished(async () => {
    await outbox.close();
  });
  return outbox;
}

/** `sizeBytes`: of the text, roughly. */
export function alert(id: string, rev = 1, sizeBytes = 100): NewMessage {
  return { kind: 'alert', id, body: JSON.stringify({ schema: 'alert/1', id, rev, pad: 'x'.repeat(Math.max(0, sizeBytes - 50)) }) };
}

export const presence = (name: string): NewMessage => ({ kind: 'presence', body: JSON.stringify({ name }) });
export const health = (name: string): NewMessage => ({ kind: 'health', body: JSON.stringify({ name }) });
export const evidence = (sizeBytes: number, fill = 1): NewMessage => ({ kind: 'evidence', body: new Uint8Array(sizeBytes).fill(fill) });

/** All that a new cursor gives. */
export async function readAll(reader: OutboxReader): Promise<OutboxMessage[]> {
  const cursor = reader.cursor();
  const all: OutboxMessage[] = [];
  for (;;) {
    const some = await cursor.next(500);
    if (some.length === 0) return all;
    all.push(...some);
  }
}

export function lossesIn(messages: readonly OutboxMessage[]): Loss[] {
  return messages.filter(({ kind }) => kind === 'loss').map(({ body }) => lossSchema.parse(JSON.parse(String(body))));
}

/** `id`s of alerts, kinds of all else. */
export const namesOf = (messages: readonly OutboxMessage[]) => messages.map(({ id, kind }) => id ?? kind);

/** What the loss records name, as numbers. */
export function lostNumbers(losses: readonly Loss[]): number[] {
  return losses.flatMap(({ ranges }) =>
    ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index)),
  );
}

export async function eventually(isTrue: () => boolean | Promise<boolean>, what: string, timeoutMs = 10_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await isTrue())) {
    if (Date.now() > endMs) throw new Error(`waited in vain for: ${what}`);
    await sleep(20);
  }
}
