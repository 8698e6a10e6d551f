/**
 * The centre's broker as `vonggac-centre broker-config` sets it up, on free loopback ports, with authorities of its own and in a folder of
 * its own: for tests that attack it, kill it or load it. Started by its own start script, so what runs is what is delivered.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ServiceName } from '../../../centre/broker/access.ts';
import { type BrokerLayout, logFileName, writtenFiles } from '../../../centre/broker/layout.ts';
import { type LogEvent, readLogLine } from '../../../centre/broker/log-line.ts';
import { writeBrokerConfig } from '../../../centre/broker/write-config.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { type CentrePki, type Certificate, createCentrePki, installCrls, installPki } from './pki.ts';

const run = promisify(execFile);
const host = '127.0.0.1';
const startTimeoutMs = 10_000;
const stopTimeoutMs = 5_000;
/** Another program may take a port between our asking for a free one and the broker's taking it. */
const attemptsMax = 5;
/** Of the log that is kept for tests to look at. */
const logLinesMax = 20_000;

/** What a client needs to reach the broker; fits `BrokerAccess` of the centre and the uplink options of a box. */
export interface TestAccess {
  url: string;
  caFile: string;
  certFile: string;
  keyFile: string;
}

export interface CentreBroker {
  /** For boxes and for services; the same over every restart. */
  readonly port: number;
  readonly servicePort: number;
  readonly folder: string;
  readonly layout: BrokerLayout;
  readonly pki: CentrePki;
  /** Of the Mosquitto that runs now. */
  readonly pid: number;
  /** What the log filter kept, oldest first, of all runs. */
  readonly log: readonly string[];
  /** The log as events. */
  events(): LogEvent[];
  /** With a certificate for this id, the same at each call. */
  box(id: string): Promise<TestAccess>;
  service(name: ServiceName): Promise<TestAccess>;
  /** With any certificate, at the port of the boxes or of the services. */
  boxWith(certificate: Certificate): TestAccess;
  serviceWith(certificate: Certificate): TestAccess;
  /** Ends it (SIGKILL: without saving) and waits until it is gone. Harmless where it is gone already. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Starts it again on the same ports and files, ending it before where it runs. Resolves once it accepts connections. */
  restart(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Has it read its files anew, as the unit does. Resolves once they are in force; rejects where they are not sound. */
  reload(): Promise<void>;
  /** Puts the present lists of revoked certificates in place, then reloads. */
  reloadCrls(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface CentreBrokerOptions {
  /** Made by an earlier call: making one takes a tenth of a second, and many certificates take longer. */
  pki?: CentrePki;
  /** Lines put after the configuration as delivered. For what a test cannot wait for, not for rights. */
  extraLines?: readonly string[];
}

/** Resolves once the broker accepts connections. */
export async function startCentreBroker(options: CentreBrokerOptions = {}): Promise<CentreBroker> {
  // Short, for the path of a unix socket has 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-cb-'));
  try {
    const pki = options.pki ?? (await createCentrePki(join(folder, 'pki')));
    for (let attempt = 1; ; attempt++) {
      const broker = new RunningBroker(await configure(folder, pki, options.extraLines ?? []), pki, folder);
      try {
        await broker.restart();
        return broker;
      } catch (error) {
        await broker.kill();
        if (!String(error).includes('Address already in use') || attempt >= attemptsMax) throw error;
      }
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function configure(folder: string, pki: CentrePki, extraLines: readonly string[]): Promise<BrokerLayout> {
  const [port, servicePort] = await freePorts(2);
  const layout: BrokerLayout = {
    folder: join(folder, 'etc'),
    host,
    port: port ?? 0,
    bind: host,
    servicePort: servicePort ?? 0,
    serviceBind: host,
    stateFolder: join(folder, 'state'),
    logFolder: join(folder, 'log'),
    // As root Mosquitto would become another user, who may not enter our folder.
    user: userInfo().username,
  };
  for (const path of [layout.stateFolder, layout.logFolder]) mkdirSync(path, { recursive: true });
  await writeBrokerConfig(layout, { force: true });
  if (extraLines.length > 0) appendFileSync(join(layout.folder, writtenFiles.configuration), `${extraLines.join('\n')}\n`);
  await installPki(pki, layout.folder);
  return layout;
}

class RunningBroker implements CentreBroker {
  readonly layout: BrokerLayout;
  readonly pki: CentrePki;
  readonly folder: string;
  readonly log: string[] = [];
  readonly #certificates = new Map<string, Promise<Certificate>>();
  #child: ChildProcess | undefined;

  constructor(layout: BrokerLayout, pki: CentrePki, folder: string) {
    this.layout = layout;
    this.pki = pki;
    this.folder = folder;
  }

  get port(): number {
    return this.layout.port;
  }

  get servicePort(): number {
    return this.layout.servicePort;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  events(): LogEvent[] {
    return this.log.map(readLogLine).filter((event) => event !== undefined);
  }

  async box(id: string): Promise<TestAccess> {
    return this.boxWith(await this.#certificate(`box ${id}`, () => this.pki.boxes.issue(id)));
  }

  async service(name: ServiceName): Promise<TestAccess> {
    return this.serviceWith(await this.#certificate(`service ${name}`, () => this.pki.services.issue(name)));
  }

  boxWith(certificate: Certificate): TestAccess {
    return { url: `mqtts://${host}:${this.port}`, caFile: this.pki.servers.caFile, ...certificate };
  }

  serviceWith(certificate: Certificate): TestAccess {
    return { url: `mqtts://${host}:${this.servicePort}`, caFile: this.pki.servers.caFile, ...certificate };
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    process.off('exit', this.#killWithUs);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await ended;
    clearTimeout(timer);
  }

  async restart(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    await this.kill(signal);
    const child = spawn(join(this.layout.folder, writtenFiles.start), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    process.once('exit', this.#killWithUs);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (this.log.length < logLinesMax) this.log.push(line);
    });
    await accepting(child, [this.port, this.servicePort], this.log);
  }

  async reload(): Promise<void> {
    const reloads = () => this.log.filter((line) => line.includes('Reloading config')).length;
    const before = reloads();
    await run(join(this.layout.folder, writtenFiles.reload), [`${this.pid}`]);
    // Mosquitto says so before it does so, and does nothing else in between: a connection made from then on waits for it.
    await until(() => reloads() > before, 'the reload of the broker');
  }

  async reloadCrls(): Promise<void> {
    await installCrls(this.pki, this.layout.folder);
    await this.reload();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  readonly #killWithUs = () => {
    this.#child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  };

  #certificate(key: string, issue: () => Promise<Certificate>): Promise<Certificate> {
    const known = this.#certificates.get(key) ?? issue();
    this.#certificates.set(key, known);
    return known;
  }
}

/** What the log filter wrote to its file, which is what people read. */
export function logFileOf({ layout }: CentreBroker): string {
  return readFileSync(join(layout.logFolder, logFileName), 'utf8');
}

export async function accepting(child: ChildProcess, ports: readonly number[], log: readonly string[]): Promise<void> {
  const endMs = Date.now() + startTimeoutMs;
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = `the broker did not start: ${error.message}`;
  });
  child.once('close', (code, signal) => {
    failure ??= `the broker ended at its start (${code ?? signal}): ${log.slice(-3).join('; ')}`;
  });
  while (Date.now() < endMs) {
    if (failure !== undefined) throw new Error(failure);
    if ((await Promise.all(ports.map(answers))).every(Boolean)) {
      // Another program on this port would answer too; ours ends with an error then, which the pause lets us see.
      await sleep(20);
      if (failure === undefined) return;
    }
    await sleep(20);
  }
  throw new Error(failure ?? `the broker did not accept connections within ${startTimeoutMs / 1_000} s: ${log.slice(-3).join('; ')}`);
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

/** All held open until the last is known, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  for (let index = 0; index < count; index++) {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') ports.push(address.port);
    servers.push(server);
  }
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
