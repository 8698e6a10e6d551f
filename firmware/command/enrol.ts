/** `vonggac enrol`: for a person at the box who wants to see it happen: the claim file in, the box one of the centre's out, with every step in words. */
import { chownSync, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { claimPlaces } from '../agent/enrolment/claim-source.ts';
import { Enrolment, type EnrolmentState } from '../agent/enrolment/enrolment.ts';
import type { IdentityPaths } from '../agent/enrolment/identity-files.ts';
import { outboxFolder, readBoxConfig } from '../config.ts';
import type { Language } from '../contract/language.ts';
import { stateFiles } from '../state-folder.ts';
import { UserError } from './user-error.ts';

const exitNotEnrolled = 1;

export interface EnrolOptions {
  config?: string;
  claim?: string;
  lang: Language;
}

/** Ends at the first refusal; while the centre is away it goes on asking until Ctrl+C. */
export async function enrol({ config: path, claim, lang }: EnrolOptions): Promise<void> {
  const { config, identity } = readBoxConfig(path);
  const paths = identityPaths(outboxFolder(config));
  const places = claimPlaces(claim);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const log = { info: (_fields: object, text: string) => say(text), warn: () => undefined };
  const onState = (state: EnrolmentState) => {
    if (state.reason !== undefined) say(`${state.reason}${state.advice === undefined ? '' : `\n${state.advice[lang]}`}`);
    if (state.state === 'refused') stop();
  };
  const { proxy, proxyPasswordFile } = config.uplink ?? {};
  const route = { ...(proxy === undefined ? {} : { proxy }), ...(proxyPasswordFile === undefined ? {} : { proxyPasswordFile }) };
  const enrolment = new Enrolment({ paths, places, log, route, onState });
  if (enrolment.need() === 'none') {
    if (identity === undefined) throw new UserError(`there is no claim file at ${places.join(' or ')}; name it with --claim FILE`);
    process.stdout.write(`${words.already[lang]} ${identity.box}, ${identity.agency}\n`);
    return;
  }
  const isEnrolled = await enrolment.run(stopping.signal);
  giveToOwner(paths.folder);
  if (isEnrolled) process.stdout.write(`${words.done[lang]} ${enrolment.state.box}\n`);
  else process.exitCode = exitNotEnrolled;
}

const words = {
  already: { vi: 'Thiết bị đã đăng ký và không có tệp đăng ký mới:', en: 'This box is enrolled, and there is no new claim file:' },
  done: { vi: 'Đã đăng ký. Khởi động lại dịch vụ để dùng tên mới:', en: 'Enrolled. Restart the service so that it takes up its name:' },
} as const;

export function identityPaths(folder: string): IdentityPaths {
  return {
    folder: dirname(stateFiles.identity(folder)),
    identity: stateFiles.identity(folder),
    identityCopy: stateFiles.identityCopy(folder),
    credential: stateFiles.credential(folder),
    serverAuthority: stateFiles.serverAuthority(folder),
    boxesAuthority: stateFiles.boxesAuthority(folder),
  };
}

/** Root is at the keyboard; the service that needs the files is not root. */
function giveToOwner(folder: string): void {
  if (process.getuid?.() !== 0 || !existsSync(folder)) return;
  const { uid, gid } = statSync(dirname(folder));
  for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))]) chownSync(path, uid, gid);
}
