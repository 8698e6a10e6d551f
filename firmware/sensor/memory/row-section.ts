/**
 * Who met the values of a block: machines, and for each value its rows in the order of machines, as columns of small numbers. And back, for some
 * values or for all. The values are parted into groups, so that those nobody asked for are passed over.
 */
import { formatMac } from '../bytes/address.ts';
import { ByteColumn, ColumnReader } from './byte-column.ts';
import { hostOf } from './distinct-values.ts';
import { flagsMask, hostMask, rowAt, rowShift, type SeenHost, type SightingBatch } from './sighting.ts';

export interface SeenRow {
  /** Number of the value. */
  value: number;
  /** Number of the machine. */
  host: number;
  flags: number;
  /** Seconds of the day. */
  first: number;
  last: number;
  times: number;
  /** Number of the address that was the far end, -1 where it is not known. */
  peer: number;
}

const macBytes = 6;
const hostBytesLeast = 18;
const peerAsBefore = 0;
const peerUnknown = 1;
const peersFrom = 2;
/** Few enough that most groups are passed over, enough that the lengths of their columns weigh nothing. */
const groupValues = 32;
const noBytes = Buffer.alloc(0);

type ColumnsOf<Of> = Record<'counts' | 'machines' | 'firsts' | 'spans' | 'times' | 'flags' | 'peers', Of>;
const columnNames = ['counts', 'machines', 'firsts', 'spans', 'times', 'flags', 'peers'] as const;

function columnsOf<Of>(make: () => Of): ColumnsOf<Of> {
  return Object.fromEntries(columnNames.map((name) => [name, make()])) as ColumnsOf<Of>;
}

/** `value` and `peer`: of each row of the batch the number of its value and of its far end, which is -1 where there is none. */
export function encodeRows(batch: SightingBatch, value: Int32Array, peer: Int32Array, valueCount: number): Buffer {
  const out = new ByteColumn();
  out.number(batch.hosts.length);
  for (const host of batch.hosts) encodeHost(host, out);
  const { starts, order } = rowsByValue(batch, value, valueCount);
  const columns = columnsOf(() => new ByteColumn());
  const group = new ByteColumn();
  for (let first = 0; first < valueCount; first += groupValues) {
    for (const name of columnNames) columns[name].clear();
    group.clear();
    const end = Math.min(valueCount, first + groupValues);
    for (let number = first; number < end; number++) encodeValue(batch, order, starts[number]!, starts[number + 1]!, peer, columns);
    for (const name of columnNames) group.addColumn(columns[name]);
    out.addColumn(group);
  }
  return out.bytes;
}

/** Rows by value, and those of one value by machine. The rows of value n are `order[starts[n], starts[n + 1])`. */
function rowsByValue(batch: SightingBatch, value: Int32Array, valueCount: number): { starts: Uint32Array; order: Uint32Array } {
  const { rows } = batch;
  const starts = new Uint32Array(valueCount + 1);
  for (let row = 0; row < rows; row++) starts[value[row]! + 1]!++;
  for (let number = 0; number < valueCount; number++) starts[number + 1]! += starts[number]!;
  const next = starts.slice();
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[next[value[row]!]!++] = row;
  for (let number = 0; number < valueCount; number++) {
    const [start, end] = [starts[number]!, starts[number + 1]!];
    if (end - start > 1) order.subarray(start, end).sort((one, other) => hostOf(batch, one) - hostOf(batch, other));
  }
  return { starts, order };
}

/** The rows of one value: `order[start, end)`. */
function encodeValue(
  { records }: SightingBatch,
  order: Uint32Array,
  start: number,
  end: number,
  peer: Int32Array,
  columns: ColumnsOf<ByteColumn>,
): void {
  let machine = 0;
  let before = -1;
  for (let index = start; index < end; index++) {
    const row = order[index]!;
    const at = row << rowShift;
    const host = records[at + rowAt.host]! & hostMask;
    const first = records[at + rowAt.first]!;
    columns.machines.number(host - machine);
    columns.firsts.number(first);
    columns.spans.number(records[at + rowAt.last]! - first);
    columns.times.number(records[at + rowAt.times]! - 1);
    columns.flags.number(records[at + rowAt.what]! & flagsMask);
    if (index > start && peer[row] === before) columns.peers.number(peerAsBefore);
    else columns.peers.number(peer[row]! < 0 ? peerUnknown : peer[row]! + peersFrom);
    machine = host;
    before = peer[row]!;
  }
  columns.counts.number(end - start);
}

function encodeHost({ words, mac, vlan, name }: SeenHost, out: ByteColumn): void {
  for (const word of words) out.word(word);
  out.byte((mac === undefined ? 0 : 1) | (vlan === undefined ? 0 : 2));
  if (mac !== undefined) out.add(Buffer.from(mac.replaceAll(':', ''), 'hex'));
  if (vlan !== undefined) out.number(vlan);
  const text = Buffer.from(name ?? '', 'utf8');
  out.number(text.length);
  out.add(text);
}

function decodeHost(reader: ColumnReader): SeenHost {
  const host: SeenHost = { words: [reader.word(), reader.word(), reader.word(), reader.word()] };
  const parts = reader.byte();
  if ((parts & 1) !== 0) {
    const mac = reader.take(macBytes);
    if (mac.length === macBytes) host.mac = formatMac(mac.readUInt16BE(0), mac.readInt32BE(2));
  }
  if ((parts & 2) !== 0) host.vlan = reader.number();
  const name = reader.take(reader.count(1)).toString('utf8');
  if (name !== '') host.name = name;
  return host;
}

/**
 * Calls `take` with every row in order, in an object that is filled anew each time. The machines come first. `wanted`: only of groups that hold one of
 * these values. False: these bytes are no section.
 */
export function readRows(
  bytes: Buffer,
  begin: (hosts: SeenHost[]) => void,
  take: (row: SeenRow) => void,
  wanted?: ReadonlySet<number>,
): boolean {
  const section = new ColumnReader(bytes);
  const hosts = Array.from({ length: section.count(hostBytesLeast) }, () => decodeHost(section));
  begin(hosts);
  const groups = wanted && new Set([...wanted].map((value) => Math.floor(value / groupValues)));
  for (let group = 0; section.remaining > 0 && !section.failed; group++) {
    const reader = section.column();
    if (groups !== undefined && !groups.has(group)) continue;
    const columns = columnsOf(() => new ColumnReader(noBytes));
    for (const name of columnNames) columns[name] = reader.column();
    if (reader.failed || !readGroup(columns, group * groupValues, hosts.length, take)) return false;
  }
  return !section.failed;
}

function readGroup(columns: ColumnsOf<ColumnReader>, firstValue: number, hostCount: number, take: (row: SeenRow) => void): boolean {
  const { counts, machines, firsts, spans, times, flags, peers } = columns;
  const row: SeenRow = { value: firstValue, host: 0, flags: 0, first: 0, last: 0, times: 0, peer: -1 };
  for (; counts.remaining > 0; row.value++) {
    const count = counts.number();
    row.host = 0;
    row.peer = -1;
    for (let index = 0; index < count; index++) {
      row.host += machines.number();
      row.first = firsts.number();
      row.last = row.first + spans.number();
      row.times = times.number() + 1;
      row.flags = flags.number();
      const peer = peers.number();
      if (peer !== peerAsBefore) row.peer = peer === peerUnknown ? -1 : peer - peersFrom;
      if (peers.failed || machines.failed || row.host >= hostCount) return false;
      take(row);
    }
  }
  return !counts.failed;
}
