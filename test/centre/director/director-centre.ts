/**
 * A centre with a broker that runs, a director and boxes in its register, in a folder of its own: for what the director does. Boxes are in the register
 * without having been enrolled; their certificates are of the same authority.
 */
import { spawn } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeKeyFile } from '../../../centre/authority/key-file.ts';
import { centreFiles } from '../../../centre/centre-folder.ts';
import { Director } from '../../../centre/director/director.ts';
import { insertBox } from '../../../centre/register/boxes.ts';
import { type CentreBroker, type CentreBrokerOptions, startCentreBroker } from '../broker/centre-broker.ts';
import type { Ran } from '../typed.ts';
import { type BoxWays, SimulatedBox } from './simulated-box.ts';

const cli = fileURLToPath(new URL('../../../centre/cli.ts', import.meta.url));

export class DirectorCentre {
  readonly folder: string;
  readonly broker: CentreBroker;
  readonly publicKey: KeyObject;
  readonly #boxes: SimulatedBox[] = [];
  readonly #directors: Director[] = [];

  static async start(options: CentreBrokerOptions & { passphrase?: string } = {}): Promise<DirectorCentre> {
    const broker = await startCentreBroker(options);
    const folder = mkdtempSync(join(tmpdir(), 'vonggac-dc-'));
    const { privateKey } = generateKeyPairSync('ed25519');
    const path = (name: keyof typeof centreFiles) => {
      const file = join(folder, centreFiles[name]);
      mkdirSync(dirname(file), { recursive: true });
      return file;
    };
    const centre = { schema: 'centre/1', name: 'Trung tâm', host: '127.0.0.1', port: broker.port, servicePort: broker.servicePort };
    writeFileSync(path('settings'), JSON.stringify(centre));
    writeKeyFile(path('directorKey'), privateKey, options.passphrase);
    copyFileSync(broker.pki.servers.caFile, path('serversAuthority'));
    const access = await broker.service('centre.director');
    mkdirSync(path('services'));
    copyFileSync(access.certFile, join(path('services'), 'director.crt'));
    copyFileSync(access.keyFile, join(path('services'), 'director.key'));
    return new DirectorCentre(folder, broker, createPublicKey(privateKey));
  }

  constructor(folder: string, broker: CentreBroker, publicKey: KeyObject) {
    this.folder = folder;
    this.broker = broker;
    this.publicKey = publicKey;
  }

  /** Closed with the centre. */
  director(): Director {
    const director = new Director({ centre: this.folder });
    this.#directors.push(director);
    return director;
  }

  register(id: string, ...tags: string[]): void {
    insertBox(this.director().register, { box: id, agency: `UBND ${id}`, contacts: [], tags });
  }

  /** In the register, connected, and gone with the centre. */
  async box(id: string, ways: BoxWays = {}, ...tags: string[]): Promise<SimulatedBox> {
    this.register(id, ...tags);
    return this.connect(id, ways);
  }

  async connect(id: string, ways: BoxWays = {}): Promise<SimulatedBox> {
    const box = await SimulatedBox.connect(await this.broker.box(id), id, this.publicKey, ways);
    this.#boxes.push(box);
    return box;
  }

  /** A command of the centre, as it is typed. */
  async run(words: readonly string[], input = '', signal?: AbortSignal): Promise<Ran> {
    const child = spawn(process.execPath, [cli, ...words], { env: { ...process.env, VONGGAC_CENTRE: this.folder, LANG: 'C' } });
    const ran: Ran = { status: null, out: '', err: '' };
    child.stdout.on('data', (chunk) => {
      ran.out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      ran.err += chunk;
    });
    signal?.addEventListener('abort', () => child.kill(signal.reason === 'SIGKILL' ? 'SIGKILL' : 'SIGINT'));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    [ran.status] = await once(child, 'close');
    return ran;
  }

  file(name: string, document: unknown): string {
    const path = join(this.folder, name);
    writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
    return path;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#boxes.map((box) => box.close().catch(() => undefined)));
    await Promise.all(this.#directors.map((director) => director.close()));
    await this.broker.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
