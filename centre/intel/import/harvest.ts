/**
 * Collects what the reader of a format found: values with what the list says of them, entries that gave none, and parts that were passed over.
 * Knows no format and no disk; all of it is in memory until the list has been read whole.
 */
import { createHash } from 'node:crypto';
import type { Tlp } from '../../../firmware/sensor/intel/indicator.ts';
import { UserError } from '../../command/user-error.ts';
import type { Concern, Kind } from '../library/library-entry.ts';
import { keyOf, type SaidOfValue, tailOf } from '../library/source-line.ts';
import { concernOf } from './concern.ts';
import type { Reason } from './reason.ts';
import { SortedLines } from './sorted-lines.ts';
import type { Reading } from './value/reading.ts';

/** What a row says of its values; what it leaves open, the list as a whole says. */
export type Said = Partial<Omit<SaidOfValue, 'concern'>>;

/** What the list as a whole says. */
export interface ListDefaults {
  confidence: number;
  tlp?: Tlp;
  /** Every entry is an allowance. */
  isAllowList?: boolean;
}

/** Beyond, a list is a mistake, and would not fit in memory with what the build needs. */
export const valuesMax = 6_000_000;
/** Distinct refused entries that are remembered to count each once, and kept to be looked at. */
const refusedEntriesMax = 200_000;
const shownLengthMax = 500;

/** More of a reason: the type of a MISP attribute. A hostile list may make up any number. */
const detailsMax = 200;
const detailLengthMax = 40;

export interface Refusal {
  /** Line, or the id of an object. */
  where: number | string;
  /** The reason, with its detail after a colon. */
  name: string;
  entry: string;
}

export class Harvest {
  /** Lines of a source file without the time of import. */
  readonly lines = new SortedLines();
  readonly refusals: Refusal[] = [];
  refused = 0;
  readonly refusedByReason = new Map<string, number>();
  /** Parts of an entry that gave no value while another part did. */
  readonly passedOver = new Map<string, number>();
  /** Entries read, for the progress. */
  entries = 0;
  onProgress: ((entries: number) => void) | undefined;
  private readonly defaults: Omit<ListDefaults, 'isAllowList'>;
  private readonly isAllowList: boolean;
  private readonly refusedEntries = new Set<string>();
  private readonly details = new Set<string>();
  private lastSaid: Said | undefined;
  /** One text for each concern, as most values of a list have the same said of them. */
  private readonly lastTails = new Map<Concern | undefined, string>();

  constructor(defaults: ListDefaults) {
    const { isAllowList, ...said } = defaults;
    this.defaults = said;
    this.isAllowList = isAllowList === true;
  }

  /** Give the same `said` again where it is the same: it saves work. It must not change afterwards. */
  take(kind: Kind, value: string, said: Said, isException = false): void {
    const isAllowance = isException || this.isAllowList;
    if (this.lines.length >= valuesMax) throw new UserError(`more than ${valuesMax.toLocaleString('en')} values in one list: split it`);
    if (said !== this.lastSaid) {
      this.lastSaid = said;
      this.lastTails.clear();
    }
    const concern = kind === 'domain' && !isAllowance ? concernOf(value) : undefined;
    let tail = this.lastTails.get(concern);
    if (tail === undefined) {
      tail = tailOf({ ...this.defaults, ...said, ...(concern === undefined ? {} : { concern }) });
      this.lastTails.set(concern, tail);
    }
    this.lines.add(keyOf(kind, value, isAllowance) + tail, value);
  }

  /** Takes a reading or refuses the entry. True: taken. */
  read(reading: Reading, said: Said, entry: string, where: number | string, isAllowance = false): boolean {
    if (typeof reading === 'string') {
      this.refuse(reading, entry, where);
      return false;
    }
    this.take(reading.kind, reading.value, said, isAllowance);
    return true;
  }

  /** Entries that are equal count once. */
  refuse(reason: Reason, entry: string, where: number | string, detail = ''): void {
    const name = this.nameOf(reason, detail);
    const key = `${name}\t${entry.length <= shownLengthMax ? entry : createHash('sha256').update(entry).digest('base64')}`;
    if (this.refusedEntries.has(key)) return;
    if (this.refusedEntries.size < refusedEntriesMax) {
      this.refusedEntries.add(key);
      this.refusals.push({ where, name, entry: entry.slice(0, shownLengthMax) });
    }
    this.refused++;
    this.refusedByReason.set(name, (this.refusedByReason.get(name) ?? 0) + 1);
  }

  passOver(reason: Reason, detail = ''): void {
    const name = this.nameOf(reason, detail);
    this.passedOver.set(name, (this.passedOver.get(name) ?? 0) + 1);
  }

  /** One more entry was read, whatever came of it. */
  entry(): void {
    if ((++this.entries & 0x3fff) === 0) this.onProgress?.(this.entries);
  }

  private nameOf(reason: Reason, detail: string): string {
    if (detail === '') return reason;
    const short = detail.slice(0, detailLengthMax).replace(/[^\w|.:/-]/g, '?');
    if (!this.details.has(short) && this.details.size >= detailsMax) return reason;
    this.details.add(short);
    return `${reason}: ${short}`;
  }
}
