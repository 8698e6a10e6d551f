/**
 * The time that orders are judged by. A box without a real-time clock starts in the past, and whoever owns the line may set its clock to any year: the
 * time is never taken to be earlier than the latest that is proven, by the build, by a clock that followed a time server, or by a director's
 * signature. A clock that follows nobody proves nothing, and can only be too late: orders are refused then, and nothing is remembered of it.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type Disk, makeFolder, storeFile, systemDisk } from './stored-file.ts';

/** How often the time of a good clock is remembered: an SD card does not like to be written to. */
const saveEveryMs = 3_600_000;
const lookEveryMs = 60_000;
/**
 * Beyond so many years after the build no proof is believed: a time server that says 2100, or a director whose own clock does, would otherwise make
 * every later order look expired for good.
 */
const believedYears = 20;
const yearMs = 365.25 * 86_400_000;
/** Clocks that follow a time server agree far better; a director's order is not refused for a second. */
const slackMs = 120_000;

const savedSchema = z.object({ notBefore: z.iso.datetime() });

export interface ClockReading {
  /** Since 1970. */
  nowMs: number;
  /** Whether it follows a time server; undefined: nobody says. */
  synced: boolean | undefined;
}

export interface TrustedTimeParts {
  /** Where the bound is remembered. */
  file: string;
  builtMs: number;
  clock: () => ClockReading;
  /** Of a clock that nobody sets. */
  monotonicMs?: () => number;
  onProblem: (text: string) => void;
  disk?: Disk;
}

/** Of a span in which something is valid. */
export type Validity = 'valid' | 'not-yet-valid' | 'expired';

export class TrustedTime {
  readonly #parts: TrustedTimeParts;
  readonly #monotonicMs: () => number;
  readonly #latestMs: number;
  #boundMs: number;
  /** When the bound was true. */
  #boundAtMs: number;
  #savedMs = 0;
  #saving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: TrustedTimeParts) {
    this.#parts = parts;
    this.#monotonicMs = parts.monotonicMs ?? (() => performance.now());
    this.#latestMs = parts.builtMs + believedYears * yearMs;
    this.#boundMs = parts.builtMs;
    this.#boundAtMs = this.#monotonicMs();
    this.#savedMs = readSaved(parts.file) ?? 0;
    this.#raise(this.#savedMs);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), lookEveryMs).unref();
    this.look();
  }

  /** Resolves when what it has to remember is on disk. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#saving;
  }

  /** ms since 1970: the clock's time, or the latest that is proven, whichever is later. */
  now(): number {
    return Math.max(this.#parts.clock().nowMs, this.#proven());
  }

  /** Where the clock follows nobody, what was signed for later than its time proves that it is late: it is valid then. */
  judge(notBeforeMs: number, expiresMs: number): Validity {
    const now = this.now();
    if (now > expiresMs) return 'expired';
    if (notBeforeMs > this.#latestMs) return 'not-yet-valid';
    return this.#parts.clock().synced === true && notBeforeMs > now + slackMs ? 'not-yet-valid' : 'valid';
  }

  /** A director has signed at that time, or after it. */
  signed(atMs: number): void {
    if (this.#raise(atMs)) this.#save();
  }

  /** Takes the word of a clock that follows a time server. */
  look(): void {
    const { nowMs, synced } = this.#parts.clock();
    if (synced === true) this.#raise(nowMs);
    if (this.#proven() - this.#savedMs > saveEveryMs) this.#save();
  }

  /** Time goes on from what was proven last, also where the clock stands in the past. */
  #proven(): number {
    return this.#boundMs + (this.#monotonicMs() - this.#boundAtMs);
  }

  #raise(atMs: number): boolean {
    if (!(atMs > this.#proven()) || atMs > this.#latestMs) return false;
    this.#boundMs = atMs;
    this.#boundAtMs = this.#monotonicMs();
    return true;
  }

  #save(): void {
    const { file, disk = systemDisk, onProblem } = this.#parts;
    const ms = this.#proven();
    this.#savedMs = ms;
    const text = `${JSON.stringify({ notBefore: new Date(ms).toISOString() })}\n`;
    this.#saving = this.#saving
      .then(() => makeFolder(dirname(file)))
      .then(() => storeFile(disk, file, text))
      .catch((error: unknown) => onProblem(`the time could not be remembered: ${error instanceof Error ? error.message : String(error)}`));
  }
}

function readSaved(file: string): number | undefined {
  try {
    return Date.parse(savedSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).notBefore);
  } catch {
    // None yet, or damaged: the build and the next signature prove enough.
    return undefined;
  }
}
