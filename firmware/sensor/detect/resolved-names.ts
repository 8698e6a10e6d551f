/**
 * Which machine was told which address for a name on the list, so that the connection to that address counts as contact with the name.
 * Bounded: the oldest answer makes room for a new one. It follows no flow itself.
 */
import type { AddressWords } from '../bytes/address.ts';
import type { Match } from '../intel/indicator.ts';

export interface ResolvedName {
  match: Match;
  name: string;
  untilMicros: number;
}

/** Programs keep answers longer than their time to live; an address changes hands more slowly than that. */
const keptMinMicros = 3600 * 1_000_000;
const keptMaxMicros = 86_400 * 1_000_000;

export class ResolvedNames {
  private readonly answers = new Map<string, ResolvedName>();
  private readonly answersMax: number;

  constructor(answersMax: number) {
    this.answersMax = answersMax;
  }

  get size(): number {
    return this.answers.size;
  }

  add(host: AddressWords, address: AddressWords, match: Match, name: string, ttlS: number, nowMicros: number): void {
    const key = keyOf(host, address);
    this.answers.delete(key); // so that it stands last again
    const kept = Math.min(keptMaxMicros, Math.max(keptMinMicros, ttlS * 1_000_000));
    this.answers.set(key, { match, name, untilMicros: nowMicros + kept });
    if (this.answers.size <= this.answersMax) return;
    const oldest = this.answers.keys().next();
    if (!oldest.done) this.answers.delete(oldest.value);
  }

  find(host: AddressWords, address: AddressWords, nowMicros: number): ResolvedName | undefined {
    const answer = this.answers.get(keyOf(host, address));
    return answer === undefined || answer.untilMicros < nowMicros ? undefined : answer;
  }

  clear(): void {
    this.answers.clear();
  }
}

function keyOf(host: AddressWords, address: AddressWords): string {
  return `${host.join()}>${address.join()}`;
}
