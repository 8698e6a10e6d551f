/** `vonggac-centre registrar`, once its options are read: opens the folder of the centre, runs one registrar, and stops it in order at a signal. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Authority } from '../authority/authority.ts';
import { readKeyFile } from '../authority/key-file.ts';
import { type CentreFolder, openCentreFolder, serviceAccess } from '../centre-folder.ts';
import { passphraseOf } from '../command/passphrase.ts';
import type { RegistrarFlags } from '../command/registrar.ts';
import { UserError } from '../command/user-error.ts';
import { credentialsOf } from '../connection.ts';
import { openRegisterFile } from '../register/register-file.ts';
import { reloadBroker, writeBoxesList } from '../revoke/broker-lists.ts';
import { Registrar } from './registrar.ts';

/** Certificates that end within this are taken to the broker together: a reload stops it for a moment. */
const gatherMs = 2_000;

/** Resolves once the process was told to stop and has stopped. Rejects with a `UserError` where it cannot begin. */
export async function runRegistrar(flags: RegistrarFlags): Promise<void> {
  const folder = openCentreFolder(flags.centre);
  const stopping = new AbortController();
  process.once('SIGTERM', () => stopping.abort()).once('SIGINT', () => stopping.abort());
  const keyPath = folder.file('boxesKey');
  const authority = Authority.open(textOf(folder.file('boxesAuthority')), readKeyFile(keyPath, await passphraseOf(folder, flags)));
  const access = serviceAccess(folder, 'registrar');
  try {
    credentialsOf(access);
  } catch (error) {
    throw new UserError(`the certificate of the registrar cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const register = openRegisterFile(folder.file('register'));
  const log = pino({ base: null });
  const ended = new EndedCertificates(() => refreshBroker(folder, register, authority), log);
  const registrar = new Registrar({
    access,
    register,
    issue: (request) => authority.issueBox(request),
    group: `registrar-${groupOf(keyPath)}`,
    ended: (serials, box) => ended.add(serials, box),
    log,
  });
  await registrar.run(stopping.signal);
  await ended.settled();
  register.close();
}

/** The same for all processes of this centre, and known to nobody who cannot read the key itself. */
function groupOf(keyPath: string): string {
  return createHash('sha256').update('group of the registrars\n').update(readFileSync(keyPath)).digest('hex').slice(0, 32);
}

async function refreshBroker(folder: CentreFolder, register: ReturnType<typeof openRegisterFile>, authority: Authority): Promise<void> {
  await writeBoxesList(folder, register, authority);
  await reloadBroker(folder);
}

/** Tells the broker, a moment after the first, of all certificates that ended meanwhile. */
class EndedCertificates {
  readonly #refresh: () => Promise<void>;
  readonly #log: Pick<ReturnType<typeof pino>, 'info' | 'warn'>;
  #waiting: string[] = [];
  #running: Promise<void> | undefined;

  constructor(refresh: () => Promise<void>, log: Pick<ReturnType<typeof pino>, 'info' | 'warn'>) {
    this.#refresh = refresh;
    this.#log = log;
  }

  add(serials: readonly string[], box: string): void {
    this.#log.info({ box, serials }, 'certificates ended: others took their place');
    this.#waiting.push(...serials);
    this.#running ??= this.#run();
  }

  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await sleep(gatherMs);
      const serials = this.#waiting.splice(0);
      try {
        await this.#refresh();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        // They are revoked in the register and good for no renewal; the next list that is written has them.
        this.#log.warn({ serials, reason }, 'the broker was not told of certificates that ended: see reloadBroker in centre.json');
      }
    }
    this.#running = undefined;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
