/** Files that an officer names on the command line: of settings, checked as a box checks them, and of values. Talks to nobody. */
import { plain } from '../../firmware/contract/language.ts';
import type { SettingsFault } from '../../firmware/settings.ts';
import { readSettings as readDocument, readText, type SettingsRead, standardInput } from '../../firmware/settings-file.ts';
import { UserError } from '../command/user-error.ts';

const listBytesMax = 32 * 1024 * 1024;
const faultCharactersMax = 500;

/** Throws a `UserError` where the file cannot be read at all. */
export async function readSettings(path: string): Promise<SettingsRead> {
  return readDocument(path).catch(forUser);
}

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
  const text = await readText(path, listBytesMax).catch(forUser);
  if (text === undefined) throw new UserError(`${path} is larger than ${listBytesMax} bytes`);
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*/, '').trim());
  return lines.filter((line) => line !== '');
}

function forUser(error: Error): never {
  throw new UserError(error.message);
}
