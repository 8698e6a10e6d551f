/**
 * The loop that notices: every few seconds it asks the store about the boxes, has them judged, and settles the alerts of the centre. It
 * judges only while it hears the broker. A store that is away costs rounds, nothing else.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CentreAlert } from '../../../firmware/contract/centre-alert.ts';
import type { Loss } from '../../../firmware/contract/loss.ts';
import type { BoxRow, NewOutbox, Store } from '../../store/store.ts';
import type { Clocks } from './ages.ts';
import { AlertDesk } from './alert-desk.ts';
import { isInMemory } from './hole.ts';
import type { Limits } from './limits.ts';
import { isSeriousLoss, type OccurrenceKind, Occurrences, occurrenceKinds } from './occurrences.ts';
import { Survey } from './survey.ts';

export interface NoticerParts {
  store: Store;
  limits: Limits;
  clocks?: () => Clocks;
  /** Since when the broker is heard without a break, by the monotonic clock; undefined: not now. */
  listeningSinceMs: () => number | undefined;
  publish: (alert: CentreAlert) => void;
  problem: (error: unknown) => void;
}

export class Noticer {
  readonly occurrences = new Occurrences();
  readonly #parts: NoticerParts;
  readonly #clocks: () => Clocks;
  readonly #survey: Survey;
  readonly #desk: AlertDesk;
  #agencies = new Map<string, string | undefined>();
  /** One round at a time: they share what is known to be open. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: NoticerParts) {
    this.#parts = parts;
    this.#clocks = parts.clocks ?? (() => ({ wallMs: Date.now(), monotonicMs: performance.now() }));
    this.#survey = new Survey(parts.limits);
    this.#desk = new AlertDesk(parts.store, parts.limits, parts.publish);
  }

  /** Until `signal` is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const intervalMs = this.#parts.limits.checkSeconds * 1_000;
    let isFailing = false;
    while (!signal.aborted) {
      await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      try {
        await this.check();
        isFailing = false;
      } catch (error) {
        if (!isFailing) this.#parts.problem(error);
        isFailing = true;
      }
    }
  }

  /** One round. Rejects where the store does. */
  check(): Promise<void> {
    return this.#inTurn(async () => {
      const { store } = this.#parts;
      const [rows, holes] = await Promise.all([store.boxes(), store.holes()]);
      const newOutboxes = await this.#newOutboxes(rows);
      this.#agencies = new Map(rows.map(({ box, agency }) => [box, agency]));
      const clocks = this.#clocks();
      await this.#desk.begin(clocks);
      const sinceMs = this.#parts.listeningSinceMs();
      if (sinceMs !== undefined) {
        const judgements = this.#survey.take({ rows, holes, newOutboxes }, clocks, clocks.monotonicMs - sinceMs);
        for (const { verdict, ...subject } of judgements) await this.#desk.settle(subject, verdict);
        this.#desk.keepOnly(judgements);
      }
      for (const kind of occurrenceKinds) await this.#settleOccurrences(kind);
      const { lossQuietSeconds, cloneQuietSeconds, refusedQuietSeconds } = this.#parts.limits;
      await this.#desk.closeQuiet({
        'box.loss': lossQuietSeconds,
        'box.refused': refusedQuietSeconds,
        'box.clone': cloneQuietSeconds,
        'certificate.refused': refusedQuietSeconds,
        'broker.denied': refusedQuietSeconds,
      });
    });
  }

  /** Whether boxes told, lately, that our clock is right. */
  get isClockRight(): boolean {
    return this.#survey.isClockRight;
  }

  /** A health that came just now: tells how far the clock of the box is off. */
  heardClock(box: string, writtenMs: number, receivedMs: number): void {
    this.#survey.offsets.heard(box, writtenMs, receivedMs);
  }

  /** Counts what a box had to drop. Says whether it is worth an alert: then `tellLosses` must resolve before the box may forget its record. */
  countLoss(loss: Loss): boolean {
    const isSerious = isSeriousLoss(loss);
    if (isSerious) this.occurrences.happened('box.loss', loss.box, loss.reason, loss.count);
    return isSerious;
  }

  /** Resolves once an alert about every loss counted is in the store. Rejects where the store does. */
  tellLosses(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#desk.begin(this.#clocks());
      await this.#settleOccurrences('box.loss');
    });
  }

  /** Those that a box keeps in memory have no one before them, and are settled for good. */
  async #newOutboxes(rows: readonly BoxRow[]): Promise<NewOutbox[]> {
    const { store, limits } = this.#parts;
    const rowOf = new Map(rows.map((row) => [row.box, row]));
    const found = await store.newOutboxes(this.#clocks().wallMs - limits.newOutboxSeconds * 1_000);
    const { memory = [], disk = [] } = Object.groupBy(found, (one) => (isInMemory(one, rowOf.get(one.box), limits) ? 'memory' : 'disk'));
    for (const one of memory) await store.explainOutbox(one);
    return disk;
  }

  async #settleOccurrences(kind: OccurrenceKind): Promise<void> {
    const pending = this.occurrences.take(kind);
    const later = new Set(pending);
    try {
      for (const occurrence of pending) {
        const isTold = await this.#desk.settleOccurrence(kind, occurrence, this.#agencies.get(occurrence.box));
        if (isTold) later.delete(occurrence);
      }
    } finally {
      for (const { box, detail, sum, times } of later) this.occurrences.happened(kind, box, detail, sum, times);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
