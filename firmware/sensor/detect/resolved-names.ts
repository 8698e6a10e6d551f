/**
 * Which machine was told which address for a name on the list, so that the connection to that address counts as contact with the name.
 * Bounded: the oldest answer makes room for a new one. It follows no flow itself.
 */
import type { AddressWords } from '../bytes/address.ts';

interface ResolvedName {
  name: string;
  untilMicros: number;
}

/** Programs keep answers longer than their time to live; an address changes hands more slowly than that. */
const keptMinMicros = 3600 * 1_000_000;
const keptMaxMicros = 86_400 * 1_000_000;

export class ResolvedNames {
  private readonly answers = new Map<string, ResolvedName>();
  /** Last words of all addresses ever answered since the table was last empty: asked first, because every new flow asks. */
  private readonly lastWords = new Set<number>();
  private answersMax: number;

  constructor(answersMax: number) {
    this.answersMax = answersMax;
  }

  get size(): number {
    return this.answers.size;
  }

  add(host: AddressWords, address: AddressWords, name: string, ttlS: number, nowMicros: number): void {
    const key = keyOf(host, address);
    this.answers.delete(key); // so that it stands last again
    const kept = Math.min(keptMaxMicros, Math.max(keptMinMicros, ttlS * 1_000_000));
    this.answers.set(key, { name, untilMicros: nowMicros + kept });
    this.lastWords.add(address[3]);
    if (this.answers.size <= this.answersMax) return;
    if (this.lastWords.size > this.answersMax * 2) this.recount();
    this.dropOldest();
  }

  /** So many answers at most from now on; the oldest go at once. */
  resize(answersMax: number): void {
    this.answersMax = answersMax;
    while (this.answers.size > answersMax) this.dropOldest();
    this.recount();
  }

  private dropOldest(): void {
    const oldest = this.answers.keys().next();
    if (!oldest.done) this.answers.delete(oldest.value);
  }

  /** False: surely nothing was answered with an address that ends like this. */
  mayHave(lastWord: number): boolean {
    return this.lastWords.has(lastWord);
  }

  private recount(): void {
    this.lastWords.clear();
    for (const key of this.answers.keys()) this.lastWords.add(Number(key.slice(key.lastIndexOf(',') + 1)));
  }

  /** The name that this machine was told this address for. */
  find(host: AddressWords, address: AddressWords, nowMicros: number): string | undefined {
    const answer = this.answers.get(keyOf(host, address));
    return answer === undefined || answer.untilMicros < nowMicros ? undefined : answer.name;
  }
}

function keyOf(host: AddressWords, address: AddressWords): string {
  return `${host.join()}>${address.join()}`;
}
