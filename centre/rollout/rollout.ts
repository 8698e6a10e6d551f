/**
 * Arms boxes with a release, wave after wave, and watches what they say of it. A wave begins when its time has come and every box of those before has
 * said how it went, or is late with it. Where too many fail, give it back or say nothing, no further wave begins: what was not armed is left as it is.
 * Talks to nobody itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IntelligenceReported, Release } from '../../firmware/contract/intelligence-message.ts';
import type { Wave } from './rollout-plan.ts';

/** More than a box in fifty is no chance any more. Of fewer than fifty boxes, one is. */
export const failedShareMaxDefault = 0.02;
const lookMs = 50;
/** In so many steps, at most, the boxes of a wave are armed. */
const slicesOfWave = 10;

export const boxStates = ['untouched', 'ordered', 'fetching', 'testing', 'armed', 'confirmed', 'failed', 'late', 'away'] as const;
/** `late`: said nothing for so long. `away`: not there when it was armed; nobody waits for it. */
export type BoxState = (typeof boxStates)[number];

export interface RolloutOrder {
  release: Release;
  waves: readonly Wave[];
  /** Boxes that an earlier run has armed: what they say counts, and they are not armed again. */
  armedBefore?: ReadonlySet<string>;
  /** Boxes whose failure somebody has looked at, and goes on. */
  forgiven?: ReadonlySet<string>;
  failedShareMax?: number;
  /** So long after it was armed a box may take to say that it is. */
  reportWithinMs: number;
  /** Orders the release of these boxes. A rejection stops the rollout. */
  arm: (boxes: readonly string[], release: Release) => Promise<void>;
  /** Nobody waits for a box that is not there: it takes the order when it is back. */
  isAway?: (box: string) => boolean;
  /** Before boxes are armed, so that whoever goes on after a crash knows them. */
  onArm?: (boxes: readonly string[]) => void;
  onProgress?: (figures: RolloutFigures) => void;
}

export interface RolloutFigures {
  /** The last one that began, from 1. */
  wave: number;
  waves: number;
  counts: Record<BoxState, number>;
}

export interface FailedBox {
  box: string;
  state: 'failed' | 'late';
  reason: string;
}

export interface RolloutResult extends RolloutFigures {
  outcome: 'done' | 'stopped' | 'interrupted';
  failed: FailedBox[];
  ms: number;
}

interface Member {
  state: BoxState;
  orderedMs: number;
  reason: string;
  /** What it said last. A box that has the release already, or has refused it, need not say so again. */
  last?: IntelligenceReported;
}

export class Rollout {
  readonly #order: RolloutOrder;
  readonly #members = new Map<string, Member>();
  readonly #startedMs = performance.now();
  #wave = 0;
  #isChanged = true;

  constructor(order: RolloutOrder) {
    this.#order = order;
    const before = order.armedBefore ?? new Set();
    const orderedMs = performance.now();
    for (const box of order.waves.flatMap(({ boxes }) => boxes))
      this.#members.set(box, { state: before.has(box) ? 'ordered' : 'untouched', orderedMs, reason: '' });
  }

  /** What a box said; of a box that is not of this rollout, or about another release, nothing. Never throws. */
  hear(box: string, report: IntelligenceReported): void {
    const member = this.#members.get(box);
    if (member === undefined) return;
    member.last = report;
    if (member.state !== 'untouched') this.#judge(member, report);
  }

