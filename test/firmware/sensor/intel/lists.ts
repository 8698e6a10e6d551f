/** Makes sets and lists for the tests of this folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { parseAddress } from '../../../../firmware/sensor/bytes/address.ts';
import { SetBuilder } from '../../../../firmware/sensor/intel/compile.ts';
import type { Indicators, Match, Provenance } from '../../../../firmware/sensor/intel/indicator.ts';
import { IndicatorSet } from '../../../../firmware/sensor/intel/indicator-set.ts';
import { parseValue } from '../../../../firmware/sensor/intel/parse-value.ts';
import type { ParsedValue } from '../../../../firmware/sensor/intel/parsed-value.ts';

export interface Entry extends Partial<Provenance> {
  value: string;
  allow?: boolean;
}

export function parsed(text: string): ParsedValue {
  const value = parseValue(text);
  if (typeof value === 'string') throw new Error(`${text}: ${value}`);
  return value;
}

export function compileEntries(entries: readonly (Entry | string)[], seed = { a: 1, b: 2 }): Uint8Array {
  const builder = new SetBuilder(seed);
  for (const entry of entries) {
    const { value, allow = false, ...provenance } = typeof entry === 'string' ? { value: entry } : entry;
    builder.add(parsed(value), { confidence: 75, ...provenance }, allow);
  }
  return builder.finish();
}

export function setOf(...entries: (Entry | string)[]): IndicatorSet {
  return IndicatorSet.fromBytes(compileEntries(entries));
}

/** Asks for an address written as text. */
export function askAddress(set: Indicators, text: string, port = 0, nowMs = 0): Match | undefined {
  const words = parseAddress(text);
  if (words === undefined) throw new Error(text);
  return set.address(...words, port, nowMs);
}

/** Numbers from 0 to `below` − 1, the same for the same seed (xorshift, Marsaglia 2003). */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A folder for files of one test file; removed at its end. */
export function scratchFolder(): { path: (name: string) => string; write: (name: string, content: string | Uint8Array) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-intel-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    path: (name) => join(folder, name),
    write: (name, content) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
  };
}
