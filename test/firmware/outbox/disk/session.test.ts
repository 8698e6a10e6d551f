import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OutboxFault } from '../../../../firmware/outbox/disk/fault.ts';
import { OutboxFolder } from '../../../../firmware/outbox/disk/folder.ts';
import { DiskSession } from '../../../../firmware/outbox/disk/session.ts';
import { alert, eventually, lossesIn, namesOf, openOutbox, readAll, temporaryFolder } from '../outbox-tools.ts';

const settings = { box: 'box-1', boot: 'boot-1', lossRangesMax: 500 };

function sessionIn(folder: string): DiskSession {
  const session = new DiskSession(new OutboxFolder(folder, settings), settings);
  onTestFinished(() => session.close());
  return session;
}

const blockFault = () => {
  throw new OutboxFault('failing', 'the disk fails: disk I/O error (266)', true);
};

describe('a session on the outbox', () => {
  it('sets an outbox aside of which a block cannot be read for long, and carries on with another', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const folder = temporaryFolder();
    const session = sessionIn(folder);
    const first = session.run('read', ({ identity }) => identity.outbox);
    for (let attempt = 0; attempt < 20; attempt++) expect(() => session.run('read', blockFault)).toThrow('I/O error');
    vi.advanceTimersByTime(31_000);
    let calls = 0;
    const second = session.run('read', ({ identity }) => (calls++ === 0 ? blockFault() : identity.outbox));
    expect(second).not.toBe(first);
    expect(session.begunAnew).toBe(1);
    expect(readdirSync(folder)).toContain('outbox.damaged-1');
  });

  it('does not give up an outbox for faults that pass', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const session = sessionIn(temporaryFolder());
    for (let attempt = 0; attempt < 50; attempt++) {
      expect(() => session.run('write', blockFault)).toThrow('I/O error');
      vi.advanceTimersByTime(5_000);
      session.run('write', () => undefined);
    }
    expect(session.begunAnew).toBe(0);
  });

  it('does not fill the disk with damaged files where all that is written is damaged at once', () => {
    // At once, however slow the disk of this machine is.
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const folder = temporaryFolder();
    const session = sessionIn(folder);
    const damaged = () => {
      throw new OutboxFault('damaged', 'malformed');
    };
    for (let attempt = 0; attempt < 10; attempt++) expect(() => session.run('write', damaged)).toThrow();
    expect(readdirSync(folder).filter((name) => name.startsWith('outbox.damaged')).length).toBeLessThanOrEqual(2);
    expect(session.begunAnew).toBeLessThanOrEqual(2);
  });
});

describe('an outbox into which somebody else has written', () => {
  it.each([
    ['a trigger', 'CREATE TRIGGER more AFTER DELETE ON message BEGIN INSERT INTO message VALUES (1, 1, NULL, 0, 0); END'],
    ['a table', 'CREATE TABLE mine (x)'],
    ['other tables', 'DROP TABLE loss; CREATE TABLE loss (x)'],
    ['a row larger than any message', "INSERT INTO message VALUES (77, 1, 'x', 1, zeroblob(50000000))"],
    ['rows out of all bounds', "INSERT INTO message VALUES (9223372036854775807, 9223372036854775807, 'x', 1, 'x')"],
    ['numbers that are none', 'UPDATE number SET value = 9223372036854775807'],
    ['no numbers', 'DELETE FROM number'],
    ['a tally that is none', "INSERT INTO loss VALUES ('alert', 'quota', 1, '[[', 1, 1)"],
    ['an age that is none', "INSERT INTO loss VALUES ('alert', 'quota', 1, '[]', 9000000000000000000, 1)"],
    ['no id', 'DELETE FROM identity'],
  ])('%s: is replaced or read on, but neither stops the box nor loses what it writes', async (_, sql) => {
    const folder = temporaryFolder();
    const outbox = openOutbox(folder, { options: { handOverAfterMs: 200 } });
    outbox.append(alert('a'));
    expect(await outbox.flush(5_000)).toBe(true);
    const script = `const { DatabaseSync } = require('node:sqlite'); new DatabaseSync(process.argv[1], { timeout: 5000 }).exec(process.argv[2])`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', script, join(folder, 'outbox', 'outbox.db'), sql], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    outbox.append(alert('b'));
    expect(await outbox.flush(10_000)).toBe(true);
    const first = await readAll(outbox);
    await outbox.remove(first.slice(0, 1));
    outbox.append(alert('c'));
    expect(await outbox.flush(10_000)).toBe(true);
    await eventually(async () => namesOf(await readAll(outbox)).includes('c'), 'what was written last');
    // And to who opens it now.
    await outbox.close();
    const again = openOutbox(folder);
    again.append(alert('d'));
    expect(await again.flush(10_000)).toBe(true);
    await eventually(async () => namesOf(await readAll(again)).includes('d'), 'what was written last of all');
    expect(lossesIn(await readAll(again)).every(({ box }) => box === 'box-1')).toBe(true);
    expect(again.writerState).toMatchObject({ mode: 'disk', waiting: 0, lost: 0 });
  });
});
