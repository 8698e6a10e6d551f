/** A file, or standard input -> a document of settings, checked as a box checks it; or everything that is wrong with it. Talks to nobody. */
import { createReadStream } from 'node:fs';
import type { ConfigDesired } from '../../firmware/contract/config-message.ts';
import { plain } from '../../firmware/contract/language.ts';
import { type SettingsFault, settingsBytesMax, settingsFaults } from '../../firmware/settings.ts';
import { UserError } from '../command/user-error.ts';

const standardInput = '-';
/** A document may be written with many spaces; it is sent without. */
const textBytesMax = 8 * settingsBytesMax;
const listBytesMax = 32 * 1024 * 1024;
const faultCharactersMax = 500;

export type SettingsRead = { document: ConfigDesired['settings']; faults?: never } | { faults: SettingsFault[] };

/** Throws a `UserError` where the file cannot be read at all. */
export async function readSettings(path: string): Promise<SettingsRead> {
  const text = await textOf(path, textBytesMax);
  if (text === undefined) return tooLarge;
  let document: unknown;
  try {
    // Editors on Windows begin a file with a byte order mark.
    document = JSON.parse(text.replace(/^\u{feff}/u, ''));
  } catch (error) {
    return { faults: [{ path: '', message: `is not JSON: ${error instanceof Error ? error.message : String(error)}` }] };
  }
  const faults = settingsFaults(document);
  if (faults.length > 0) return { faults };
  if (Buffer.byteLength(JSON.stringify(document)) > settingsBytesMax) return tooLarge;
  // The schema has just found it to be an object of settings.
  return { document: document as ConfigDesired['settings'] };
}

const tooLarge: SettingsRead = {
  faults: [{ path: '', message: `has more than ${settingsBytesMax} bytes, which is what an order may carry` }],
};

export function nameOf(path: string): string {
  return path === standardInput ? 'standard input' : plain(path);
}

/** One line each, and a first one that counts them. */
export function faultsInWords(path: string, faults: readonly SettingsFault[]): string {
  const lines = faults.map(
    (fault) => `  ${plain(fault.path === '' ? '(the document)' : fault.path)}: ${plain(fault.message, faultCharactersMax)}`,
  );
  return [`${nameOf(path)}: ${faults.length} fault${faults.length === 1 ? '' : 's'}`, ...lines].join('\n');
}

/** Values, one a line; # begins a comment. Throws a `UserError` where the file cannot be read. */
export async function linesOfFile(path: string): Promise<string[]> {
  const text = await textOf(path, listBytesMax);
  if (text === undefined) throw new UserError(`${path} is larger than ${listBytesMax} bytes`);
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*/, '').trim());
  return lines.filter((line) => line !== '');
}

/** Undefined where it is larger. */
async function textOf(path: string, bytesMax: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of path === standardInput ? process.stdin : createReadStream(path)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bytesMax) return undefined;
    }
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
