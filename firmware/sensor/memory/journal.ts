/**
 * What was met, written down one behind the other as it comes, each with both ends of its connection. The packet path only writes: who of them is ours,
 * what is worth keeping and what is known already is found out by the thread that sums it up, for many at once (`journal-reader.ts`).
 */
import { isIPv4 } from '../bytes/address.ts';
import type { Connection } from '../observe/event.ts';
import { kindIPv4, kindIPv6, kindShift, lengthShift, type SeenHost, textBytesMax } from './sighting.ts';

/** Words of an entry: these, for IPv6 the first three words of both ends, and the bytes of a text, padded to a word. */
export const wordsPerEntry = 6;
export const wordsForIPv6 = 6;
export const wordBytes = 4;
export const entryAt = {
  /** As in a row: bits of `seenBy`, kind, length; and the bits below. */
  what: 0,
  /** Of the day. */
  second: 1,
  /** Of the server, where its protocol has ports; above it that of an address in the value. */
  port: 2,
  client: 3,
  server: 4,
  /** An IPv4 address as a word; of a value of the list its number. */
  value: 5,
} as const;
export const entryBits = {
  counts: 1 << 24,
  isIPv6: 1 << 25,
  /** The server spoke first. */
  isSwapped: 1 << 26,
} as const;
/** Beside the kinds of a row: the far end of a connection. */
export const kindFarEnd = 15;

/** A second of the busiest network; an interval of an office. */
const journalBytes = 1024 * 1024;
/** One server after another with a certificate of its own: 104 characters each. */
const keptMax = 8192;
/** Of one event: questions and aliases of a DNS message. */
const entriesTogetherMax = 16;
const entryBytesMax = (wordsPerEntry + wordsForIPv6) * wordBytes + textBytesMax + wordBytes;

/** What a thread takes over. */
export interface JournalPart {
  /** Days since 1970, UTC, by frame time. */
  day: number;
  words: Int32Array<ArrayBuffer>;
  /** Words that are written. */
  length: number;
  entries: number;
  /** JA4s, and SHA-1 and SHA-256 of certificates, one behind the other, in hex. */
  kept: string[];
  /** Networks that are ours. */
  home: readonly string[];
  /** Machines of which there was news. */
  hosts: SeenHost[];
}

export class Journal {
  entries = 0;
  private words = new Int32Array(journalBytes / wordBytes);
  private length = 0;
  private kept: string[] = [];

  /** Those of a further event may find no room. */
  get isFull(): boolean {
    return this.length * wordBytes + entriesTogetherMax * entryBytesMax > journalBytes || this.kept.length >= keptMax;
  }

  /** The far end of the connection, whichever that is. `counts`: it is met anew. Gives the place of the entry. */
  addFarEnd(connection: Connection, port: number, flags: number, second: number, counts: boolean): number {
    const place = this.length;
    this.add(connection, flags | (kindFarEnd << kindShift), port, second, counts, 0);
    return place;
  }

  /** Adds to the flags of an entry of this part. False: it is of another second, and a further one has to say it. */
  addFlags(place: number, flags: number, second: number): boolean {
    if (this.words[place + entryAt.second] !== second) return false;
    this.words[place + entryAt.what]! |= flags;
    return true;
  }

  /** An address that a message in the connection names. */
  addAddress(connection: Connection, a: number, b: number, c: number, d: number, port: number, flags: number, second: number): void {
    const isFour = isIPv4(a, b, c);
    const kind = isFour ? kindIPv4 : kindIPv6;
    const length = isFour ? 0 : 16;
    this.add(connection, flags | (kind << kindShift) | (length << lengthShift), port << 16, second, false, d);
    if (isFour) return;
    const { words, length: at } = this;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
    this.length += 4;
  }

  /** The value is the first `length` bytes of `text`, met at the far end, which has that port; nothing of one that is longer than any value. */
  addText(
    connection: Connection,
    kind: number,
    text: Int32Array,
    length: number,
    port: number,
    flags: number,
    second: number,
    counts: boolean,
  ): void {
    if (length > textBytesMax) return;
    this.add(connection, flags | (kind << kindShift) | (length << lengthShift), port, second, counts, 0);
    const { words, length: start } = this;
    const count = (length + wordBytes - 1) >>> 2;
    for (let index = 0; index < count; index++) words[start + index] = text[index]!;
    this.length = start + count;
  }

  /** Puts a value that comes again and again on the list of this part; gives its number. */
  keep(value: string): number {
    return this.kept.push(value) - 1;
  }

  /** The value is that of the list, met at the far end, which has that port. */
  addKept(connection: Connection, kind: number, number: number, port: number, flags: number, second: number): void {
    this.add(connection, flags | (kind << kindShift), port, second, true, number);
  }

  /** There must be room. */
  private add(connection: Connection, what: number, port: number, second: number, counts: boolean, value: number): void {
    const { words, length: start } = this;
    const { clientA, clientB, clientC } = connection;
    let bits = what;
    if (counts) bits |= entryBits.counts;
    if (connection.serverSpokeFirst) bits |= entryBits.isSwapped;
    words[start + entryAt.second] = second;
    words[start + entryAt.port] = port;
    words[start + entryAt.client] = connection.clientD;
    words[start + entryAt.server] = connection.serverD;
    words[start + entryAt.value] = value;
    this.length = start + wordsPerEntry;
    if (!isIPv4(clientA, clientB, clientC)) {
      bits |= entryBits.isIPv6;
      this.addIPv6(connection);
    }
    words[start + entryAt.what] = bits;
    this.entries++;
  }

  private addIPv6({ clientA, clientB, clientC, serverA, serverB, serverC }: Connection): void {
    const { words, length: at } = this;
    words[at] = clientA;
    words[at + 1] = clientB;
    words[at + 2] = clientC;
    words[at + 3] = serverA;
    words[at + 4] = serverB;
    words[at + 5] = serverC;
    this.length += wordsForIPv6;
  }

  /** All of it; the journal begins anew. */
  take(day: number, home: readonly string[], hosts: SeenHost[]): JournalPart {
    const { words, length, entries, kept } = this;
    this.words = new Int32Array(journalBytes / wordBytes);
    this.length = this.entries = 0;
    this.kept = [];
    return { day, words, length, entries, kept, home, hosts };
  }
}
