/**
 * Remembered values that somebody asks for -> the machines that met them, summed up over all days. Who asks says of each value what it is to him:
 * one indicator, several of the values that were asked for, or nothing.
 */
import { formatAddress } from '../bytes/address.ts';
import type { Block } from './block.ts';
import { readRows, type SeenRow } from './row-section.ts';
import { dayMs, isAddress, kindCertificate, type SeenHost, sha1Bytes } from './sighting.ts';
import { ValueCursor } from './value-section.ts';

export interface FarEnd {
  words: readonly [number, number, number, number];
  port: number;
}

/** A row of a block with the far end itself in place of its number: the value, where that is an address. */
export interface FoundRow {
  value: number;
  host: SeenHost;
  flags: number;
  first: number;
  last: number;
  times: number;
  far?: FarEnd;
}

/** What one machine had to do with one target. */
export interface SeenSum {
  host: SeenHost;
  flags: number;
  firstMs: number;
  lastMs: number;
  days: number;
  count: number;
  /** What met the target, at most a few. */
  observed: string[];
  far?: FarEnd;
  latestDay: number;
}

export interface Target {
  id: string;
}

/** Blocks in the order of their days; `rows` is asked of the block in hand. */
export interface BlockSource {
  next(): Promise<{ day: number; values: Buffer } | undefined>;
  rows(values: readonly number[]): Promise<FoundRow[]>;
}

export interface Collected<Of extends Target> {
  /** By target, then by machine. */
  found: Map<string, { target: Of; sums: Map<string, SeenSum> }>;
  /** Sums over the cap. */
  omitted: number;
}

/** After so many values the event loop gets a turn: asking them takes about a millisecond on the box. */
const valuesAtATime = 2048;
const observedMax = 8;

export async function collect<Of extends Target>(
  source: BlockSource,
  ask: (value: ValueCursor) => readonly Of[] | undefined,
  sumsMax: number,
): Promise<Collected<Of>> {
  const collected: Collected<Of> = { found: new Map(), omitted: 0 };
  let sums = 0;
  for (let block = await source.next(); block !== undefined; block = await source.next()) {
    const asked = await askAll(block.values, ask);
    if (asked.size === 0) continue;
    for (const row of await source.rows([...asked.keys()])) {
      const { targets, observed } = asked.get(row.value)!;
      for (const target of targets) {
        const of = collected.found.get(target.id) ?? { target, sums: new Map<string, SeenSum>() };
        const key = `${row.host.words.join()}|${row.host.mac ?? ''}`;
        const sum = of.sums.get(key);
        if (sum !== undefined) addTo(sum, row, block.day, observed);
        else if (sums >= sumsMax) collected.omitted++;
        else {
          sums++;
          of.sums.set(key, sumOf(row, block.day, observed));
          collected.found.set(target.id, of);
        }
      }
    }
  }
  return collected;
}

async function askAll<Of>(values: Buffer, ask: (value: ValueCursor) => readonly Of[] | undefined) {
  const asked = new Map<number, { targets: readonly Of[]; observed: string }>();
  for (const cursor = new ValueCursor(values); cursor.next(); ) {
    const targets = ask(cursor);
    if (targets !== undefined && targets.length > 0) asked.set(cursor.number, { targets, observed: textOfValue(cursor) });
    if (cursor.number % valuesAtATime === valuesAtATime - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return asked;
}

function sumOf({ host, flags, first, last, times, far }: FoundRow, day: number, observed: string): SeenSum {
  const dayStartMs = day * dayMs;
  const sum: SeenSum = {
    host,
    flags,
    firstMs: dayStartMs + first * 1000,
    lastMs: dayStartMs + last * 1000,
    days: 1,
    count: times,
    observed: [observed],
    latestDay: day,
  };
  if (far !== undefined) sum.far = far;
  return sum;
}

function addTo(sum: SeenSum, { host, flags, first, last, times, far }: FoundRow, day: number, observed: string): void {
  const dayStartMs = day * dayMs;
  sum.flags |= flags;
  sum.firstMs = Math.min(sum.firstMs, dayStartMs + first * 1000);
  sum.lastMs = Math.max(sum.lastMs, dayStartMs + last * 1000);
  sum.count += times;
  if (day !== sum.latestDay) sum.days++;
  sum.latestDay = day;
  if (host.name !== undefined) sum.host = host;
  if (far !== undefined) sum.far = far;
  if (sum.observed.length < observedMax && !sum.observed.includes(observed)) sum.observed.push(observed);
}

/** A remembered value as people write it. Of a certificate the SHA-256. */
export function textOfValue({ kind, a, b, c, d, port, text, length }: ValueCursor): string {
  if (kind === kindCertificate) return text.toString('hex', sha1Bytes, length);
  return isAddress(kind) ? textOfFar({ words: [a, b, c, d], port }) : text.toString('latin1', 0, length);
}

export function textOfFar({ words, port }: FarEnd): string {
  const address = formatAddress(...words);
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The rows of some values of a block; undefined where it is damaged. */
export function foundRows(block: Block, wanted: readonly number[]): FoundRow[] | undefined {
  const values = block.readValues();
  const bytes = block.readRows();
  if (values === undefined || bytes === undefined) return undefined;
  const found: FoundRow[] = [];
  const peers: number[] = [];
  const numbers = new Set(wanted);
  let hosts: SeenHost[] = [];
  const begin = (known: SeenHost[]) => {
    hosts = known;
  };
  const take = ({ value, host, flags, first, last, times, peer }: SeenRow) => {
    if (!numbers.has(value)) return;
    found.push({ value, host: hosts[host]!, flags, first, last, times });
    peers.push(peer);
  };
  if (!readRows(bytes, begin, take, numbers)) return undefined;
  const ends = farEnds(values, new Set([...peers, ...wanted]));
  for (const [place, row] of found.entries()) {
    const far = ends.get(row.value) ?? ends.get(peers[place]!);
    if (far !== undefined) row.far = far;
  }
  return found;
}

/** The addresses of a block by their number; `wanted`: only these. */
export function farEnds(values: Buffer, wanted?: ReadonlySet<number>): Map<number, FarEnd> {
  const ends = new Map<number, FarEnd>();
  for (const cursor = new ValueCursor(values); cursor.next() && isAddress(cursor.kind); ) {
    const { number, a, b, c, d, port } = cursor;
    if (wanted === undefined || wanted.has(number)) ends.set(number, { words: [a, b, c, d], port });
  }
  return ends;
}
