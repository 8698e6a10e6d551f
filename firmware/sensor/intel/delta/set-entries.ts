/**
 * Walks the entries of a compiled set in their order, table by table, from a store that need not be in memory. Gives what an entry is and which
 * record it has; looks nothing up.
 */
import { slotWords } from '../key-table.ts';
import { recordBits, recordMask, recordWords } from '../record-layout.ts';
import { headerBytes, placeOfSection, type SectionName, setBytesMax } from '../set-layout.ts';
import { type ByteStore, NumberColumn, OctetColumn, type Place } from './byte-store.ts';
import { entryWords, type TableNumber, tables } from './delta-format.ts';

/** For columns that are read from end to end. */
const sweepWindow = 1 << 14;
/** For columns that are read here and there, though mostly onwards. */
const skipWindow = 1 << 10;

/** One entry at a time; the same object for all of them. */
export interface Entries {
  /** False: there is none further. */
  next(): boolean;
  /** What the entry is: key lanes, or address words. */
  readonly words: Int32Array;
  /** Type or prefix length. */
  meta: number;
  record: number;
}

/** A compiled set in a store. `header`: its first `headerBytes`. */
export class StoredSet {
  readonly store: ByteStore;
  readonly header: DataView;
  private readonly lengthBytes: number;

  constructor(store: ByteStore, header: DataView) {
    this.store = store;
    this.header = header;
    this.lengthBytes = Math.min(setBytesMax, header.getUint32(48, true));
  }

  static open(store: ByteStore): StoredSet {
    const header = new Uint8Array(headerBytes);
    store.read(header, 0);
    return new StoredSet(store, new DataView(header.buffer));
  }

  get seedA(): number {
    return this.header.getInt32(52, true);
  }

  get seedB(): number {
    return this.header.getInt32(56, true);
  }

  place(name: SectionName): Place {
    return placeOfSection(this.header, name, this.lengthBytes, 'delta');
  }

  /** Record 0 is "none". */
  get records(): number {
    return this.place('records').length / (4 * recordWords);
  }

  /** String 0 is the empty one; one offset more, for the end of the last. */
  get strings(): number {
    return this.place('stringOffsets').length / 4 - 1;
  }

  sweep(name: SectionName): NumberColumn {
    return new NumberColumn(this.store, this.place(name), sweepWindow);
  }

  skip(name: SectionName): NumberColumn {
    return new NumberColumn(this.store, this.place(name), skipWindow);
  }

  entries(table: Exclude<TableNumber, typeof tables.gate>): Entries {
    if (table === tables.keys) return new KeyEntries(this);
    return table === tables.addresses4 ? new AddressEntries(this, '4') : new AddressEntries(this, '6');
  }

  gate(): Int32Array {
    const place = this.place('gate');
    const bytes = new Uint8Array(place.length);
    this.store.read(bytes, place.offset);
    return new Int32Array(bytes.buffer);
  }
}

class KeyEntries implements Entries {
  readonly words = new Int32Array(2);
  meta = 0;
  record = 0;
  private readonly table: NumberColumn;
  private at = 0;

  constructor(set: StoredSet) {
    this.table = set.sweep('table');
  }

  next(): boolean {
    const { table } = this;
    for (; this.at < table.length; this.at += slotWords) {
      // In this order, so that the window never moves back.
      this.words[0] = table.at(this.at);
      this.words[1] = table.at(this.at + 1);
      const word = table.at(this.at + 2);
      if (word === 0) continue;
      this.meta = word >>> recordBits;
      this.record = word & recordMask;
      this.at += slotWords;
      return true;
    }
    return false;
  }
}

class AddressEntries implements Entries {
  readonly words: Int32Array;
  meta = 0;
  record = 0;
  private readonly starts: NumberColumn;
  private readonly records: NumberColumn;
  private readonly lengths: OctetColumn;
  private index = 0;

  constructor(set: StoredSet, family: '4' | '6') {
    this.words = new Int32Array(family === '4' ? entryWords[tables.addresses4]! : entryWords[tables.addresses6]!);
    this.starts = set.sweep(`starts${family}`);
    this.records = set.sweep(`records${family}`);
    this.lengths = new OctetColumn(set.store, set.place(`lengths${family}`), sweepWindow);
  }

  next(): boolean {
    if (this.index >= this.records.length) return false;
    const { words } = this;
    for (let word = 0; word < words.length; word++) words[word] = this.starts.at(words.length * this.index + word);
    this.meta = this.lengths.at(this.index);
    this.record = this.records.at(this.index);
    this.index++;
    return true;
  }
}
