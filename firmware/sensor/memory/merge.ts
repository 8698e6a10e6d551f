/** Blocks of one day -> one batch, each pair of machine and value once: first and last time over all of them, counts added up. */
import type { Block } from './block.ts';
import { farEnds } from './collect.ts';
import { type KeyedHost, keyed } from './keyed-host.ts';
import { readRows } from './row-section.ts';
import { isAddress, type SeenHost, type SightingBatch } from './sighting.ts';
import { SightingTable } from './sighting-table.ts';
import { ValueCursor } from './value-section.ts';

/** A day of a thousand machines has as many; 60 MB while they are merged. */
const rowsMax = 1_000_000;
/** One machine that asks for endless names does not make the day too large for the others. */
const rowsPerHostMax = 65_536;

export interface Merged {
  batch: SightingBatch;
  /** Rows over a cap. */
  refused: number;
  /** Blocks that could not be read. */
  damaged: number;
  writings: number;
}

export function merge(blocks: readonly Block[], day: number): Merged {
  const table = new SightingTable({ rowsMax, rowsPerHostMax });
  let damaged = 0;
  let writings = 0;
  for (const block of blocks) {
    if (mergeBlock(block, table)) writings += block.header.writings;
    else damaged++;
  }
  const { refused } = table;
  return { batch: table.take(day), refused, damaged, writings };
}

function mergeBlock(block: Block, table: SightingTable): boolean {
  const values = block.readValues();
  const rows = block.readRows();
  if (values === undefined || rows === undefined) return false;
  const ends = farEnds(values);
  // Rows come in the order of values, addresses first: this goes along with them.
  const cursor = new ValueCursor(values);
  let hosts: KeyedHost[] = [];
  const begin = (known: SeenHost[]) => {
    hosts = known.map(keyed);
  };
  return readRows(rows, begin, ({ value, host, flags, first, last, times, peer }) => {
    while (cursor.number < value && cursor.next());
    const { kind, a, b, c, d, port, text, length } = cursor;
    table.setKnownHost(hosts[host]!);
    if (isAddress(kind)) {
      table.seeAddress(a, b, c, d, port, flags, first, last, times);
      return;
    }
    const end = ends.get(peer);
    const peerRow = end === undefined ? -1 : table.findAddress(...end.words, end.port);
    table.seeText(kind, text, 0, length, peerRow, flags, first, last, times);
  });
}
