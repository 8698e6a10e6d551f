/** Writes the entries of the set that a delta makes, table by table, as `compile.ts` lays them out: slots and gaps, enclosing networks, the index. */
import { IntelError } from '../intel-error.ts';
import { homeSlot } from '../key-hash.ts';
import { distanceMax, slotWords } from '../key-table.ts';
import { maskWord } from '../parse-address.ts';
import { noParent, orderBit } from '../prefix-table.ts';
import { recordBits } from '../record-layout.ts';
import { type ByteStore, SectionWriter } from './byte-store.ts';
import type { StoredSet } from './set-entries.ts';

export interface EntryOutput {
  /** Entries come in order. `words` may change afterwards. */
  entry(words: ArrayLike<number>, meta: number, record: number): void;
  finish(): void;
}

export class KeyOutput implements EntryOutput {
  private readonly slots: number;
  private readonly writer: SectionWriter;
  private free = 0;

  constructor(target: StoredSet, store: ByteStore) {
    this.slots = target.header.getUint32(60, true);
    this.writer = new SectionWriter(store, target.place('table'), 3 << 14);
  }

  entry(words: ArrayLike<number>, meta: number, record: number): void {
    const home = homeSlot(words[0]!, this.slots);
    this.skipTo(home);
    if (this.free - home >= distanceMax) throw new IntelError('the delta is damaged: a key would stand too far from its place');
    this.writer.number(words[0]!);
    this.writer.number(words[1]!);
    this.writer.number((meta << recordBits) | record);
    this.free++;
  }

  finish(): void {
    if (this.free > 0) this.skipTo(this.slots + distanceMax);
    this.writer.finish();
  }

  private skipTo(slot: number): void {
    for (; this.free < slot; this.free++) for (let word = 0; word < slotWords; word++) this.writer.number(0);
  }
}

interface Network {
  index: number;
  words: Int32Array;
  prefixLength: number;
}

export class AddressOutput implements EntryOutput {
  private readonly starts: SectionWriter;
  private readonly records: SectionWriter;
  private readonly parents: SectionWriter;
  private readonly lengths: SectionWriter;
  private readonly index: SectionWriter | undefined;
  /** Entries that start below each value of the top 16 bits, as in `indexTop16`. */
  private readonly buckets: Uint32Array | undefined;
  /** The networks around the last entry, the widest first, and that entry itself. */
  private readonly open: Network[] = [];
  private count = 0;

  constructor(target: StoredSet, store: ByteStore, family: '4' | '6') {
    this.starts = new SectionWriter(store, target.place(`starts${family}`));
    this.records = new SectionWriter(store, target.place(`records${family}`));
    this.parents = new SectionWriter(store, target.place(`parents${family}`));
    this.lengths = new SectionWriter(store, target.place(`lengths${family}`));
    if (family === '4') {
      this.index = new SectionWriter(store, target.place('index4'));
      this.buckets = new Uint32Array(65537);
    }
  }

  entry(words: ArrayLike<number>, meta: number, record: number): void {
    const { open } = this;
    while (open.length > 0 && !contains(open.at(-1)!, words)) open.pop();
    this.parents.number(open.at(-1)?.index ?? noParent);
    open.push({ index: this.count, words: Int32Array.from(words), prefixLength: meta });
    for (let word = 0; word < words.length; word++) this.starts.number(words[word]!);
    this.lengths.octet(meta);
    this.records.number(record);
    this.count++;
    if (this.buckets !== undefined) this.buckets[((words[0]! ^ orderBit) >>> 16) + 1]!++;
  }

  finish(): void {
    if (this.index !== undefined && this.buckets !== undefined && this.count > 0) {
      let sum = 0;
      for (const bucket of this.buckets) {
        sum += bucket;
        this.index.number(sum);
      }
    }
    for (const writer of [this.starts, this.records, this.parents, this.lengths, this.index]) writer?.finish();
  }
}

function contains({ words: outer, prefixLength }: Network, words: ArrayLike<number>): boolean {
  for (let word = 0; word < outer.length; word++) if (maskWord(outer[word]! ^ words[word]!, word, prefixLength) !== 0) return false;
  return true;
}
