/** The options by which a server knows the centre -> the header that is sent, from a file and never from the command line. */
import { readFileSync } from 'node:fs';
import { UserError } from '../../../command/user-error.ts';

export interface CredentialFlags {
  keyFile?: string;
  /** Where the key goes; a user makes it a password. */
  keyHeader: string;
  user?: string;
}

export interface Credentials {
  header: string;
  value: string;
}

/** Throws a `UserError` where the file cannot be read or holds no key. */
export function readCredentials(flags: CredentialFlags): Credentials | undefined {
  if (flags.keyFile === undefined) {
    if (flags.user !== undefined) throw new UserError('--user needs the password in a file: --key-file FILE');
    return undefined;
  }
  const key = firstLine(flags.keyFile);
  if (flags.user === undefined) return { header: flags.keyHeader, value: key };
  return { header: 'Authorization', value: `Basic ${Buffer.from(`${flags.user}:${key}`).toString('base64')}` };
}

function firstLine(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const key = text.split(/\r?\n/, 1)[0]!.trim();
  if (key === '' || /[^\x21-\x7e ]/.test(key)) throw new UserError(`${path} holds no key in its first line`);
  return key;
}
