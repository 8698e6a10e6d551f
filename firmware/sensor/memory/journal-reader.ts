/** A part of the journal -> its entries, one after the other. */
import { mappedWord } from '../bytes/address.ts';
import { entryAt, entryBits, type JournalPart, wordBytes, wordsForIPv6, wordsPerEntry } from './journal.ts';
import { flagsMask, kindCertificate, kindIPv6, kindJa4, kindMask, kindShift, lengthMask, lengthShift } from './sighting.ts';

type Words = [a: number, b: number, c: number, d: number];

/** One entry, filled anew for each. Addresses as in `bytes/address.ts`. */
export interface JournalEntry {
  kind: number;
  /** Bits of `seenBy`. */
  flags: number;
  second: number;
  times: number;
  isSwapped: boolean;
  client: Words;
  server: Words;
  /** Of the server. */
  port: number;
  /** Of an address in the value. */
  valuePort: number;
  /** Of a value that is an address. */
  address: Words;
  /** Of any other value: where its bytes are, and which of them. */
  bytes: Uint8Array;
  start: number;
  length: number;
}

/** Calls `take` with each entry. */
export function readJournal({ words, length, kept }: JournalPart, take: (entry: JournalEntry) => void): void {
  const bytes = new Uint8Array(words.buffer);
  const keptBytes: Uint8Array[] = [];
  const client: Words = [0, 0, mappedWord, 0];
  const server: Words = [0, 0, mappedWord, 0];
  const address: Words = [0, 0, mappedWord, 0];
  const entry: JournalEntry = {
    ...{ kind: 0, flags: 0, second: 0, times: 0, isSwapped: false, client, server },
    ...{ port: 0, valuePort: 0, address, bytes, start: 0, length: 0 },
  };
  for (let at = 0; at < length; ) {
    const what = words[at + entryAt.what]!;
    const ports = words[at + entryAt.port]!;
    entry.kind = (what >>> kindShift) & kindMask;
    entry.flags = what & flagsMask;
    entry.second = words[at + entryAt.second]!;
    entry.times = (what & entryBits.counts) === 0 ? 0 : 1;
    entry.isSwapped = (what & entryBits.isSwapped) !== 0;
    entry.port = ports & 0xffff;
    entry.valuePort = ports >>> 16;
    const value = words[at + entryAt.value]!;
    client[3] = words[at + entryAt.client]!;
    server[3] = words[at + entryAt.server]!;
    at += wordsPerEntry;
    const isIPv6 = (what & entryBits.isIPv6) !== 0;
    fill(client, isIPv6 ? words : mapped, isIPv6 ? at : 0);
    fill(server, isIPv6 ? words : mapped, isIPv6 ? at + 3 : 0);
    if (isIPv6) at += wordsForIPv6;
    const textLength = (what >>> lengthShift) & lengthMask;
    entry.bytes = bytes;
    entry.start = at * wordBytes;
    entry.length = textLength;
    const isLong = entry.kind === kindIPv6;
    fill(address, isLong ? words : mapped, isLong ? at : 0);
    address[3] = isLong ? words[at + 3]! : value;
    at += (textLength + wordBytes - 1) >>> 2;
    if (entry.kind === kindJa4 || entry.kind === kindCertificate) {
      keptBytes[value] ??= Buffer.from(kept[value]!, entry.kind === kindCertificate ? 'hex' : 'latin1');
      entry.bytes = keptBytes[value]!;
      entry.start = 0;
      entry.length = entry.bytes.length;
    }
    take(entry);
  }
}

const mapped = Int32Array.of(0, 0, mappedWord);

/** The first three words of an address. */
function fill(words: Words, from: Int32Array, start: number): void {
  words[0] = from[start]!;
  words[1] = from[start + 1]!;
  words[2] = from[start + 2]!;
}
