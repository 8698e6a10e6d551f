/**
 * Remembers on disk which commands were taken, so that none is done twice, whatever restarts in between. Bounded: what falls out cannot come back,
 * because from then on nothing is taken that was issued before it.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type Disk, makeFolder, storeFile, systemDisk } from '../orders/stored-file.ts';

const commandsMaxDefault = 1_000;
const fileBytesMax = 4 * 1024 * 1024;

const journalSchema = z.object({
  floor: z.iso.datetime().optional(),
  commands: z.array(z.object({ id: z.string().max(64), issued: z.iso.datetime() })),
});

export interface CommandJournalParts {
  file: string;
  /** What the time is where the journal is damaged: everything that was issued before is refused from then on. ms since 1970. */
  nowMs: () => number;
  onProblem: (text: string) => void;
  commandsMax?: number;
  disk?: Disk;
}

export class CommandJournal {
  readonly #parts: CommandJournalParts;
  /** By id, when it was issued, ms since 1970. */
  readonly #issuedMs = new Map<string, number>();
  #floorMs = Number.NEGATIVE_INFINITY;
  #work: Promise<void> = Promise.resolve();

  /** Reads the file, if there is one. */
  constructor(parts: CommandJournalParts) {
    this.#parts = parts;
    try {
      if (statSync(parts.file).size > fileBytesMax) throw new Error('is too large');
      const { floor, commands } = journalSchema.parse(JSON.parse(readFileSync(parts.file, 'utf8')));
      if (floor !== undefined) this.#floorMs = Date.parse(floor);
      for (const { id, issued } of commands) this.#issuedMs.set(id, Date.parse(issued));
      this.#bound();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      this.#floorMs = parts.nowMs();
      parts.onProblem(`${parts.file} is damaged: no command is taken that was issued before now`);
    }
  }

  /** Whether it was taken before, or nobody can say so any more. */
  knows(id: string, issuedMs: number): boolean {
    return this.#issuedMs.has(id) || issuedMs <= this.#floorMs;
  }

  /** From now on it is known; once this resolves, for good. Rejects where the disk does: it must not be done then. */
  take(id: string, issuedMs: number): Promise<void> {
    this.#issuedMs.set(id, issuedMs);
    this.#bound();
    const stored = this.#work.then(() => this.#store());
    this.#work = stored.catch(() => undefined);
    return stored;
  }

  #bound(): void {
    const { commandsMax = commandsMaxDefault } = this.#parts;
    while (this.#issuedMs.size > commandsMax) {
      const [oldest] = [...this.#issuedMs].reduce((a, b) => (b[1] < a[1] ? b : a));
      this.#floorMs = Math.max(this.#floorMs, this.#issuedMs.get(oldest) ?? 0);
      this.#issuedMs.delete(oldest);
    }
  }

  async #store(): Promise<void> {
    const { file, disk = systemDisk } = this.#parts;
    const commands = [...this.#issuedMs].map(([id, issuedMs]) => ({ id, issued: new Date(issuedMs).toISOString() }));
    const floor = Number.isFinite(this.#floorMs) ? { floor: new Date(this.#floorMs).toISOString() } : {};
    await makeFolder(dirname(file));
    await storeFile(disk, file, `${JSON.stringify({ ...floor, commands })}\n`);
  }
}
