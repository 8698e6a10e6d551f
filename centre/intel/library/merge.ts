/** Sorted sources -> sorted entries: one for each value, with what every source says of it. Synchronous, in memory bounded by one entry. */
import type { LibraryEntry, LibraryProvenance } from './library-entry.ts';
import type { SourceReader } from './source-file.ts';
import { isAllowanceKey, kindOfKey, readTail, type SaidOfValue, valueOfKey } from './source-line.ts';

/** Distinct things said by one source that are remembered as objects; most lists say a few of all their values. */
const rememberedMax = 20_000;
/** A list that says something else of nearly every value is not worth it. */
const worthwhileShare = 0.25;

/** What one source says, as objects: the same one for the same text. */
class Provenances {
  private readonly reader: SourceReader;
  private remembered = new Map<string, { provenance: LibraryProvenance; concern: SaidOfValue['concern'] }>();

  private hits = 0;
  private isWorthwhile = true;

  constructor(reader: SourceReader) {
    this.reader = reader;
  }

  private startAnew(): void {
    this.isWorthwhile = this.hits > worthwhileShare * this.remembered.size;
    this.remembered = new Map();
    this.hits = 0;
  }

  current(): { provenance: LibraryProvenance; concern: SaidOfValue['concern'] } {
    const { sinceMs, tail } = this.reader;
    if (!this.isWorthwhile) return this.read(sinceMs, tail);
    const text = `${sinceMs} ${tail}`;
    let found = this.remembered.get(text);
    if (found === undefined) {
      found = this.read(sinceMs, tail);
      if (this.remembered.size >= rememberedMax) this.startAnew();
      if (this.isWorthwhile) this.remembered.set(text, found);
    } else this.hits++;
    return found;
  }

  private read(sinceMs: number, tail: string): { provenance: LibraryProvenance; concern: SaidOfValue['concern'] } {
    try {
      const { concern, ...said } = readTail(tail);
      const { source, importedLastMs } = this.reader.summary;
      return { provenance: { source, ...said, importedFirstMs: sinceMs, importedLastMs }, concern };
    } catch {
      throw this.reader.damaged('what it says of a value cannot be read');
    }
  }
}

interface Cursor {
  reader: SourceReader;
  provenances: Provenances;
}

/** A cursor stands before another if its value does; of the same value, by the name of the source. */
function isBefore(one: Cursor, other: Cursor): boolean {
  const a = one.reader.key!;
  const b = other.reader.key!;
  return a === b ? one.reader.summary.source < other.reader.summary.source : a < b;
}

/** Restores the heap whose only fault may be at `at`. */
function siftDown(heap: Cursor[], at: number): void {
  const moved = heap[at]!;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, moved)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = moved;
}

/** Readers stand before their first line; they are closed at the end, also when the caller stops early. */
export function* mergeSources(readers: readonly SourceReader[]): Generator<LibraryEntry> {
  try {
    const heap = readers.filter((reader) => reader.next()).map((reader) => ({ reader, provenances: new Provenances(reader) }));
    for (let at = heap.length >> 1; at >= 0; at--) if (at < heap.length) siftDown(heap, at);
    while (heap.length > 0) yield nextEntry(heap);
  } finally {
    for (const reader of readers) reader.close();
  }
}

function nextEntry(heap: Cursor[]): LibraryEntry {
  const key = heap[0]!.reader.key!;
  const entry: LibraryEntry = { kind: kindOf(heap[0]!), value: valueOfKey(key), isAllowance: isAllowanceKey(key), provenances: [] };
  while (heap.length > 0 && heap[0]!.reader.key === key) {
    const cursor = heap[0]!;
    const { provenance, concern } = cursor.provenances.current();
    entry.provenances.push(provenance);
    if (concern !== undefined) entry.concern = concern;
    if (!cursor.reader.next()) {
      const last = heap.pop()!;
      if (heap.length > 0 && last !== cursor) heap[0] = last;
    }
    if (heap.length > 1) siftDown(heap, 0);
  }
  return entry;
}

function kindOf(cursor: Cursor): LibraryEntry['kind'] {
  try {
    return kindOfKey(cursor.reader.key!);
  } catch {
    throw cursor.reader.damaged('a value of a kind that is not known');
  }
}
