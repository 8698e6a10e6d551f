/**
 * Sightings -> one row for each pair of machine and value, with first and last time. Sums up an interval, and a day. Rows are found by a seeded 64-bit hash and compared by it alone: the seed is drawn at start, so nobody can aim at a row.
 *
 * Grows up to its caps. There new pairs are refused and counted, known ones go on; one machine gets a share only, so that one that asks for endless
 * names does not blind the memory for the others.
 */
import { randomInt } from 'node:crypto';
import { isIPv4 } from '../bytes/address.ts';
import { HostNumbers } from './host-numbers.ts';
import type { KeyedHost } from './keyed-host.ts';
import {
  kindIPv4,
  kindIPv6,
  kindShift,
  lengthShift,
  portShift,
  rowAt,
  rowShift,
  type SeenHost,
  type SightingBatch,
  textBytesMax,
} from './sighting.ts';

export interface TableBounds {
  rowsMax: number;
  rowsPerHostMax: number;
}

const rowsAtFirst = 4096;
const textBytesAtFirst = 64 * 1024;
/** Names have some 20 bytes, certificates 52. */
const textBytesPerRow = 40;
/** What a signed word can say. */
const timesMax = 0x7fff_ffff;

const multiplierA = 0x9e3779b1;
const multiplierB = 0x85ebca6b;

export class SightingTable {
  rows = 0;
  refused = 0;
  private readonly bounds: TableBounds;
  private readonly seedA = randomInt(2 ** 32) | 0;
  private readonly seedB = randomInt(2 ** 32) | 0;
  private slots = new Int32Array(0);
  private records = new Int32Array(0);
  private peers = new Int32Array(0);
  private capacity = 0;
  private text = new Uint8Array(textBytesAtFirst);
  private textUsed = 0;
  private readonly hosts = new HostNumbers();
  private rowsOfHost: number[] = [];
  private host: SeenHost | undefined;
  // The machine of the sightings that come next, and the hash of it, which all of its rows begin with.
  private hostA = 0;
  private hostB = 0;
  private hostC = 0;
  private hostD = 0;
  private hostHashA = 0;
  private hostHashB = 0;
  private hashA = 0;
  private hashB = 0;
  private readonly addressText = Buffer.alloc(16);

  constructor(bounds: TableBounds) {
    this.bounds = bounds;
    this.grow(Math.min(rowsAtFirst, bounds.rowsMax));
  }

  /** The machine of the sightings that follow. */
  setHost(a: number, b: number, c: number, d: number): void {
    this.begin(a, b, c, d, 0);
    this.host = undefined;
  }

  /** The same, for one of which more is known: another hardware address with the same words is another machine. */
  setKnownHost(host: KeyedHost): void {
    if (this.host === host) return;
    const { words } = host;
    this.begin(words[0], words[1], words[2], words[3], host.macKey);
    this.host = host;
  }

  /** Gives the row, or -1 where it was refused. */
  seeAddress(a: number, b: number, c: number, d: number, port: number, flags: number, first: number, last: number, times: number): number {
    const row = this.findAddress(a, b, c, d, port);
    if (row >= 0) return this.update(row, flags, first, last, times);
    if (isIPv4(a, b, c)) return this.insert(flags | (kindIPv4 << kindShift), port, first, last, times, d, undefined, 0, 0);
    const text = this.addressText;
    text.writeInt32BE(a, 0);
    text.writeInt32BE(b, 4);
    text.writeInt32BE(c, 8);
    text.writeInt32BE(d, 12);
    return this.insert(flags | (kindIPv6 << kindShift), port, first, last, times, 0, text, 0, text.length);
  }

  /** Row of the address at this machine, -1 where there is none. */
  findAddress(a: number, b: number, c: number, d: number, port: number): number {
    this.beginValue(kindIPv4);
    this.mixAddress(a, b, c, d);
    this.mix(port);
    return this.find();
  }

  /** The value is `bytes[start, start + length)`, met at the address in row `peer`, -1 where that is not known. Gives the row, or -1 where it was refused. */
  seeText(
    kind: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    peer: number,
    flags: number,
    first: number,
    last: number,
    times: number,
  ): number {
    this.beginValue(kind);
    this.mixBytes(bytes, start, length);
    let row = this.find();
    if (row >= 0) this.update(row, flags, first, last, times);
    else row = this.insert(flags | (kind << kindShift), 0, first, last, times, 0, bytes, start, length);
    if (row >= 0 && peer >= 0) this.peers[row] = peer;
    return row;
  }

  addFlags(row: number, flags: number): void {
    this.records[(row << rowShift) + rowAt.what]! |= flags;
  }

  hasFlags(row: number, flags: number): boolean {
    return (this.records[(row << rowShift) + rowAt.what]! & flags) === flags;
  }

  private update(row: number, flags: number, first: number, last: number, times: number): number {
    const { records } = this;
    const at = row << rowShift;
    records[at + rowAt.what]! |= flags;
    if (first < records[at + rowAt.first]!) records[at + rowAt.first] = first;
    if (last > records[at + rowAt.last]!) records[at + rowAt.last] = last;
    records[at + rowAt.times] = Math.min(timesMax, records[at + rowAt.times]! + times);
    return row;
  }

