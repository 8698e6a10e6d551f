/**
 * Values -> which machines of which boxes met them, asked of the memories of all boxes at once by `retro-match`. Answers come from boxes: only values that
 * were asked for are taken, and so many machines as anybody can look at.
 */
import { type RetroHost, type RetroMatchResult, retroMatchResultSchema } from '../../firmware/contract/sighting.ts';
import { type Answer, type AnswerState, ask } from './ask-command.ts';
import type { Director } from './director.ts';

/** In one question: its answer repeats them all, and what it found has to fit beside them. */
const valuesAtOnce = 1_000;
const valuesBytesAtOnce = 90 * 1024;
const hostsMax = 100_000;

export interface HuntHost extends RetroHost {
  box: string;
}

export interface Sightings {
  /** By value as it was asked; only those that somebody met. */
  hosts: Map<string, HuntHost[]>;
  /** Machines over the bounds of an answer, or ours. */
  hostsOmitted: number;
  /** Values that are none, and why. */
  notValues: Map<string, string>;
  /** Boxes that answered everything. */
  answered: string[];
  /** Box -> why its answer is missing, in whole or in part. */
  missing: Map<string, AnswerState | 'unreadable'>;
  /** Boxes whose memory keeps nothing of some value, or has days that cannot be read. */
  partial: string[];
}

export interface HuntOptions {
  days: number;
  waitMs: number;
  author?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Of all answers that are expected. */
  onProgress?: ((answered: number, expected: number) => void) | undefined;
}

/** Rejects with a `UserError` where key or broker cannot be had. */
export async function askBoxes(
  director: Director,
  boxes: readonly string[],
  values: readonly string[],
  options: HuntOptions,
): Promise<Sightings> {
  const { days, waitMs, author, signal, onProgress } = options;
  const portions = portionsOf([...new Set(values)]);
  const gathering = new Gathering(boxes);
  let answered = 0;
  for (const [index, portion] of portions.entries()) {
    // Whoever was away at the first question need not be asked the second.
    const asked = gathering.present();
    const onAnswer = () => onProgress?.(++answered, boxes.length * portions.length);
    const questions = asked.map((box) => ({ box, command: 'retro-match' as const, arguments: { values: portion, days } }));
    const answers = await ask(director, questions, { waitMs, author, signal, onAnswer });
    for (const answer of answers) gathering.take(answer, new Set(portion));
    answered = (index + 1) * boxes.length;
  }
  return gathering.sightings;
}

/** In their order, each small enough for one question. */
export function portionsOf(values: readonly string[]): string[][] {
  const portions: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const size = Buffer.byteLength(JSON.stringify(value)) + 1;
    const last = portions.at(-1);
    if (last === undefined || last.length >= valuesAtOnce || bytes + size > valuesBytesAtOnce) {
      portions.push([value]);
      bytes = size;
    } else {
      last.push(value);
      bytes += size;
    }
  }
  return portions;
}

class Gathering {
  readonly sightings: Sightings = {
    hosts: new Map(),
    hostsOmitted: 0,
    notValues: new Map(),
    answered: [],
    missing: new Map(),
    partial: [],
  };
  readonly #boxes: readonly string[];
  #count = 0;

  constructor(boxes: readonly string[]) {
    this.#boxes = boxes;
    this.sightings.answered = [...boxes];
  }

  present(): string[] {
    return this.#boxes.filter((box) => !this.sightings.missing.has(box));
  }

  take({ box, state, response }: Answer, asked: ReadonlySet<string>): void {
    const result = retroMatchResultSchema.safeParse(response?.result).data;
    if (state === 'done' && result !== undefined) this.#takeResult(box, result, asked);
    else {
      this.sightings.missing.set(box, state === 'done' ? 'unreadable' : state);
      this.sightings.answered = this.sightings.answered.filter((one) => one !== box);
    }
  }

  #takeResult(box: string, { values, damaged }: RetroMatchResult, asked: ReadonlySet<string>): void {
    const { sightings } = this;
    let isPartial = damaged.length > 0;
    for (const { value, state, note = '', hosts = [], hostsOmitted = 0 } of values) {
      if (!asked.has(value)) continue;
      if (state === 'not-a-value') sightings.notValues.set(value, note);
      if (state === 'not-kept') isPartial = true;
      const room = hostsMax - this.#count;
      const taken = hosts.slice(0, room).map((host) => ({ ...host, box }));
      this.#count += taken.length;
      sightings.hostsOmitted += hosts.length - taken.length + hostsOmitted;
      if (taken.length > 0) sightings.hosts.set(value, [...(sightings.hosts.get(value) ?? []), ...taken]);
    }
    if (isPartial && !sightings.partial.includes(box)) sightings.partial.push(box);
  }
}
