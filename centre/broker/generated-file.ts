/**
 * Files that we write and people may edit. A line at the top holds the hash of the rest: where they differ, a person has been there, and the file
 * is not ours to replace. Writes whole files or none.
 */
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { draftOf } from '../authority/whole-file.ts';

export interface GeneratedFile {
  path: string;
  /** Without the line of the hash. */
  text: string;
  mode: number;
}

export type FileState = 'absent' | 'same' | 'old' | 'edited';

const marker = 'written by vonggac-centre broker-config; sha256 of the rest:';
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** The text with the line of its hash, as a comment: the first line, or the second below a `#!`. */
function sealed({ path, text }: GeneratedFile): string {
  const [top, rest] = text.startsWith('#!') ? split(text) : ['', text];
  const hash = `${marker} ${hashOf(rest)}`;
  return `${top}${path.endsWith('.md') ? `<!-- ${hash} -->` : `# ${hash}`}\n${rest}`;
}

function split(text: string): [string, string] {
  const end = text.indexOf('\n') + 1;
  return [text.slice(0, end), text.slice(end)];
}

/** True for a text as `sealed` made it, of whatever version. */
function isUntouched(text: string): boolean {
  const body = text.startsWith('#!') ? split(text)[1] : text;
  const [first, rest] = split(body);
  return first.includes(marker) && first.includes(hashOf(rest));
}

/** What stands at the file's place. Rejects where that cannot be read. */
export async function stateOf(file: GeneratedFile): Promise<FileState> {
  let found: string;
  try {
    found = await readFile(file.path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'absent';
    throw error;
  }
  if (found === sealed(file)) return 'same';
  return isUntouched(found) ? 'old' : 'edited';
}

/** Puts the file in its place at once, for the owner and group that the former one had, else those of its folder. */
export async function replace(file: GeneratedFile): Promise<void> {
  const { path, mode } = file;
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const draft = draftOf(path);
  await writeFile(draft, sealed(file), { mode });
  // The mode given above is cut by the umask, and forgotten where a draft was left over.
  await chmod(draft, mode);
  const { uid, gid } = await stat(path).catch(() => stat(folder));
  // Only root may give files away; anybody else is their owner already.
  if (process.getuid?.() === 0) await chown(draft, uid, gid);
  await rename(draft, path);
}
