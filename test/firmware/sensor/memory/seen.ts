/** Sightings for the tests of this folder: a few machines and what they met, as batches, and folders that are removed at the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { parseAddress } from '../../../../firmware/sensor/bytes/address.ts';
import { answer } from '../../../../firmware/sensor/memory/answer.ts';
import { keyed } from '../../../../firmware/sensor/memory/keyed-host.ts';
import {
  certificateBytes,
  kindCertificate,
  kindJa4,
  kindName,
  type SightingBatch,
  seenBy,
} from '../../../../firmware/sensor/memory/sighting.ts';
import { SightingTable } from '../../../../firmware/sensor/memory/sighting-table.ts';

export const day = 20_472; // 2026-01-19
export const options = { days: 30, bytesMax: 150_000_000 };

export const ja4 = 't13d1516h2_8daaf6152771_e5627efa2ab1';
export const sha1 = 'a1'.repeat(20);
export const sha256 = 'b2'.repeat(32);

export interface Seen {
  host?: string;
  mac?: string;
  hostName?: string;
  /** A name, an address with its port, `ja4` or `certificate`. */
  what: string;
  far?: string;
  flags?: number;
  first?: number;
  last?: number;
  times?: number;
}

function addressOf(text: string): { words: readonly [number, number, number, number]; port: number } | undefined {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([\d.]+))(?::(\d+))?$/.exec(text) ?? [];
  const words = parseAddress(bracketed ?? plain ?? text);
  return words && { words: [...words] as [number, number, number, number], port: Number(port ?? 0) };
}

export function batchOf(ofDay: number, ...seen: readonly Seen[]): SightingBatch {
  const table = new SightingTable({ rowsMax: 100_000, rowsPerHostMax: 100_000 });
  for (const one of seen) see(table, one);
  return table.take(ofDay);
}

export function see(
  table: SightingTable,
  { host = '10.0.0.5', mac, hostName, what, far, flags, first = 3600, last = first, times = 1 }: Seen,
): number {
  const words = parseAddress(host)!;
  table.setKnownHost(keyed({ words, ...(mac && { mac }), ...(hostName && { name: hostName }) }));
  const end = far === undefined ? undefined : addressOf(far);
  const how = flags ?? seenBy.outbound | seenBy.tcp;
  const peer = end === undefined ? -1 : table.seeAddress(...end.words, end.port, how, first, last, times);
  const address = addressOf(what);
  if (address !== undefined) return table.seeAddress(...address.words, address.port, how, first, last, times);
  const [kind, bytes] =
    what === 'ja4'
      ? [kindJa4, Buffer.from(ja4)]
      : what === 'certificate'
        ? [kindCertificate, Buffer.from(sha1 + sha256, 'hex').subarray(0, certificateBytes)]
        : [kindName, Buffer.from(what)];
  return table.seeText(kind, bytes, 0, bytes.length, peer, how, first, last, times);
}

/** A folder for each call, removed when the test file is done. */
export function folderFor(): () => string {
  const made: string[] = [];
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'vonggac-seen-'));
    made.push(folder);
    return folder;
  };
}

export async function ask(folder: string, ...values: string[]) {
  return await answer({ folder, values, sinceDay: 0, hostsPerValueMax: 100, bytesMax: 1e9 });
}

/** Machines that met a value, by address. */
export async function hostsOf(folder: string, value: string): Promise<string[]> {
  const { values } = await ask(folder, value);
  return (values[0]?.hosts ?? []).map(({ ip }) => ip).sort();
}
