/**
 * `vonggac config check`: a file of settings, as the centre orders them, in; everything that is wrong with it out, in the words that the box would report.
 * Needs no centre and changes nothing.
 */
import { readBoxConfig } from '../config.ts';
import { type Language, languageOf, plain, type Words } from '../contract/language.ts';
import { settingsFaults, settingsFaultsFor } from '../settings.ts';
import { readSettings, standardInput } from '../settings-file.ts';
import { UserError } from './user-error.ts';

const messageCharactersMax = 500;
const exitNotValid = 1;

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
  const faultsOf = (document: unknown) => (own === undefined ? settingsFaults(document) : settingsFaultsFor(own, document));
  const { faults = [] } = await readSettings(path, faultsOf).catch((error: Error) => {
    throw new UserError(error.message);
  });
  if (faults.length > 0) process.exitCode = exitNotValid;
  if (options.json === true) process.stdout.write(faults.map((fault) => `${JSON.stringify(fault)}\n`).join(''));
  else if (faults.length === 0) process.stdout.write(`${name}: ${words.valid[lang]}\n`);
  else {
    const lines = faults.map((fault) => `  ${plain(fault.path || words.document[lang])}: ${plain(fault.message, messageCharactersMax)}`);
    const noun = faults.length === 1 ? words.fault : words.faults;
    process.stderr.write(`vonggac: ${name}: ${faults.length} ${noun[lang]}\n${lines.join('\n')}\n`);
  }
}
