/**
 * A real PostgreSQL of Debian's on the loopback address, on a free port and in a folder of its own, with a password. It ends with the
 * process that started it. It refuses to run as root, so root starts it as another user.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const host = '127.0.0.1';
const user = 'vonggac';
const password = 'mật khẩu thử';
const startTimeoutMs = 30_000;
const stopTimeoutMs = 10_000;
/** Another program may take the port between our asking for a free one and the server's taking it. */
const attemptsMax = 5;

export interface PostgresServer {
  /** Of a database that is empty at the start. */
  readonly url: string;
  readonly pid: number;
  /** Makes another empty database and gives its URL. */
  createDatabase(name: string, encoding?: string): string;
  /** Stops it in order, or as if the power had failed, and starts it again on the same port with the same data. */
  restart(how?: 'fast' | 'immediate'): Promise<void>;
  /** Harmless twice. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Waits for the disk at each commit, as in service. Off where only speed is at stake. */
  isDurable?: boolean;
}

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const programs = programsFolder();
  const account = ordinaryAccount();
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-postgres-'));
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${password}\n`);
  const run = (program: string, parameters: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
    execFileSync(join(programs, program), parameters, { cwd: folder, ...account, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const start = async () => {
    const login = ['-U', user, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    run('initdb', ['-D', data, '-E', 'UTF8', '--locale=C', ...login, '--no-sync', '--no-instructions']);
    return startSomewhere(programs, data, folder, account, options);
  };
  let server = await start().catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const { port } = server;
  const killWithUs = () => {
    server.child.kill('SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', killWithUs);
  const login = `${user}:${encodeURIComponent(password)}@${host}:${port}`;
  return {
    url: `postgres://${login}/postgres`,
    get pid() {
      return server.child.pid ?? 0;
    },
    createDatabase: (name, encoding = 'UTF8') => {
      const parameters = ['-h', host, '-p', String(port), '-U', user, '-E', encoding, '-T', 'template0', name];
      run('createdb', parameters, { ...process.env, PGPASSWORD: password });
      return `postgres://${login}/${name}`;
    },
    restart: async (how = 'fast') => {
      await end(server.child, how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      server = await startOnce(programs, data, folder, account, options, port);
    },
    stop: async () => {
      process.off('exit', killWithUs);
      await end(server.child, 'SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Account {
  uid: number;
  gid: number;
}

interface Running {
  child: ChildProcess;
  port: number;
}

async function startSomewhere(
  programs: string,
  data: string,
  folder: string,
  account: Account | undefined,
  options: PostgresOptions,
): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(programs, data, folder, account, options, await freePort());
    } catch (error) {
      const isPortTaken = error instanceof Error && error.message.includes('Address already in use');
      if (!isPortTaken || attempt >= attemptsMax) throw error;
    }
  }
}

async function startOnce(
  programs: string,
  data: string,
  folder: string,
  account: Account | undefined,
  { isDurable = false }: PostgresOptions,
  port: number,
): Promise<Running> {
  const settings = {
    listen_addresses: host,
    port,
    unix_socket_directories: '',
    fsync: isDurable ? 'on' : 'off',
    // Whatever the server says, the store must see to it that a commit is on the disk.
    synchronous_commit: 'off',
    logging_collector: 'off',
    lc_messages: 'C',
  };
  const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(programs, 'postgres'), ['-D', data, ...parameters], {
    ...{ cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    ...account,
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-4_000);
  });
  const endMs = Date.now() + startTimeoutMs;
  while (!said.includes('ready to accept connections') || !(await answers(port))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`postgres ended at its start: ${said}`);
    if (Date.now() > endMs) {
      child.kill('SIGQUIT');
      throw new Error(`postgres did not start within ${startTimeoutMs / 1_000} s: ${said}`);
    }
    await sleep(20);
  }
  return { child, port };
}

/** Debian keeps the programs of each version in a folder of their own, out of the path. The newest is taken. */
function programsFolder(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((one, other) => Number(other) - Number(one)) : [];
  const folder = versions.map((version) => join(root, version, 'bin')).find((path) => existsSync(join(path, 'initdb')));
  if (folder === undefined) throw new Error('PostgreSQL is not installed; Debian: sudo apt-get install postgresql');
  return folder;
}

/** Whom root lets run the server: Debian's own user for it, or nobody. Undefined where we are no root. */
function ordinaryAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // The next one, then.
    }
  }
  throw new Error('root needs a user named postgres or nobody to run PostgreSQL as');
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGQUIT'), stopTimeoutMs);
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
