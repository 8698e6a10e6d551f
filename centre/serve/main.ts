/**
 * `vonggac-centre serve`, once its options are read: serves the repository of releases, and keeps it fresh meanwhile: signs timestamp and snapshot anew
 * before they end, and says in time when a person has to.
 */
import { join } from 'node:path';
import { pino } from 'pino';
import { plain } from '../../firmware/contract/language.ts';
import { placedFiles } from '../broker/layout.ts';
import { type CentreFolder, openCentreFolder } from '../centre-folder.ts';
import { UserError } from '../command/user-error.ts';
import { dueInWords, dueOf } from '../intel/repository/due.ts';
import { repositoryOf } from '../intel/repository/repository.ts';
import { startFileServer } from './file-server.ts';

const portDefault = 8443;
/** A timestamp is made anew when it is a day old. */
const renewalMs = 3_600_000;
/** By which people are told again that keys are needed. */
const reminderMs = 86_400_000;
const textCharactersMax = 1_000;

export interface ServeFlags {
  centre?: string;
  port?: number;
  bind?: string;
}

/** Resolves once the process was told to stop and has stopped. Rejects with a `UserError` where it cannot begin. */
export async function runServe({ centre, port, bind }: ServeFlags): Promise<void> {
  const folder = openCentreFolder(centre);
  const log = pino({ base: null });
  const repository = repositoryOf(folder);
  if (!repository.exists) throw new UserError('there is no repository yet: vonggac-centre intel keys create makes one');
  const server = await startFileServer({
    folder: repository.folder.places.folder,
    ...credentialFiles(folder),
    port: port ?? folder.centre.serve?.port ?? portDefault,
    ...(bind === undefined ? {} : { bind }),
    log,
  }).catch((error: unknown) => {
    throw new UserError(`cannot serve: ${error instanceof Error ? error.message : String(error)}`);
  });
  log.info({ port: server.port, folder: repository.folder.places.folder }, 'serving');
  let remindedMs = 0;
  const keepFresh = () => {
    try {
      // While nobody signed, boxes took nothing new, whatever was published.
      const ended = repository.state(Date.now()).filter(({ role, expires }) => isOnline(role) && Date.parse(expires) < Date.now());
      for (const { role, expires } of ended) tell(`${role} ended on ${expires}: no box could take a release since; it is signed anew now`);
      const renewed = repository.renew(Date.now());
      if (renewed.length > 0) log.info({ roles: renewed }, 'signed anew');
      const due = dueOf(repository, Date.now());
      if (due.length === 0 || Date.now() - remindedMs < reminderMs) return;
      remindedMs = Date.now();
      for (const one of due) tell(dueInWords(one, 'en'));
    } catch (error) {
      log.error({ reason: error instanceof Error ? error.message : String(error) }, 'the repository could not be kept fresh');
    }
  };
  keepFresh();
  const renewal = setInterval(keepFresh, renewalMs);
  await new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()).once('SIGINT', () => resolve()));
  clearInterval(renewal);
  await server.close();
  log.info('stopped');
}

const isOnline = (role: string) => role === 'timestamp' || role === 'snapshot';

function tell(text: string): void {
  process.stderr.write(`vonggac-centre: ${plain(text, textCharactersMax)}\n`);
}

function credentialFiles({ file }: CentreFolder) {
  return {
    certFile: join(file('services'), 'serve.crt'),
    keyFile: join(file('services'), 'serve.key'),
    clientAuthorityFile: file('boxesAuthority'),
    revokedFile: join(file('broker'), placedFiles.boxesRevoked),
  };
}
