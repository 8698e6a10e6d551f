/**
 * What boxes report of their orders -> what became of each order. Reports are retained, so it does not matter whether they came before anybody
 * listened. A report that speaks of another order, or of another document under the same number, says nothing about this one.
 */
import { type ConfigReported, configReportedSchema } from '../../firmware/contract/config-message.ts';
import { boxOfTopic, up } from '../../firmware/contract/topics.ts';
import type { Received } from '../connection.ts';
import { Attendance } from './attendance.ts';
import { readBoxMessage } from './box-message.ts';
import type { DirectorLink } from './director-link.ts';

/** A box that floods its topic is heard no more. */
const reportsOfBoxMax = 1_000;
const lookMs = 200;

/** For programs. `superseded`: another order came in between. `sent`: nobody waited. `away`: the box gets it when it is back. `silent`: no answer in time. */
export type OrderState = 'applied' | 'rejected' | 'rolled_back' | 'superseded' | 'scheduled' | 'away' | 'silent' | 'sent' | 'not-sent';

export interface Outcome {
  box: string;
  seq: number;
  state: OrderState;
  /** Of `applied`: the time in which it gives way by itself is over. */
  confirmed?: boolean;
  errors?: ConfigReported['errors'];
  reason?: string;
  /** The order that the box says it runs, where it is another one. Of `rolled_back`, absent: its own file alone. */
  running?: number;
  /** From the beginning of the wait. */
  ms: number;
}

/** What is waited for: part of an order. */
export interface AwaitedOrder {
  box: string;
  seq: number;
  hash: string;
}

export interface AwaitOptions {
  timeoutMs: number;
  /** Also until the box says that it keeps it. */
  confirm?: boolean;
  signal?: AbortSignal | undefined;
  /** As soon as it is known what became of one; not for those that are away or silent in the end. */
  onOutcome?: ((outcome: Outcome) => void) | undefined;
}

export interface ReportWatch {
  /** One outcome for each order, in their order. Never rejects. */
  readonly done: Promise<Outcome[]>;
  /** Of this box nothing is to be expected. */
  notSent(box: string, reason: string): void;
}

/** Resolves once it listens: what is published from then on is answered in `done`. */
export async function watchReports(link: DirectorLink, orders: readonly AwaitedOrder[], options: AwaitOptions): Promise<ReportWatch> {
  const wait = new ReportWait(orders, options);
  const boxes = orders.map(({ box }) => box);
  const stop = await link.listen([...boxes.map(up.configReported), ...Attendance.topics(boxes)], (message) => wait.hear(message));
  wait.begin();
  return { done: wait.outcomes().finally(stop), notSent: (box, reason) => wait.notSent(box, reason) };
}

/** The same for orders that were published before. */
export async function awaitReports(link: DirectorLink, orders: readonly AwaitedOrder[], options: AwaitOptions): Promise<Outcome[]> {
  return (await watchReports(link, orders, options)).done;
}

interface Pending {
  order: AwaitedOrder;
  heard: number;
  outcome?: Outcome;
  /** The last word of the box, where it was none about this order. */
  last?: ConfigReported;
}

class ReportWait {
  readonly #options: AwaitOptions;
  readonly #attendance = new Attendance();
  readonly #pending: Map<string, Pending>;
  readonly #startedMs = performance.now();
  readonly #over = Promise.withResolvers<void>();
  #open: number;

  constructor(orders: readonly AwaitedOrder[], options: AwaitOptions) {
    this.#options = options;
    this.#pending = new Map(orders.map((order) => [order.box, { order, heard: 0 }]));
    this.#open = this.#pending.size;
  }

  begin(): void {
    this.#attendance.begin();
  }

  hear(message: Received): void {
    if (this.#attendance.hear(message)) return;
    const pending = this.#pending.get(boxOfTopic(message.topic) ?? '');
    if (pending === undefined || ++pending.heard > reportsOfBoxMax) return;
    const { state } = pending.outcome ?? {};
    // What was applied may still give way while the others are waited for; all else is the end of it.
    if (state !== undefined && state !== 'applied') return;
    const report = readBoxMessage(message, configReportedSchema);
    if (report === undefined) return;
    pending.last = report;
    const outcome = this.#outcomeOf(pending.order, report);
    if (outcome !== undefined && outcome.state !== state) this.#settle(pending, outcome);
  }

  notSent(box: string, reason: string): void {
    const pending = this.#pending.get(box);
    if (pending !== undefined) this.#settle(pending, { box, seq: pending.order.seq, state: 'not-sent', reason, ms: this.#ms() });
  }

  #settle(pending: Pending, outcome: Outcome): void {
    const isFirst = pending.outcome === undefined;
    pending.outcome = outcome;
    this.#options.onOutcome?.(outcome);
    if (isFirst && --this.#open === 0) this.#over.resolve();
  }

  #ms(): number {
    return performance.now() - this.#startedMs;
  }

  async outcomes(): Promise<Outcome[]> {
    const { timeoutMs, signal } = this.#options;
    const end = () => this.#over.resolve();
    const timer = setTimeout(end, timeoutMs);
    const look = setInterval(() => {
      if (this.#isOnlyWaitingForThoseAway()) end();
    }, lookMs);
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true || this.#open === 0) end();
    await this.#over.promise;
    clearTimeout(timer);
    clearInterval(look);
    signal?.removeEventListener('abort', end);
    return [...this.#pending.values()].map(({ order, outcome, last }) => outcome ?? this.#without(order, last));
  }

  #isOnlyWaitingForThoseAway(): boolean {
    return [...this.#pending].every(([box, { outcome }]) => outcome !== undefined || this.#attendance.isAway(box));
  }

  /** Undefined where the report does not decide it. */
  #outcomeOf(order: AwaitedOrder, report: ConfigReported): Outcome | undefined {
    const { box, seq, hash } = order;
    const base = { box, seq, ms: this.#ms() };
    const { errors, reason } = report;
    const running = report.running.seq ?? 0;
    const later = running > seq ? { running } : {};
    if (report.seq === seq && report.state === 'rejected') return { ...base, state: 'rejected', ...(errors && { errors }), ...later };
    if (report.seq === seq && report.state === 'rolled_back')
      return { ...base, state: 'rolled_back', ...(reason !== undefined && { reason }), ...(running > 0 && { running }) };
    const confirmed = report.seq === seq && report.confirmed === true;
    if (report.running.seq === seq && report.running.hash === hash)
      return confirmed || this.#options.confirm !== true ? { ...base, state: 'applied', confirmed } : undefined;
    return running > seq ? { ...base, state: 'superseded', ...later } : undefined;
  }

  #without({ box, seq }: AwaitedOrder, last: ConfigReported | undefined): Outcome {
    const base = { box, seq, ms: this.#ms() };
    if (this.#attendance.isAway(box)) return { ...base, state: 'away' };
    // It answered something it could not read, or an older order: all that there is to go by.
    return { ...base, state: 'silent', ...(last?.errors && { errors: last.errors }) };
  }
}
