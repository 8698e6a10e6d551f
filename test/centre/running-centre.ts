/**
 * A whole centre as `vonggac-centre init` makes it, with its broker and its broker for claims running on free loopback ports, in a folder of its
 * own: for tests of whatever talks to them. Started by the delivered scripts. Private keys lie open, for a passphrase costs half a second each.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Authority, newKeyPair } from '../../centre/authority/authority.ts';
import { readKeyFile } from '../../centre/authority/key-file.ts';
import { Name, Pkcs10CertificateRequestGenerator } from '../../centre/authority/x509.ts';
import { writtenClaimsFiles, writtenFiles } from '../../centre/broker/layout.ts';
import { type LogEvent, readLogLine } from '../../centre/broker/log-line.ts';
import { type Centre, type CentreFolder, serviceAccess } from '../../centre/centre-folder.ts';
import { makeCentre } from '../../centre/init/init.ts';
import { openRegisterFile } from '../../centre/register/register-file.ts';
import { until } from '../firmware/agent/uplink/listener.ts';
import { accepting, freePorts, type TestAccess } from './broker/centre-broker.ts';

const host = '127.0.0.1';
const stopTimeoutMs = 5_000;
const attemptsMax = 5;
const logLinesMax = 20_000;

export interface RunningBroker {
  /** What the log filter kept, oldest first, of all runs. */
  readonly log: readonly string[];
  /** Of the Mosquitto that serves boxes and services now. */
  readonly pid: number;
  events(): LogEvent[];
  /** Ends one of the two (SIGKILL: without saving) and waits until it is gone. */
  kill(which?: 'broker' | 'claims', signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Starts both, where they do not run, on the same ports. Resolves once they accept connections and requests pass from one to the other. */
  start(): Promise<void>;
}

export interface RunningCentre {
  readonly folder: CentreFolder;
  readonly centre: Centre;
  readonly broker: RunningBroker;
  /** `ingest`, `watch`, `director`, `registrar`. */
  service(name: string): TestAccess;
  /** A box of the register with a certificate of the centre, the same at each call; with another `which`, another key and certificate. */
  box(id: string, which?: string): Promise<TestAccess>;
  /** Where claims are made: for anybody. */
  readonly claims: { url: string; caFile: string };
  /** Ends the brokers and removes the folder. */
  stop(): Promise<void>;
}

/** Resolves once both brokers accept connections; about a second. */
export async function startCentre(): Promise<RunningCentre> {
  for (let attempt = 1; ; attempt++) {
    // Short, for the path of a unix socket has 107 bytes.
    const folder = mkdtempSync(join(tmpdir(), 'vonggac-rc-'));
    const brokers = new Brokers(await configured(join(folder, 'centre')));
    try {
      await brokers.start();
      return new Running(folder, brokers);
    } catch (error) {
      await brokers.stop();
      rmSync(folder, { recursive: true, force: true });
      if (!String(error).includes('Address already in use') || attempt >= attemptsMax) throw error;
    }
  }
}

async function configured(path: string): Promise<CentreFolder> {
  const [port = 0, servicePort = 0, claimPort = 0, servePort = 0] = await freePorts(4);
  const ports = { port, servicePort, claimPort, servePort };
  const options = { host: [host], bind: host, user: userInfo().username, passphrase: false, lang: 'en' } as const;
  return (await makeCentre(path, { ...options, host: [host], ...ports })).folder;
}

class Running implements RunningCentre {
  readonly folder: CentreFolder;
  readonly broker: Brokers;
  readonly #path: string;
  readonly #boxes = new Map<string, Promise<TestAccess>>();

