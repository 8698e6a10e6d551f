/**
 * Sightings written down one behind the other as they come, and read again by the thread that sums them up. The packet path only writes: looking up
 * what is known would cost it several accesses to cold memory for each event.
 *
 * An entry is five words of 32 bits. The bytes of a name or an IPv6 address follow it, padded to a word; fingerprints and certificates come again and again,
 * and stand in a list of their own.
 */
import { isIPv4 } from '../bytes/address.ts';
import { HostNumbers } from './host-numbers.ts';
import {
  hostMask,
  kindCertificate,
  kindIPv4,
  kindIPv6,
  kindJa4,
  kindMask,
  kindShift,
  lengthShift,
  portShift,
  type SeenHost,
  textBytesMax,
} from './sighting.ts';

const wordsPerEntry = 5;
const wordBytes = 4;
const at = {
  /** As in a row: bits of `seenBy`, kind, length. */
  what: 0,
  /** As in a row. */
  host: 1,
  /** Second of the day, and above it whether it counts. */
  second: 2,
  /** Place of the entry of the address where the value was met; -1 where that is not known. */
  peer: 3,
  /** An IPv4 address as a word; of a value of the list its number. */
  value: 4,
} as const;
const secondMask = 0x1_ffff;
const countsBit = 0x2_0000;
/** A second of the busiest network; an interval of an office. */
const journalBytes = 1024 * 1024;
/** One server after another with a certificate of its own: 104 characters each. */
const keptMax = 8192;
const entryBytesMax = wordsPerEntry * wordBytes + textBytesMax + wordBytes;

/** What a thread takes over. */
export interface JournalPart {
  /** Days since 1970, UTC, by frame time. */
  day: number;
  hosts: SeenHost[];
  words: Int32Array<ArrayBuffer>;
  /** Words that are written. */
  length: number;
  entries: number;
  /** JA4s, and SHA-1 and SHA-256 of certificates, one behind the other, in hex. */
  kept: string[];
}

export class Journal {
  entries = 0;
  private words = new Int32Array(journalBytes / wordBytes);
  private bytes = new Uint8Array(this.words.buffer);
  private length = 0;
  private readonly hosts = new HostNumbers();
  private host = -1;
  private kept: string[] = [];
  private readonly addressText = Buffer.alloc(16);

  /** No further entry fits for sure. */
  get isFull(): boolean {
    return this.length * wordBytes + entryBytesMax > journalBytes || this.kept.length >= keptMax;
  }

  /** The machine of the entries that follow. Gives its number. */
  setHost(a: number, b: number, c: number, d: number): number {
    this.host = this.hosts.numberOf(a, b, c, d, undefined);
    return this.host;
  }

  /** The same by its number. */
  setKnownHost(number: number): void {
    this.host = number;
  }

  /** Adds to how the value of the entry at this place was met. */
  addFlags(place: number, flags: number): void {
    this.words[place + at.what]! |= flags;
  }

  /** Gives the place of the entry, -1 where there is no room. */
  addAddress(a: number, b: number, c: number, d: number, port: number, flags: number, second: number, counts: boolean): number {
    if (isIPv4(a, b, c)) return this.add(flags | (kindIPv4 << kindShift), port, -1, second, counts, d, undefined, 0);
    const text = this.addressText;
    text.writeInt32BE(a, 0);
    text.writeInt32BE(b, 4);
    text.writeInt32BE(c, 8);
    text.writeInt32BE(d, 12);
    return this.add(flags | (kindIPv6 << kindShift), port, -1, second, counts, 0, text, text.length);
  }

  /** The value is `bytes[0, length)`, met at the address of the entry at `peer`, -1 for none. */
  addText(kind: number, bytes: Uint8Array, length: number, peer: number, flags: number, second: number, counts: boolean): void {
    if (length <= textBytesMax) this.add(flags | (kind << kindShift), 0, peer, second, counts, 0, bytes, length);
  }

  /** Puts a value on the list of this part; gives its number. */
  keep(value: string): number {
    return this.kept.push(value) - 1;
  }