  #judge(member: Member, { wanted, running, state, confirmed, code, reason }: IntelligenceReported): void {
    if (isSame(running, this.#order.release) && state === 'armed') this.#set(member, confirmed === true ? 'confirmed' : 'armed');
    else if (!isSame(wanted, this.#order.release)) return;
    else if (state === 'failed' || state === 'rolled_back') this.#set(member, 'failed', [state, code, reason].filter(Boolean).join(': '));
    else if (state === 'fetching' || state === 'testing') this.#set(member, state);
  }

  /** Resolves when every box has settled, when it stopped by itself, or once `signal` is aborted. Rejects where boxes could not be ordered. */
  async run(signal?: AbortSignal): Promise<RolloutResult> {
    const { waves } = this.#order;
    for (const [box, member] of this.#members) if (member.state === 'ordered') this.#begin(box, member);
    for (const [index, wave] of waves.entries()) {
      const outcome = await this.#until(() => this.#ms() >= wave.startsAtMs && this.#isSettled(), signal);
      if (outcome !== undefined) return this.#result(outcome);
      this.#wave = index + 1;
      const stopped = await this.#armWave(wave, signal);
      if (stopped !== undefined) return this.#result(stopped);
    }
    return this.#result((await this.#until(() => this.#isSettled(), signal)) ?? 'done');
  }

  get figures(): RolloutFigures {
    const counts = Object.fromEntries(boxStates.map((state) => [state, 0])) as Record<BoxState, number>;
    for (const { state } of this.#members.values()) counts[state]++;
    return { wave: this.#wave, waves: this.#order.waves.length, counts };
  }

  async #armWave({ boxes, spreadMs }: Wave, signal: AbortSignal | undefined): Promise<'stopped' | 'interrupted' | undefined> {
    const untouched = boxes.filter((box) => this.#members.get(box)?.state === 'untouched');
    const size = Math.ceil(untouched.length / slicesOfWave);
    const beganMs = this.#ms();
    for (let at = 0; at < untouched.length; at += size) {
      const outcome = await this.#until(() => this.#ms() >= beganMs + (spreadMs * at) / untouched.length, signal);
      if (outcome !== undefined) return outcome;
      await this.#arm(untouched.slice(at, at + size));
    }
    return undefined;
  }

  async #arm(boxes: readonly string[]): Promise<void> {
    this.#order.onArm?.(boxes);
    for (const box of boxes) this.#begin(box, this.#members.get(box)!);
    await this.#order.arm(boxes, this.#order.release);
  }

  #begin(box: string, member: Member): void {
    member.orderedMs = performance.now();
    this.#set(member, this.#order.isAway?.(box) === true ? 'away' : 'ordered');
    if (member.last !== undefined) this.#judge(member, member.last);
  }

  /** Looks again and again until it is so; gives why it need not be waited for. */
  async #until(isSo: () => boolean, signal: AbortSignal | undefined): Promise<'stopped' | 'interrupted' | undefined> {
    for (;;) {
      this.#noticeLate();
      if (this.#isChanged) this.#order.onProgress?.(this.figures);
      this.#isChanged = false;
      if (this.#isTooBad()) return 'stopped';
      if (signal?.aborted === true) return 'interrupted';
      if (isSo()) return undefined;
      await sleep(lookMs);
    }
  }

  #noticeLate(): void {
    const nowMs = performance.now();
    for (const member of this.#members.values()) {
      const isWaitedFor = member.state === 'ordered' || member.state === 'fetching' || member.state === 'testing';
      if (isWaitedFor && nowMs - member.orderedMs > this.#order.reportWithinMs) this.#set(member, 'late', `still ${member.state}`);
    }
  }

  #isSettled(): boolean {
    for (const { state } of this.#members.values()) if (state === 'ordered' || state === 'fetching' || state === 'testing') return false;
    return true;
  }

  /** Of the boxes that were armed, are there, and were not looked at already. */
  #isTooBad(): boolean {
    let armed = 0;
    let failed = 0;
    for (const [box, { state }] of this.#members) {
      if (state === 'untouched' || state === 'away' || this.#order.forgiven?.has(box) === true) continue;
      armed++;
      if (state === 'failed' || state === 'late') failed++;
    }
    return failed > armed * (this.#order.failedShareMax ?? failedShareMaxDefault);
  }

  #set(member: Member, state: BoxState, reason = ''): void {
    // One that was late may still come; one that reports its way after it was late is on its way, and late all the same.
    if (member.state === 'late' && (state === 'fetching' || state === 'testing')) return;
    if (member.state === state) return;
    member.state = state;
    member.reason = reason;
    this.#isChanged = true;
  }

  #result(outcome: RolloutResult['outcome']): RolloutResult {
    const failed = [...this.#members].flatMap(([box, { state, reason }]) =>
      state === 'failed' || state === 'late' ? [{ box, state, reason }] : [],
    );
    return { ...this.figures, outcome, failed, ms: this.#ms() };
  }

  #ms(): number {
    return performance.now() - this.#startedMs;
  }
}

function isSame(one: Release | undefined, other: Release): boolean {
  return one?.version === other.version && one.sha256 === other.sha256 && one.channel === other.channel;
}
