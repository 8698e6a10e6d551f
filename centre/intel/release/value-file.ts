/**
 * What is in a release, as text: one value a line, `kind TAB i|a TAB confidence TAB sources TAB value`, in the order of the library, compressed by zstd.
 * Written while a release is built, read when two are compared. Not signed, and not for boxes.
 */

import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { UserError } from '../../command/user-error.ts';
import { type Kind, kinds } from '../library/library-entry.ts';

const pieceCharacters = 1 << 18;
/** Fast: these files are read once or twice. */
const compressionLevel = 1;
/** A User-Agent of 4096 characters, and the names of some sources. */
const lineCharactersMax = 1 << 16;

export interface ReleasedValue {
  kind: Kind;
  value: string;
  isAllowance: boolean;
  confidence: number;
  sources: string;
}

const kindNumbers = new Map<string, number>(kinds.map((kind, index) => [kind, index]));

/** Below 0 where `one` comes first in a file. */
export function compareValues(one: ReleasedValue, other: ReleasedValue): number {
  if (one.kind !== other.kind) return kindNumbers.get(one.kind)! - kindNumbers.get(other.kind)!;
  if (one.isAllowance !== other.isAllowance) return one.isAllowance ? 1 : -1;
  return one.value === other.value ? 0 : one.value < other.value ? -1 : 1;
}

export class ValueWriter {
  private readonly compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: compressionLevel } });
  private readonly done: Promise<void>;
  private text = '';

  constructor(path: string) {
    const file = createWriteStream(path, { flush: true });
    this.done = finished(this.compress.pipe(file));
    this.compress.on('error', (error) => file.destroy(error));
    // Whoever finishes is told; before that it is no fault of its own.
    this.done.catch(() => undefined);
  }

  /** True: `drained` must be awaited before more is added. */
  add({ kind, value, isAllowance, confidence, sources }: ReleasedValue): boolean {
    this.text += `${kind}\t${isAllowance ? 'a' : 'i'}\t${confidence}\t${sources}\t${value}\n`;
    if (this.text.length < pieceCharacters) return false;
    const isFull = !this.compress.write(this.text);
    this.text = '';
    return isFull;
  }

  async drained(): Promise<void> {
    await Promise.race([once(this.compress, 'drain'), this.done]);
  }

  async finish(): Promise<void> {
    this.compress.end(this.text);
    await this.done;
  }
}

/** Throws a `UserError` for a damaged file. */
export async function* readValues(path: string): AsyncGenerator<ReleasedValue[]> {
  const file = createReadStream(path);
  const decompress = createZstdDecompress();
  file.on('error', (error) => decompress.destroy(error));
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const piece of file.pipe(decompress)) {
      const lines = (rest + decoder.decode(piece as Buffer, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > lineCharactersMax) throw new Error('a line without end');
      yield lines.map(valueOfLine);
    }
    if (rest !== '') throw new Error('it is cut short');
  } catch (error) {
    throw new UserError(`${path} is damaged: ${error instanceof Error ? error.message : String(error)}; build the release again`);
  } finally {
    file.destroy();
  }
}

function valueOfLine(line: string): ReleasedValue {
  const [kind, mark, confidence, sources, ...value] = line.split('\t');
  if (kind === undefined || !kindNumbers.has(kind) || value.length === 0) throw new Error('a line that is none');
  return {
    kind: kind as Kind,
    isAllowance: mark === 'a',
    confidence: Number(confidence),
    sources: sources ?? '',
    value: value.join('\t'),
  };
}
