/**
 * The time that orders are judged by. A box without a real-time clock starts in the past, and whoever owns the line may set its clock to any year: the
 * time is never taken to be earlier than the latest that is proven, by the build or by a director's signature. What a clock said that followed a time
 * server stands in where it follows none any more; one that follows one now is believed before it, for time servers can be played by anybody, and
 * a box must obey again when that is over. A clock that follows nobody proves nothing, and can only be too late.
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
/** A time server is believed so far beyond what is signed: a false one shall not cost the centre more than this, where no other ever answers. */
const unsignedMsMax = 2 * yearMs;
/** Clocks that follow a time server agree far better; a director's order is not refused for a second. */
const slackMs = 120_000;

const savedSchema = z.object({ notBefore: z.iso.datetime(), signed: z.iso.datetime() });

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
  /** By the build, and by signatures. */
  readonly #signed: LatestTime;
  /** By clocks that followed a time server too; never earlier than what is signed. */
  readonly #told: LatestTime;
  /** As the file has them. */
  #saved = { toldMs: 0, signedMs: 0 };
  #saving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: TrustedTimeParts) {
    this.#parts = parts;
    this.#monotonicMs = parts.monotonicMs ?? (() => performance.now());
    this.#latestMs = parts.builtMs + believedYears * yearMs;
    this.#signed = new LatestTime(parts.builtMs, this.#monotonicMs);
    this.#told = new LatestTime(parts.builtMs, this.#monotonicMs);
    this.#saved = readSaved(parts.file);
    this.#raiseSigned(this.#saved.signedMs);
    this.#raiseTold(this.#saved.toldMs);
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
    const { nowMs, synced } = this.#parts.clock();
    return Math.max(nowMs, synced === true ? this.#signed.now() : this.#told.now());
  }

  /** Where the clock follows nobody, what was signed for later than its time proves that it is late: it is valid then. */
  judge(notBeforeMs: number, expiresMs: number, issuedMs?: number): Validity {
    const now = Math.max(this.now(), issuedMs === undefined || issuedMs > this.#latestMs ? 0 : issuedMs);
    if (now > expiresMs) return 'expired';
    if (notBeforeMs > this.#latestMs) return 'not-yet-valid';
    // Who says when he signed means what he says of the future.
    const isTimeKnown = this.#parts.clock().synced === true || issuedMs !== undefined;
    return isTimeKnown && notBeforeMs > now + slackMs ? 'not-yet-valid' : 'valid';
  }

  /** A director has signed at that time, or after it. */
  signed(atMs: number): void {
    this.#raiseSigned(atMs);
    if (this.#signed.now() - this.#saved.signedMs > saveEveryMs) this.#save();
  }

  /** Takes the word of a clock that follows a time server. */
  look(): void {
    const { nowMs, synced } = this.#parts.clock();
    if (synced === true) {
      // It is earlier than others have said: they, or it, were wrong, and what is signed stands.
      if (nowMs < this.#told.now() - slackMs) this.#told.set(Math.max(nowMs, this.#signed.now()));
      else this.#raiseTold(nowMs);
    }
    if (Math.abs(this.#told.now() - this.#saved.toldMs) > saveEveryMs) this.#save();
  }

  #raiseSigned(atMs: number): void {
    if (atMs > this.#latestMs) return;
    this.#signed.raise(atMs);
    this.#told.raise(atMs);
  }

  #raiseTold(atMs: number): void {
    if (atMs <= Math.min(this.#latestMs, this.#signed.now() + unsignedMsMax)) this.#told.raise(atMs);
  }

  #save(): void {
    const { file, disk = systemDisk, onProblem } = this.#parts;
    const [toldMs, signedMs] = [this.#told.now(), this.#signed.now()];
    this.#saved = { toldMs, signedMs };
    const text = `${JSON.stringify({ notBefore: new Date(toldMs).toISOString(), signed: new Date(signedMs).toISOString() })}\n`;
    this.#saving = this.#saving
      .then(() => makeFolder(dirname(file)))
      .then(() => storeFile(disk, file, text))
      .catch((error: unknown) => onProblem(`the time could not be remembered: ${error instanceof Error ? error.message : String(error)}`));
  }
}

/** A moment that was true, and goes on with a clock that nobody sets: also where that of the machine stands in the past. */
class LatestTime {
  readonly #monotonicMs: () => number;
  #ms: number;
  #atMs: number;

  constructor(ms: number, monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#ms = ms;
    this.#atMs = monotonicMs();
  }

  now(): number {
    return this.#ms + (this.#monotonicMs() - this.#atMs);
  }

  raise(ms: number): void {
    if (ms > this.now()) this.set(ms);
  }

  set(ms: number): void {
    this.#ms = ms;
    this.#atMs = this.#monotonicMs();
  }
}

function readSaved(file: string): { toldMs: number; signedMs: number } {
  try {
    const { notBefore, signed } = savedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return { toldMs: Date.parse(notBefore), signedMs: Date.parse(signed) };
  } catch {
    // None yet, or damaged: the build and the next signature prove enough.
    return { toldMs: 0, signedMs: 0 };
  }
}