  constructor(path: string, brokers: Brokers) {
    this.#path = path;
    this.folder = brokers.folder;
    this.broker = brokers;
    process.once('exit', this.#removeWithUs);
  }

  get centre(): Centre {
    return this.folder.centre;
  }

  get claims(): { url: string; caFile: string } {
    return { url: `mqtts://${host}:${this.centre.claimPort}`, caFile: this.folder.file('serversAuthority') };
  }

  service(name: string): TestAccess {
    const { url, caFile = '', certFile = '', keyFile = '' } = serviceAccess(this.folder, name);
    return { url, caFile, certFile, keyFile };
  }

  box(id: string, which = 'first'): Promise<TestAccess> {
    const name = `${id} ${which}`;
    const known = this.#boxes.get(name) ?? this.#enrol(id);
    this.#boxes.set(name, known);
    return known;
  }

  async stop(): Promise<void> {
    await this.broker.stop();
    process.off('exit', this.#removeWithUs);
    rmSync(this.#path, { recursive: true, force: true });
  }

  readonly #removeWithUs = () => rmSync(this.#path, { recursive: true, force: true });

  async #enrol(box: string): Promise<TestAccess> {
    const { file } = this.folder;
    const keys = newKeyPair();
    const authority = Authority.open(readFileSync(file('boxesAuthority'), 'utf8'), readKeyFile(file('boxesKey'), undefined));
    const issued = await authority.issueBox({ box, csrPem: await csrFor(box, keys) });
    const register = openRegisterFile(file('register'));
    register.prepare('insert or ignore into box (box, agency, created_ms) values (?, ?, ?)').run(box, `Agency of ${box}`, Date.now());
    register
      .prepare(
        `insert into certificate (serial, box, pem, public_key, source, not_before_ms, not_after_ms, issued_ms) values (?, ?, ?, ?, 'claim', ?, ?, ?)`,
      )
      .run(issued.serial, box, issued.pem, issued.publicKeyPem, issued.notBeforeMs, issued.notAfterMs, Date.now());
    register.close();
    const folder = join(this.#path, 'boxes');
    mkdirSync(folder, { recursive: true });
    const [certFile, keyFile] = [join(folder, `${issued.serial}.crt`), join(folder, `${issued.serial}.key`)];
    writeFileSync(certFile, issued.pem);
    writeFileSync(keyFile, keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return { url: `mqtts://${host}:${this.centre.port}`, caFile: file('serversAuthority'), certFile, keyFile };
  }
}

/** A request as a box makes it, in PEM. */
export async function csrFor(commonName: string, { privateKey, publicKey } = newKeyPair()): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name([{ CN: [{ utf8String: commonName }] }]),
    keys: { privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']), publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']) },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return request.toString('pem');
}

class Brokers implements RunningBroker {
  readonly folder: CentreFolder;
  readonly log: string[] = [];
  readonly #children = new Map<'broker' | 'claims', ChildProcess>();

  constructor(folder: CentreFolder) {
    this.folder = folder;
    process.once('exit', this.#killWithUs);
  }

  get pid(): number {
    return this.#children.get('broker')?.pid ?? 0;
  }

  events(): LogEvent[] {
    return this.log.map(readLogLine).filter((event) => event !== undefined);
  }

  async start(): Promise<void> {
    const { port, servicePort, claimPort } = this.folder.centre;
    if (!this.#children.has('broker')) await this.#start('broker', writtenFiles.start, [port, servicePort]);
    const bridges = () => this.log.filter((line) => /New client connected from \S+ as centre\.claims /.test(line)).length;
    const before = bridges();
    if (this.#children.has('claims')) return;
    await this.#start('claims', writtenClaimsFiles.start, [claimPort]);
    await until(() => bridges() > before, 'the bridge between the brokers');
  }

  async kill(which: 'broker' | 'claims' = 'broker', signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#children.get(which);
    this.#children.delete(which);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await ended;
    clearTimeout(timer);
  }

  async stop(): Promise<void> {
    await Promise.all([this.kill('claims'), this.kill('broker')]);
    process.off('exit', this.#killWithUs);
  }

  readonly #killWithUs = () => {
    for (const child of this.#children.values()) child.kill('SIGKILL');
  };

  async #start(which: 'broker' | 'claims', script: string, ports: readonly number[]): Promise<void> {
    const child = spawn(join(this.folder.file('broker'), script), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.set(which, child);
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        if (this.log.length < logLinesMax) this.log.push(line);
      });
    await accepting(child, ports, this.log);
  }
}
