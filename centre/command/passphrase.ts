/** Where the passphrase of the centre's private keys comes from: a file, or a person at the terminal. It is never an argument, nor printed. */
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { isSealed } from '../authority/key-file.ts';
import type { CentreFolder } from '../centre-folder.ts';
import { UserError } from './user-error.ts';

export interface PassphraseFlags {
  passphraseFile?: string;
}

export interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

const sealedKeys = ['boxesKey', 'directorKey', 'serversKey'] as const;

export function addPassphraseOption(command: Command): Command {
  return command.option('--passphrase-file <file>', 'the passphrase of the private keys, in its first line (or: $VONGGAC_PASSPHRASE_FILE)');
}

/** Undefined where no key that is here needs one. Throws a `UserError` where one is needed and cannot be had. */
export async function passphraseOf(
  folder: CentreFolder,
  flags: PassphraseFlags,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const named = namedPassphrase(flags, environment);
  if (named !== undefined) return named;
  const kept = folder.file('passphrase');
  if (existsSync(kept)) return readPassphrase(kept);
  // Keys that are away are missed by whoever reads them, and that says more.
  if (!sealedKeys.some((name) => isSealed(folder.file(name)))) return undefined;
  const terminal = terminalOf();
  if (terminal !== undefined) return askPassphrase('Passphrase of the centre’s keys: ', terminal);
  throw new UserError('the keys of the centre are sealed: give their passphrase with --passphrase-file FILE or $VONGGAC_PASSPHRASE_FILE');
}

/** The one that was named by an option or the environment. */
export function namedPassphrase({ passphraseFile }: PassphraseFlags, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = passphraseFile ?? (environment.VONGGAC_PASSPHRASE_FILE || undefined);
  return path === undefined ? undefined : readPassphrase(path);
}

/** The first line of a file. */
export function readPassphrase(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`the passphrase cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const passphrase = text.split(/\r?\n/, 1)[0] ?? '';
  if (passphrase === '') throw new UserError(`${path} holds no passphrase in its first line`);
  return passphrase;
}

/** Undefined where nobody sits there. */
export function terminalOf(): Terminal | undefined {
  return process.stdin.isTTY && process.stderr.isTTY ? { input: process.stdin, output: process.stderr } : undefined;
}

/** What was typed, which is shown nowhere. */
export async function askPassphrase(question: string, { input, output }: Terminal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  output.write(question);
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  const given = new AbortController();
  lines.once('SIGINT', () => given.abort());
  lines.once('close', () => given.abort());
  try {
    return await lines.question('', { signal: given.signal });
  } catch {
    throw new UserError('no passphrase was given');
  } finally {
    lines.close();
    output.write('\n');
  }
}
