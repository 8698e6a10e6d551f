/** What a person has to sign again soon, and how: told by every command that people use now and then, so that a year does not end unnoticed. */
import type { Language } from '../../../firmware/contract/language.ts';
import type { Repository, RoleState } from './repository.ts';

/** Of the roles whose keys the server does not have. */
export function dueOf(repository: Repository, nowMs: number): RoleState[] {
  return repository.state(nowMs).filter(({ role, isDue }) => isDue && (role === 'root' || role === 'targets'));
}

export function dueInWords({ role, expires }: RoleState, lang: Language): string {
  const how =
    role === 'root'
      ? { en: 'vonggac-centre intel keys renew (two root keys are needed)', vi: 'vonggac-centre intel keys renew (cần hai khoá gốc)' }
      : { en: 'vonggac-centre intel build, and then intel publish', vi: 'vonggac-centre intel build, rồi intel publish' };
  const day = expires.slice(0, 10);
  return lang === 'vi'
    ? `chữ ký của ${role} hết hạn ngày ${day}, sau đó thiết bị không nhận bản mới: ${how.vi}`
    : `what ${role} signed ends on ${day}, and boxes take nothing new from then on: ${how.en}`;
}

/** On standard error; nothing where a program reads, or where there is no repository. */
export function warnOfDue(repository: Repository, { lang, json }: { lang: Language; json?: boolean | undefined }): void {
  if (json === true || !repository.exists) return;
  for (const state of dueOf(repository, Date.now())) process.stderr.write(`vonggac-centre: ${dueInWords(state, lang)}\n`);
}
