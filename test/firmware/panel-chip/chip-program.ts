/** The real C program of the panel's chip -> its words in flash, compiled by the project's own Makefile into a folder of the test. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const sourceFolder = fileURLToPath(new URL('../../../firmware/panel-chip', import.meta.url));
const flashBytes = 32_768;

export interface ChipProgram {
  words: Uint16Array;
  flashBytes: number;
  ramBytes: number;
  /** Address behind the last variable in RAM. */
  endOfVariables: number;
}

export async function compileChip(): Promise<ChipProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'vonggac-chip-'));
  try {
    const run = promisify(execFile);
    const { stdout } = await run('make', ['-C', sourceFolder, `BUILD=${folder}`]);
    const sizes = /flash: (\d+) bytes of \d+, ram: (\d+) bytes/.exec(stdout);
    const symbols = (await run('avr-nm', [join(folder, 'panel-chip.elf')])).stdout;
    const end = /^00800([0-9a-f]+) . _end$/m.exec(symbols);
    const words = wordsOf(await readFile(join(folder, 'panel-chip.hex'), 'utf8'));
    return {
      words,
      flashBytes: Number(sizes?.[1]),
      ramBytes: Number(sizes?.[2]),
      endOfVariables: Number.parseInt(end?.[1] ?? '', 16),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Intel HEX: `:` length, address, type (00: data), bytes, sum. */
function wordsOf(hex: string): Uint16Array {
  const bytes = new Uint8Array(flashBytes).fill(0xff);
  for (const line of hex.split(/\r?\n/)) {
    const record = Buffer.from(line.slice(1), 'hex');
    if (record[3] === 0) bytes.set(record.subarray(4, 4 + (record[0] ?? 0)), record.readUInt16BE(1));
  }
  return new Uint16Array(bytes.buffer);
}