  private insert(
    what: number,
    port: number,
    first: number,
    last: number,
    times: number,
    word: number,
    bytes: Uint8Array | undefined,
    start: number,
    length: number,
  ): number {
    const host = this.hosts.numberOf(this.hostA, this.hostB, this.hostC, this.hostD, this.host);
    const { rowsMax, rowsPerHostMax } = this.bounds;
    const rowsBefore = this.rowsOfHost[host] ?? 0;
    const isFull = this.rows >= rowsMax || rowsBefore >= rowsPerHostMax;
    if (host < 0 || isFull || length > textBytesMax || this.textUsed + length > rowsMax * textBytesPerRow) {
      this.refused++;
      return -1;
    }
    if (this.rows === this.capacity) this.grow(Math.min(rowsMax, this.capacity * 2));
    const row = this.rows++;
    const { records } = this;
    const at = row << rowShift;
    records[at + rowAt.keyA] = this.hashA;
    records[at + rowAt.keyB] = this.hashB;
    records[at + rowAt.what] = what | (length << lengthShift);
    records[at + rowAt.host] = host | (port << portShift);
    records[at + rowAt.first] = first;
    records[at + rowAt.last] = last;
    records[at + rowAt.times] = Math.max(1, times);
    records[at + rowAt.value] = bytes === undefined ? word : this.textUsed;
    this.peers[row] = -1;
    this.rowsOfHost[host] = rowsBefore + 1;
    this.place(row);
    if (bytes !== undefined) this.keepText(bytes, start, length);
    return row;
  }

  private keepText(bytes: Uint8Array, start: number, length: number): void {
    if (this.textUsed + length > this.text.length) {
      const wider = new Uint8Array(this.text.length * 2);
      wider.set(this.text);
      this.text = wider;
    }
    const { text, textUsed } = this;
    for (let at = 0; at < length; at++) text[textUsed + at] = bytes[start + at]!;
    this.textUsed += length;
  }

  private begin(a: number, b: number, c: number, d: number, mac: number): void {
    this.hostA = a;
    this.hostB = b;
    this.hostC = c;
    this.hostD = d;
    this.hashA = this.seedA;
    this.hashB = this.seedB;
    this.mixAddress(a, b, c, d);
    if (mac !== 0) this.mix(mac);
    this.hostHashA = this.hashA;
    this.hostHashB = this.hashB;
  }

  private beginValue(kind: number): void {
    this.hashA = this.hostHashA;
    this.hashB = this.hostHashB;
    this.mix(kind);
  }

  private mixAddress(a: number, b: number, c: number, d: number): void {
    if (!isIPv4(a, b, c)) {
      this.mix(a);
      this.mix(b);
      this.mix(c);
    }
    this.mix(d);
  }

  private mix(value: number): void {
    const a = Math.imul(this.hashA ^ value, multiplierA);
    const b = Math.imul(this.hashB ^ value, multiplierB);
    this.hashA = (a << 13) | (a >>> 19);
    this.hashB = (b << 17) | (b >>> 15);
  }

  /** Four bytes at a time; the length is taken in too, for the bytes that are missing at the end. */
  private mixBytes(bytes: Uint8Array, start: number, length: number): void {
    this.mix(length);
    const end = start + length;
    let at = start;
    for (; at + 4 <= end; at += 4) this.mix(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    let rest = 0;
    for (; at < end; at++) rest = (rest << 8) | bytes[at]!;
    this.mix(rest);
  }

  private slotOf(key: number): number {
    let mixed = key ^ (key >>> 16);
    mixed = Math.imul(mixed, 0x7feb352d);
    return (mixed ^ (mixed >>> 15)) & (this.slots.length - 1);
  }

  private find(): number {
    const { slots, records, hashA, hashB } = this;
    const mask = slots.length - 1;
    // Ends: half of the slots are empty.
    for (let slot = this.slotOf(hashA); ; slot = (slot + 1) & mask) {
      const row = slots[slot]! - 1;
      if (row < 0) return -1;
      const at = row << rowShift;
      if (records[at + rowAt.keyA] === hashA && records[at + rowAt.keyB] === hashB) return row;
    }
  }

  private place(row: number): void {
    const mask = this.slots.length - 1;
    let slot = this.slotOf(this.records[(row << rowShift) + rowAt.keyA]!);
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = row + 1;
  }

  private grow(capacity: number): void {
    const records = new Int32Array(capacity << rowShift);
    records.set(this.records);
    this.records = records;
    const peers = new Int32Array(capacity);
    peers.set(this.peers);
    this.peers = peers;
    this.capacity = capacity;
    this.slots = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)));
    for (let row = 0; row < this.rows; row++) this.place(row);
  }

  /** What was seen, as of `day`; the table is empty then. `describe` tells more of a machine. */
  take(day: number, describe: (host: SeenHost) => SeenHost = (host) => host): SightingBatch {
    const { rows, records, peers, text, textUsed, hosts } = this;
    const batch = {
      day,
      rows,
      hosts: hosts.all.map(describe),
      records: records.slice(0, rows << rowShift),
      peers: peers.slice(0, rows),
      text: text.slice(0, textUsed),
    };
    this.clear();
    return batch;
  }

  clear(): void {
    this.rows = this.textUsed = 0;
    this.slots.fill(0);
    this.hosts.clear();
    this.rowsOfHost = [];
  }
}
