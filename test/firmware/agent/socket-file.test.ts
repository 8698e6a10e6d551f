import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { SocketFile } from '../../../firmware/agent/socket-file.ts';
import { LinkProcess } from './link-process.ts';
import { until } from './uplink/listener.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-socket-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let number = 0;
const files: SocketFile[] = [];
const troubles: string[] = [];
let connections = 0;
afterEach(() => {
  for (const file of files.splice(0)) file.close();
  troubles.length = 0;
  connections = 0;
});

function make(path: string): SocketFile {
  const connection = (socket: Socket) => {
    connections++;
    socket.on('error', () => undefined).destroy();
  };
  const file = new SocketFile(path, { connection, trouble: (text) => troubles.push(text) });
  files.push(file);
  return file;
}

const freshPath = () => join(folder, `${++number}.sock`);

/** True where somebody accepts. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path }, () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}

describe('the file of the socket', { timeout: 20_000 }, () => {
  it('and a folder that was missing are open to nobody else', async () => {
    const path = join(folder, 'made', 'agent.sock');
    const before = process.umask(0);
    try {
      await make(path).open();
    } finally {
      process.umask(before);
    }
    expect(statSync(path).isSocket()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'made')).mode & 0o777).toBe(0o700);
    expect(await isAnswered(path)).toBe(true);
    expect(connections).toBe(1);
  });

  it('is removed at the end', async () => {
    const path = freshPath();
    const file = make(path);
    await file.open();
    file.close();
    expect(existsSync(path)).toBe(false);
  });

  it('is replaced where a killed process left it', async () => {
    const path = freshPath();
    const killed = new LinkProcess('agent', path);
    await until(() => killed.said.length > 0, 'the other process');
    await killed.kill();
    expect(existsSync(path)).toBe(true);
    await make(path).open();
    expect(await isAnswered(path)).toBe(true);
  });

  it('is not taken from a process that lives, also where that one has no time for us', async () => {
    const path = freshPath();
    const other = new LinkProcess('agent', path);
    await until(() => other.said.length > 0, 'the other process');
    await expect(make(path).open()).rejects.toThrow(`another process listens on ${path}: is an agent running already?`);
    other.signal('SIGSTOP');
    await expect(make(path).open()).rejects.toThrow('another process listens');
    // Its queue of connections that wait to be accepted is full now: Linux says so in place of keeping us waiting.
    const refusals: string[] = [];
    const sockets = Array.from({ length: 600 }, () => connect({ path }).on('error', ({ message }) => refusals.push(message)));
    await until(() => refusals.length > 0, 'a full queue');
    expect(refusals[0]).toMatch(/EAGAIN/);
    await expect(make(path).open()).rejects.toThrow('another process listens');
    for (const socket of sockets) socket.destroy();
    other.signal('SIGCONT');
    await other.kill();
  });

  it('does not replace what is no socket', async () => {
    const file = freshPath();
    writeFileSync(file, 'precious');
    await expect(make(file).open()).rejects.toThrow(`cannot listen on ${file}: something that is no socket has this name`);
    const link = freshPath();
    symlinkSync(file, link);
    await expect(make(link).open()).rejects.toThrow('something that is no socket');
    expect(statSync(file).size).toBe(8);
  });

  it('is refused in words where the path is too long or the folder is closed to us', async () => {
    const path = join(folder, 'p'.repeat(108 - folder.length - 1));
    await expect(make(path).open()).rejects.toThrow('the path of the socket is 108 bytes long, more than 107');
    await make(path.slice(0, -1)).open();
    writeFileSync(join(folder, 'a-file'), '');
    await expect(make(join(folder, 'a-file', 'x.sock')).open()).rejects.toThrow(/a-file/);
  });

  it('is made anew where somebody removed it, and says so once', async () => {
    const path = freshPath();
    await make(path).open();
    rmSync(path);
    await until(() => existsSync(path), 'the file');
    expect(await isAnswered(path)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await until(() => troubles.length > 0, 'the note');
    expect(troubles).toEqual([`the file of the socket was gone; it was made anew: ${path}`]);
  });

  it('is left to another process that took its place, and that is told', async () => {
    const path = freshPath();
    await make(path).open();
    rmSync(path);
    const other = new LinkProcess('agent', path);
    await until(() => troubles.length > 0 && other.said.length > 0, 'the note');
    // Whoever was first: one of them has it, and the other has said why it has not.
    expect(await isAnswered(path)).toBe(true);
    const wasTaken = other.said.every(({ error }) => error === undefined);
    expect(troubles[0]).toMatch(wasTaken ? /^another process listens on / : /^the file of the socket was gone; it was made anew/);
    await other.kill();
  });
});
