/**
 * `vonggac config check`: a file of settings, as the centre orders them, in; everything that is wrong with it out, in the words that the box would report.
 * Needs no centre and changes nothing.
 */
import { createReadStream } from 'node:fs';
import { readBoxConfig } from '../config.ts';
import { type Language, languageOf, plain, type Words } from '../contract/language.ts';
import { type SettingsFault, settingsBytesMax, settingsFaults, settingsFaultsFor } from '../settings.ts';
import { UserError } from './user-error.ts';

/** A document may be written with many spaces; it is sent without. */
const textBytesMax = 8 * settingsBytesMax;
const messageCharactersMax = 500;
const exitNotValid = 1;
const standardInput = '-';

export interface ConfigCheckOptions {
  config?: string;
  json?: boolean;
  lang?: Language;
}

const words = {
  valid: { vi: 'hợp lệ', en: 'valid' },
  fault: { vi: 'lỗi', en: 'fault' },
  faults: { vi: 'lỗi', en: 'faults' },
  document: { vi: '(cả tài liệu)', en: '(the document)' },
} as const satisfies Record<string, Words>;

/** Exit status 0 valid, 1 not valid. Throws a `UserError` where a file cannot be read. */
export async function checkConfig(path: string, options: ConfigCheckOptions): Promise<void> {
  const lang = options.lang ?? languageOf(process.env);
  const name = path === standardInput ? 'stdin' : plain(path);
  const own = options.config === undefined ? undefined : readBoxConfig(options.config).own;
  const faults = faultsIn(await textOf(path), own);
  if (faults.length > 0) process.exitCode = exitNotValid;
  if (options.json === true) process.stdout.write(faults.map((fault) => `${JSON.stringify(fault)}\n`).join(''));
  else if (faults.length === 0) process.stdout.write(`${name}: ${words.valid[lang]}\n`);
  else {
    const lines = faults.map((fault) => `  ${plain(fault.path || words.document[lang])}: ${plain(fault.message, messageCharactersMax)}`);
    const noun = faults.length === 1 ? words.fault : words.faults;
    process.stderr.write(`vonggac: ${name}: ${faults.length} ${noun[lang]}\n${lines.join('\n')}\n`);
  }
}

/** `own`: of the box for which they are; undefined: for any. */
function faultsIn(text: string | undefined, own: unknown): SettingsFault[] {
  if (text === undefined) return [tooLarge];
  let document: unknown;
  try {
    // Editors on Windows begin a file with a byte order mark.
    document = JSON.parse(text.replace(/^\u{feff}/u, ''));
  } catch (error) {
    return [{ path: '', message: `is not JSON: ${error instanceof Error ? error.message : String(error)}` }];
  }
  const faults = own === undefined ? settingsFaults(document) : settingsFaultsFor(own, document);
  const isTooLarge = faults.length === 0 && Buffer.byteLength(JSON.stringify(document)) > settingsBytesMax;
  return isTooLarge ? [tooLarge] : faults;
}

const tooLarge: SettingsFault = { path: '', message: `has more than ${settingsBytesMax} bytes, which is what an order may carry` };

/** Undefined where it is larger than any. */
async function textOf(path: string): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of path === standardInput ? process.stdin : createReadStream(path)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > textBytesMax) return undefined;
    }
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
