import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../centre/demo/broker.ts';
import { openStore } from '../../centre/store/open-store.ts';
import { type Health, healthSchema } from '../../firmware/contract/health.ts';
import { up } from '../../firmware/contract/topics.ts';
import { node, projectFile, vonggac } from '../bench/command.ts';
import { writeContacts } from '../chaos/contacts.ts';
import { listen, type TestListener } from '../firmware/agent/uplink/listener.ts';

const box = 'bad-disk';
const contacts = 400;
const secondsOfCapture = 8;
const waitMs = 60_000;
const diskMegabytes = 4;
const canMount = process.getuid?.() === 0 && existsSync('/proc/filesystems');

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);
}

describe('a box whose disk goes wrong while it works', { timeout: 120_000 }, () => {
  let folder: string;
  let disk: string;
  let broker: Broker;
  let listener: TestListener;
  let isMounted: boolean;
  const running: ChildProcess[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vonggac-bad-disk-'));
    disk = join(folder, 'disk');
    mkdirSync(disk);
    isMounted = false;
    broker = await startBroker();
    listener = await listen(broker.url);
  });
  afterEach(async () => {
    for (const child of running.splice(0)) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      clearTimeout(timer);
    }
    await listener.client.endAsync(true);
    await broker.stop();
    if (isMounted) execFileSync('umount', ['-l', disk]);
    rmSync(folder, { recursive: true, force: true });
  });

  function start(...command: string[]): ChildProcess {
    const [file = '', ...words] = command;
    const child = spawn(file, words, { stdio: 'ignore' });
    running.push(child);
    return child;
  }

  const store = () => join(folder, 'centre.db');
  const startIngest = () => start(node, projectFile('centre/cli.ts'), 'ingest', '--broker', broker.url, '--store', store());

  function startBox(): ChildProcess {
    const { indicators, captures } = writeContacts(folder, { captures: 1, each: contacts, seconds: secondsOfCapture });
    const config = join(folder, 'box.json');
    const document = {
      box,
      intel: [indicators],
      capture: { file: captures[0], pace: 1 },
      outbox: { folder: disk, freeBytesMin: 0, handOverAfterMs: 200 },
      socket: join(folder, 'agent.sock'),
      uplink: { url: broker.url, backoff: { ceilingMs: 500 } },
      healthIntervalSeconds: 0.5,
    };
    writeFileSync(config, JSON.stringify(document));
    return start(...vonggac('run', '--config', config));
  }

  const healths = (): Health[] =>
    listener
      .of(up.health(box))
      .map(({ body }) => healthSchema.parse(JSON.parse(body)))
      .filter(({ seq }) => seq === undefined);

  async function hosts(): Promise<Set<string>> {
    if (!existsSync(store())) return new Set();
    const opened = await openStore(store());
    const alerts = await opened.alerts({ box, limit: 10 * contacts });
    await opened.close();
    return new Set(alerts.map(({ host }) => host.ip));
  }

  const poll = (what: () => unknown) => expect.poll(what, { timeout: waitMs, interval: 200 });

  it.skipIf(!canMount)('loses nothing when the disk is full and the centre away: it says so, goes on in memory, and recovers', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'tmpfs', disk]);
    isMounted = true;
    const child = startBox();
    await poll(() => healths().at(-1)?.outbox.mode).toBe('disk');
    const filler = await open(join(disk, 'filler'), 'w');
    for (let isFull = false; !isFull; ) {
      const chunk = Buffer.alloc(4_096, 1);
      isFull = await filler.write(chunk).then(
        ({ bytesWritten }) => bytesWritten < chunk.length,
        () => true,
      );
    }
    await filler.close();
    await poll(() => healths().at(-1)?.outbox.mode).toBe('memory');
    expect(healths().at(-1)?.outbox.error).toBeTruthy();
    expect(child.exitCode).toBeNull();
    startIngest();
    await poll(async () => (await hosts()).size).toBe(contacts);
    rmSync(join(disk, 'filler'));
    await poll(() => healths().at(-1)?.outbox.mode).toBe('disk');
    await poll(() => healths().at(-1)?.outbox.depth).toBe(0);
    const opened = await openStore(store());
    expect(await opened.holes()).toEqual([]);
    await opened.close();
  });

  it('loses nothing that the centre has, says that it began a new outbox, and goes on, when its database is overwritten with noise and its processes die', async () => {
    startIngest();
    const child = startBox();
    await poll(async () => (await hosts()).size).toBeGreaterThan(20);
    const database = join(disk, 'outbox', 'outbox.db');
    for (const path of [database, `${database}-wal`]) {
      if (!existsSync(path)) continue;
      const file = await open(path, 'r+');
      await file.write(randomBytes(Math.max(8_192, statSync(path).size)), 0);
      await file.close();
    }
    const before = await hosts();
    // What SQLite has in its own memory would hide the noise for a while.
    for (const pid of childrenOf(child.pid ?? 0)) process.kill(pid, 'SIGKILL');
    await poll(() => healths().at(-1)?.outbox.begunAnew ?? 0).toBeGreaterThan(0);
    await poll(async () => (await hosts()).size).toBe(contacts);
    const after = await hosts();
    expect([...before].filter((host) => !after.has(host))).toEqual([]);
    expect(healths().at(-1)?.outbox.mode).toBe('disk');
    expect(readdirSync(disk).filter((name) => name.startsWith('outbox.damaged-')).length).toBeGreaterThan(0);
  });

  it('watches and delivers without any disk: the folder cannot be made', async () => {
    rmSync(disk, { recursive: true });
    writeFileSync(disk, 'a file where a folder should be');
    startIngest();
    startBox();
    await poll(async () => (await hosts()).size).toBe(contacts);
    expect(healths().at(-1)?.outbox).toMatchObject({ mode: 'memory' });
  });
});
