/** A file of settings, or standard input -> the document in it, or everything that is wrong with it: the same at a box and at the centre. */
import { createReadStream } from 'node:fs';
import type { ConfigDesired } from './contract/config-message.ts';
import { type SettingsFault, settingsBytesMax, settingsFaults } from './settings.ts';

export const standardInput = '-';
/** A document may be written with many spaces; it is sent without. */
const textBytesMax = 8 * settingsBytesMax;

export type SettingsRead = { document: ConfigDesired['settings']; faults?: never } | { faults: SettingsFault[] };

const tooLarge: SettingsRead = {
  faults: [{ path: '', message: `has more than ${settingsBytesMax} bytes, which is what an order may carry` }],
};

/** `faultsOf`: as `settingsFaults`, for any box. Rejects with an `Error` in words where the file cannot be read at all. */
export async function readSettings(path: string, faultsOf: (document: unknown) => SettingsFault[] = settingsFaults): Promise<SettingsRead> {
  const text = await readText(path, textBytesMax);
  if (text === undefined) return tooLarge;
  let document: unknown;
  try {
    // Editors on Windows begin a file with a byte order mark.
    document = JSON.parse(text.replace(/^\u{feff}/u, ''));
  } catch (error) {
    return { faults: [{ path: '', message: `is not JSON: ${error instanceof Error ? error.message : String(error)}` }] };
  }
  const faults = faultsOf(document);
  if (faults.length > 0) return { faults };
  if (Buffer.byteLength(JSON.stringify(document)) > settingsBytesMax) return tooLarge;
  // The schema has just found it to be an object of settings.
  return { document: document as ConfigDesired['settings'] };
}

/** Undefined where it is larger. Rejects with an `Error` in words where it cannot be read. */
export async function readText(path: string, bytesMax: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of path === standardInput ? process.stdin : createReadStream(path)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bytesMax) return undefined;
    }
  } catch (error) {
    throw new Error(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
