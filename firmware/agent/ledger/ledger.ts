/**
 * Keeps the record for the agency: what left the box, and which orders came. Two rows of files, so that no flood of messages drives the orders out
 * of the record. Lines are gathered for a moment, and a memory card is made to store them every few seconds. Reads nothing.
 */
import { makeFolder } from '../orders/stored-file.ts';
import { entrySchema, type LedgerEntry, type LedgerWriter } from './ledger-entry.ts';
import { RotatedFile } from './rotated-file.ts';
import { SentCounts, type SentMessage } from './sent-counts.ts';

/** Lines that wait while the disk does not take them; beyond, new ones are counted only. */
const waitingMax = 2_000;
const mebibyte = 1024 * 1024;

export const ledgerRows = { orders: 'orders', sent: 'sent' } as const;
type Row = keyof typeof ledgerRows;

export interface LedgerLimits {
  gatherMs: number;
  synchroniseMs: number;
  summaryMs: number;
  fileBytesMax: number;
  filesMax: Record<Row, number>;
}

/** Some 60,000 lines. A gathering of a tenth of a second is lost with a killed process, some seconds with a cut power. */
const limitsDefault: LedgerLimits = {
  gatherMs: 100,
  synchroniseMs: 2_000,
  summaryMs: 600_000,
  fileBytesMax: mebibyte,
  filesMax: { orders: 4, sent: 8 },
};

export interface LedgerParts {
  folder: string;
  onProblem: (text: string) => void;
  nowMs?: () => number;
  limits?: Partial<LedgerLimits>;
}

export class Ledger implements LedgerWriter {
  readonly #parts: LedgerParts;
  readonly #limits: LedgerLimits;
  readonly #nowMs: () => number;
  readonly #files: Record<Row, RotatedFile>;
  readonly #waiting: Record<Row, string[]> = { orders: [], sent: [] };
  readonly #counts: SentCounts;
  #lost = 0;
  #work: Promise<void> = Promise.resolve();
  #gathering: NodeJS.Timeout | undefined;
  #timers: NodeJS.Timeout[] = [];
  #hasFolder = false;
  #isTroubled = false;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#limits = { ...limitsDefault, ...parts.limits };
    this.#nowMs = parts.nowMs ?? Date.now;
    const { folder } = parts;
    const { fileBytesMax, filesMax } = this.#limits;
    const file = (row: Row) => new RotatedFile({ folder, name: ledgerRows[row], fileBytesMax, filesMax: filesMax[row] });
    this.#files = { orders: file('orders'), sent: file('sent') };
    this.#counts = new SentCounts(this.#nowMs);
  }

  start(): void {
    if (this.#timers.length > 0) return;
    this.#timers = [
      setInterval(() => this.#do(() => this.#synchronise()), this.#limits.synchroniseMs).unref(),
      setInterval(() => this.#summarise(), this.#limits.summaryMs).unref(),
    ];
  }

  /** Resolves when all is on disk, or the disk took it not. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#summarise();
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#do(() => this.#write());
    this.#do(() => this.#synchronise());
    this.#do(() => this.#close());
    await this.#work;
  }

  record(entry: LedgerEntry): void {
    const row: Row = entry.kind === 'sent' || entry.kind === 'sent-summary' ? 'sent' : 'orders';
    const waiting = this.#waiting[row];
    if (waiting.length >= waitingMax) {
      this.#lost++;
      return;
    }
    waiting.push(lineFor(entry, this.#nowMs()));
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#do(() => this.#write());
    }, this.#limits.gatherMs).unref();
  }

  /** A message left the box. What is sent all the time, and what is sent in a flood, is counted; the rest gets a line each. */
  sent(message: SentMessage): void {
    const entry = this.#counts.take(message);
    if (entry !== undefined) this.record(entry);
  }

  #summarise(): void {
    for (const entry of this.#counts.summaries()) this.record(entry);
  }

  /** One step after the other; what fails is told once until it works again. */
  #do(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).then(
      () => undefined,
      (error: unknown) => {
        if (!this.#isTroubled)
          this.#parts.onProblem(`the ledger cannot be written: ${error instanceof Error ? error.message : String(error)}`);
        this.#isTroubled = true;
      },
    );
  }

  async #write(): Promise<void> {
    for (const row of ['orders', 'sent'] as const) {
      const lines = this.#waiting[row];
      while (lines.length > 0) {
        if (!this.#hasFolder) await makeFolder(this.#parts.folder);
        this.#hasFolder = true;
        const batch = batchOf(lines, this.#limits.fileBytesMax);
        await this.#files[row].append(batch.join(''));
        lines.splice(0, batch.length);
        this.#isTroubled = false;
      }
    }
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.record({ kind: 'lost', count: lost });
  }

  async #synchronise(): Promise<void> {
    // What the disk refused before waits for its next chance here.
    if (this.#waiting.orders.length + this.#waiting.sent.length > 0) await this.#write();
    for (const row of ['orders', 'sent'] as const) await this.#files[row].synchronise();
  }

  async #close(): Promise<void> {
    for (const row of ['orders', 'sent'] as const) await this.#files[row].close();
  }
}

/** As many of the first lines as one file has room for; at least one. */
function batchOf(lines: readonly string[], bytesMax: number): string[] {
  let bytes = 0;
  const end = lines.findIndex((line, index) => {
    bytes += Buffer.byteLength(line);
    return index > 0 && bytes > bytesMax;
  });
  return lines.slice(0, end === -1 ? lines.length : end);
}

/** Text that is longer than an entry may hold is cut. */
function lineFor(entry: LedgerEntry, nowMs: number): string {
  return `${JSON.stringify({ ts: new Date(nowMs).toISOString(), ...shortened(entry) })}\n`;
}

const textCharactersMax = 1_000;

function shortened(entry: LedgerEntry): LedgerEntry {
  if (entrySchema.safeParse(entry).success) return entry;
  const cut = entrySchema.safeParse(
    JSON.parse(JSON.stringify(entry), (_, value: unknown) => {
      if (typeof value === 'string') return value.slice(0, textCharactersMax);
      return Array.isArray(value) ? value.slice(0, 100) : value;
    }),
  );
  return cut.success ? cut.data : { kind: 'lost', count: 1 };
}