  /** The value is that of the list, met at the address of the entry at `peer`, -1 for none. */
  addKept(kind: number, number: number, peer: number, flags: number, second: number): void {
    this.add(flags | (kind << kindShift), 0, peer, second, true, number, undefined, 0);
  }

  private add(
    what: number,
    port: number,
    peer: number,
    second: number,
    counts: boolean,
    value: number,
    text: Uint8Array | undefined,
    textLength: number,
  ): number {
    if (this.host < 0 || this.isFull) return -1;
    const { words, length: start } = this;
    words[start + at.what] = what | (textLength << lengthShift);
    words[start + at.host] = this.host | (port << portShift);
    words[start + at.second] = counts ? second | countsBit : second;
    words[start + at.peer] = peer;
    words[start + at.value] = value;
    this.length = start + wordsPerEntry;
    if (text !== undefined) this.addBytes(text, textLength);
    this.entries++;
    return start;
  }

  private addBytes(text: Uint8Array, length: number): void {
    const { bytes } = this;
    const start = this.length * wordBytes;
    for (let index = 0; index < length; index++) bytes[start + index] = text[index]!;
    this.length += (length + wordBytes - 1) >>> 2;
  }

  /** All of it, with what `describe` knows of the machines; the journal begins anew. */
  take(day: number, describe: (host: SeenHost) => SeenHost): JournalPart {
    const { words, length, entries, kept } = this;
    const part = { day, hosts: this.hosts.all.map(describe), words, length, entries, kept };
    this.words = new Int32Array(journalBytes / wordBytes);
    this.bytes = new Uint8Array(this.words.buffer);
    this.clear();
    return part;
  }

  clear(): void {
    this.length = this.entries = 0;
    this.kept = [];
    this.host = -1;
    this.hosts.clear();
  }
}

/** One entry, filled anew for each. */
export interface JournalEntry {
  place: number;
  /** Number of the machine. */
  host: number;
  kind: number;
  flags: number;
  second: number;
  times: number;
  peer: number;
  port: number;
  /** Of IPv4. */
  word: number;
  /** Of all else: where its bytes are, and which of them. */
  bytes: Uint8Array;
  start: number;
  length: number;
}

/** Calls `take` with each entry. */
export function readJournal({ words, length, kept }: JournalPart, take: (entry: JournalEntry) => void): void {
  const bytes = new Uint8Array(words.buffer);
  const keptBytes: Uint8Array[] = [];
  const entry: JournalEntry = {
    place: 0,
    host: 0,
    kind: 0,
    flags: 0,
    second: 0,
    times: 0,
    peer: 0,
    port: 0,
    word: 0,
    bytes,
    start: 0,
    length: 0,
  };
  for (let start = 0; start < length; ) {
    const what = words[start + at.what]!;
    const second = words[start + at.second]!;
    entry.place = start;
    entry.host = words[start + at.host]! & hostMask;
    entry.port = words[start + at.host]! >>> portShift;
    entry.kind = (what >>> kindShift) & kindMask;
    entry.flags = what & ((1 << kindShift) - 1);
    entry.second = second & secondMask;
    entry.times = (second & countsBit) === 0 ? 0 : 1;
    entry.peer = words[start + at.peer]!;
    entry.word = words[start + at.value]!;
    const textLength = what >>> lengthShift;
    const number = entry.word;
    if (isKept(entry.kind)) keptBytes[number] ??= bytesOf(entry.kind, kept[number]!);
    const own = isKept(entry.kind) ? keptBytes[number] : undefined;
    entry.bytes = own ?? bytes;
    entry.start = own === undefined ? (start + wordsPerEntry) * wordBytes : 0;
    entry.length = own?.length ?? textLength;
    take(entry);
    start += wordsPerEntry + ((textLength + wordBytes - 1) >>> 2);
  }
}

function isKept(kind: number): boolean {
  return kind === kindJa4 || kind === kindCertificate;
}

function bytesOf(kind: number, value: string): Uint8Array {
  return Buffer.from(value, kind === kindCertificate ? 'hex' : 'latin1');
}
