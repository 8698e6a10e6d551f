/** Cuts the power at a chosen step: from that call on, nothing that this process does changes a file any more, and a write is left half-done. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const changing = [
  'openSync',
  'writeSync',
  'writeFileSync',
  'fsyncSync',
  'renameSync',
  'unlinkSync',
  'rmSync',
  'mkdirSync',
  'copyFileSync',
] as const;

export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

/** Runs `work` with the power cut before its `step`th change of a file, from 1. Returns the number of changes that it made, and whether it was cut. */
export async function cutAt<T>(step: number, work: () => T | Promise<T>): Promise<{ changes: number; isCut: boolean }> {
  const originals = Object.fromEntries(changing.map((name) => [name, fs[name]]));
  let changes = 0;
  let isCut = false;
  for (const name of changing) {
    const original = fs[name] as (...values: unknown[]) => unknown;
    const patched = (...values: unknown[]) => {
      if (name === 'openSync' && (values[1] === undefined || values[1] === 'r')) return original(...values);
      if (!isCut && ++changes < step) return original(...values);
      if (!isCut && name === 'writeSync' && values[1] instanceof Uint8Array)
        original(values[0], values[1].subarray(0, values[1].length / 2));
      isCut = true;
      throw new PowerCut(`power cut at ${name}`);
    };
    Object.assign(fs, { [name]: patched });
  }
  syncBuiltinESMExports();
  try {
    await work();
  } catch (error) {
    if (!isCut) throw error;
  } finally {
    Object.assign(fs, originals);
    syncBuiltinESMExports();
  }
  return { changes, isCut };
}
