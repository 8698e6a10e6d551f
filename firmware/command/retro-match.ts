/** `vonggac retro-match`: asks the memory of this box which machines met given names, addresses, JA4s or certificates. */
import { readFileSync } from 'node:fs';
import { outboxFolder, readConfig } from '../config.ts';
import { vietnamTime } from '../contract/alert-words.ts';
import { type Language, languageOf, plain, type Words } from '../contract/language.ts';
import type { RetroHost, RetroMatchResult, RetroValue } from '../contract/sighting.ts';
import { retroMatch } from '../retro-match.ts';
import { stateFiles } from '../state-folder.ts';
import { LineOutput } from './line-output.ts';
import { UserError } from './user-error.ts';

export interface RetroMatchOptions {
  config?: string;
  days?: number;
  file?: string[];
  json?: boolean;
  lang?: Language;
}

const daysByDefault = 30;
/** More is a list of indicators: a release is matched by the sensor itself. */
const valuesMax = 100_000;
const progressAfterMs = 1000;

const words = {
  seen: { vi: 'đã thấy', en: 'seen' },
  notSeen: { vi: 'không thấy', en: 'not seen' },
  notAsked: { vi: 'không hỏi được', en: 'could not be asked for' },
  attempt: { vi: 'có thử', en: 'attempt' },
  contact: { vi: 'đã kết nối', en: 'contact' },
  inbound: { vi: 'từ bên ngoài vào', en: 'from outside' },
  days: { vi: 'ngày', en: 'days' },
  times: { vi: 'lần', en: 'times' },
  more: { vi: 'máy nữa', en: 'machines more' },
  damaged: { vi: 'Ngày không đọc được hết', en: 'Days that could not be read whole' },
  looked: { vi: 'số ngày đã tìm', en: 'days looked at' },
  searching: { vi: 'đang tìm', en: 'searching' },
} satisfies Record<string, Words>;

export async function retroMatchCommand(given: string[], options: RetroMatchOptions): Promise<void> {
  const lang = options.lang ?? languageOf(process.env);
  const values = [...given, ...(options.file ?? []).flatMap(valuesOf)];
  if (values.length === 0) throw new UserError('no value is given: name some, or a list with --file (vonggac retro-match --help)');
  if (values.length > valuesMax) throw new UserError(`${values.length} values are more than ${valuesMax}: ask for them in parts`);
  const folder = stateFiles.memoryFolder(outboxFolder(readConfig(options.config)));
  const result = await searched(folder, values, options.days ?? daysByDefault, lang);
  const output = new LineOutput();
  if (options.json === true) output.line(JSON.stringify(result));
  else for (const line of inWords(result, lang)) output.line(line);
  output.flush();
  const isAsked = result.values.every(({ state }) => state === 'seen' || state === 'not-seen');
  if (!isAsked || result.damaged.length > 0) process.exitCode = 1;
}

async function searched(folder: string, values: readonly string[], days: number, lang: Language): Promise<RetroMatchResult> {
  const progress = setTimeout(() => {
    if (process.stderr.isTTY) process.stderr.write(`${words.searching[lang]}…\n`);
  }, progressAfterMs);
  try {
    return await retroMatch({ folder, values, days, nowMs: Date.now() });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`cannot read the memory in ${folder}: ${reason}; run this as a user who may read it`);
  } finally {
    clearTimeout(progress);
  }
}

/** One value a line; what follows # is a comment. */
function valuesOf(path: string): string[] {
  try {
    const lines = readFileSync(path === '-' ? 0 : path, 'utf8').split(/\r?\n/);
    return lines.map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((line) => line !== '');
  } catch (error) {
    throw new UserError(`cannot read the list ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function inWords({ values, days, oldest, newest, damaged }: RetroMatchResult, lang: Language): string[] {
  const lines = values.flatMap((value) => valueInWords(value, lang));
  if (damaged.length > 0) lines.push(`${words.damaged[lang]}: ${damaged.join(', ')}`);
  lines.push(`${words.looked[lang]}: ${days}${oldest === undefined ? '' : ` (${oldest} – ${newest})`}`);
  return lines;
}

function valueInWords({ value, state, note, hosts = [], hostsOmitted }: RetroValue, lang: Language): string[] {
  const what = state === 'seen' ? words.seen : state === 'not-seen' ? words.notSeen : words.notAsked;
  const lines = [`${plain(value)}: ${what[lang]}${note === undefined ? '' : ` (${plain(note)})`}`];
  for (const host of hosts) lines.push(`  ${hostInWords(host, lang)}`);
  if (hostsOmitted !== undefined) lines.push(`  + ${hostsOmitted} ${words.more[lang]}`);
  return lines;
}

function hostInWords(
  { ip, mac, name, first, last, days, count, stage, inbound, how, observed, remote }: RetroHost,
  lang: Language,
): string {
  const known = [name, mac].filter((part) => part !== undefined).map((part) => plain(part));
  const machine = `${plain(ip)}${known.length === 0 ? '' : ` (${known.join(', ')})`}`;
  const far = remote === undefined ? '' : ` -> ${plain(remote)}`;
  const from = inbound === undefined ? '' : `, ${words.inbound[lang]}`;
  const period = `${vietnamTime(first)} – ${vietnamTime(last)}, ${days} ${words.days[lang]}, ${count} ${words.times[lang]}`;
  return `${machine}  ${words[stage][lang]}${from} [${how.join(' ')}]  ${period}  ${observed.map((text) => plain(text)).join(', ')}${far}`;
}
