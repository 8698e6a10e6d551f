/**
 * A real Mosquitto on the loopback address, on a free port and in a folder of its own, for the demonstration and the tests. It ends with the
 * process that started it. Not how the centre runs its broker: it has no passwords, no certificates and keeps nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const host = '127.0.0.1';
const startTimeoutMs = 5_000;
const stopTimeoutMs = 2_000;
/** Another program may take the port between our asking for a free one and Mosquitto's taking it. */
const attemptsMax = 5;
/** Debian keeps the program out of an ordinary user's path. */
const searchPath = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

export interface BrokerOptions {
  /** A free one where absent. */
  port?: number;
  /** More lines of mosquitto.conf; `allow_anonymous true` is said only where they are absent. */
  configuration?: readonly string[];
}

export interface Broker {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Its own, with its configuration; gone once it is stopped. */
  readonly folder: string;
  /** Ends it in order, or by `SIGKILL` where asked, and removes its folder. Harmless twice. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Resolves once the broker accepts connections. Rejects with an `Error` fit for people. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options.port ?? (await freePort()), options.configuration ?? ['allow_anonymous true']);
    } catch (error) {
      const isPortTaken = error instanceof Error && error.message.includes('Address already in use');
      if (!isPortTaken || options.port !== undefined || attempt >= attemptsMax) throw error;
    }
  }
}

async function startOnce(port: number, configuration: readonly string[]): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-broker-'));
  const file = join(folder, 'mosquitto.conf');
  // As root Mosquitto would become another user, who may not enter our folder.
  const user = process.getuid?.() === 0 ? ['user root'] : [];
  const lines = [
    `listener ${port} ${host}`,
    'persistence false',
    'log_dest stderr',
    'log_type error',
    'log_type warning',
    // Otherwise a subscriber that is 1,000 messages behind loses the next ones, though their sender saw them acknowledged. Not 0 for
    // "no limit": Mosquitto 2.0.11 then ends the connection of a sender whose message it refuses.
    'max_queued_messages 1000000',
    // Else each acknowledgement waits for the next packet of the other side: 930 messages a second in place of 55,000.
    'set_tcp_nodelay true',
    ...user,
    ...configuration,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn('mosquitto', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH: searchPath } });
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const killWithUs = () => {
    child.kill('SIGKILL');
    removeFolder();
  };
  process.once('exit', killWithUs);
  try {
    await accepting(child, port);
  } catch (error) {
    process.off('exit', killWithUs);
    killWithUs();
    throw error;
  }
  return {
    url: `mqtt://${host}:${port}`,
    port,
    pid: child.pid ?? 0,
    folder,
    stop: async (signal = 'SIGTERM') => {
      process.off('exit', killWithUs);
      await endChild(child, signal);
      removeFolder();
    },
  };
}

/** Resolves once the port answers; rejects where the program is missing or ends first, with what it said. */
async function accepting(child: ChildProcess, port: number): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-2_000);
  });
  let failure: string | undefined;
  child.once('error', (error) => {
    const isMissing = 'code' in error && error.code === 'ENOENT';
    failure = isMissing
      ? 'mosquitto is not installed; Debian: sudo apt-get install mosquitto'
      : `mosquitto did not start: ${error.message}`;
  });
  child.once('close', (code, signal) => {
    failure ??= `mosquitto ended at its start (${code ?? signal}): ${said.trim().split('\n').at(-1) ?? ''}`;
  });
  const endMs = Date.now() + startTimeoutMs;
  while (Date.now() < endMs) {
    if (failure !== undefined) throw new Error(failure);
    // Another program on this port would answer too; ours ends with an error then, which the pause lets us see.
    if (await answers(port)) {
      await sleep(20);
      if (failure === undefined) return;
    }
    await sleep(20);
  }
  throw new Error(failure ?? `mosquitto did not accept a connection on ${host}:${port} within ${startTimeoutMs / 1_000} s`);
}

async function endChild(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no free port');
  return address.port;
}
