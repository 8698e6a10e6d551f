/**
 * What the store knows of every box -> a verdict for each box and each kind of trouble that lasts. Keeps only what the store cannot: ages by
 * a clock that does not jump, and the offsets of clocks. Opens and writes no alert.
 */
import type { CentreAlertKind } from '../../../firmware/contract/centre-alert.ts';
import type { BoxRow, Hole, NewOutbox } from '../../store/store.ts';
import { Ages, type Clocks } from './ages.ts';
import { judgeSight } from './blind.ts';
import { isOurClockRight, judgeClock, judgeOurClock } from './clock.ts';
import { ClockOffsets } from './clock-offset.ts';
import type { BoxFacts, Verdict } from './facts.ts';
import { judgeHoles } from './hole.ts';
import type { Limits } from './limits.ts';
import { judgeOutbox } from './outbox.ts';
import { isAtOnce, judgeManySilent, judgeSilence } from './silent.ts';
import { judgeIndicators } from './stale.ts';

/** The wall clock drifts less than this between two rounds unless somebody sets it. */
const clockStepMs = 1_000;

export interface Judgement {
  /** `-`: the centre itself. */
  box: string;
  agency?: string;
  kind: CentreAlertKind;
  verdict: Verdict;
}

/** What the store knows. */
export interface Known {
  rows: readonly BoxRow[];
  holes: readonly Hole[];
  newOutboxes: readonly NewOutbox[];
}

const boxKinds = [
  'box.silent',
  'box.blind',
  'box.hole',
  'box.outbox',
  'box.clock',
  'box.stale',
] as const satisfies readonly CentreAlertKind[];
type BoxKind = (typeof boxKinds)[number];

export class Survey {
  readonly offsets = new ClockOffsets();
  readonly #ages = new Ages();
  readonly #limits: Limits;
  #wallAheadMs: number | undefined;
  /** Whether boxes told, in the last round, that our clock is right. */
  isClockRight = false;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  take({ rows, holes, newOutboxes }: Known, clocks: Clocks, listeningMs: number): Judgement[] {
    this.#noticeStep(clocks);
    this.#ages.begin(clocks);
    const holesOfBox = Map.groupBy(holes, ({ box }) => box);
    const outboxesOfBox = Map.groupBy(newOutboxes, ({ box }) => box);
    const facts = rows.map((row) => this.#factsOf(row, holesOfBox.get(row.box) ?? [], outboxesOfBox.get(row.box) ?? [], listeningMs));
    const aheadMs = facts.flatMap(({ clockAheadMs }) => clockAheadMs ?? []);
    const ours = judgeOurClock(aheadMs, this.#limits);
    this.isClockRight = isOurClockRight(aheadMs, this.#limits);
    const silence = new Map(facts.map((one) => [one, judgeSilence(one, this.#limits)]));
    const silentMs = facts.filter((one) => isAway(silence.get(one))).map(silentForMs);
    const many = judgeManySilent(silentMs, facts.filter((one) => silence.get(one) === 'fine').length);
    const judgements: Judgement[] = [
      { box: '-', kind: 'box.clock', verdict: ours },
      { box: '-', kind: 'box.silent', verdict: many },
    ];
    for (const one of facts) {
      const { box, agency } = one.row;
      const isOneOfMany = many !== 'fine' && isAway(silence.get(one)) && isAtOnce(silentForMs(one));
      const verdicts: Record<BoxKind, Verdict> = {
        'box.silent': isOneOfMany ? 'unknown' : (silence.get(one) ?? 'unknown'),
        'box.blind': judgeSight(one, this.#limits),
        'box.hole': judgeHoles(one, this.#limits),
        'box.outbox': judgeOutbox(one, this.#limits),
        'box.stale': judgeIndicators(one, this.#limits),
        'box.clock': ours === 'fine' ? judgeClock(one, this.#limits) : 'unknown',
      };
      for (const kind of boxKinds) judgements.push({ box, kind, verdict: verdicts[kind], ...(agency === undefined ? {} : { agency }) });
    }
    return judgements;
  }

  #factsOf(row: BoxRow, holes: readonly Hole[], newOutboxes: readonly NewOutbox[], listeningMs: number): BoxFacts {
    const { box } = row;
    return {
      row,
      listeningMs,
      seenAgeMs: this.#ages.of(`seen ${box}`, row.seenMs),
      presenceAgeMs: this.#presenceAgeMs(row, listeningMs),
      healthAgeMs: this.#ages.of(`health ${box}`, row.healthMs),
      holes: holes.map((hole) => ({ ...hole, ageMs: this.#ages.of(`hole ${box} ${hole.outbox} ${hole.sinceMs}`, hole.sinceMs) ?? 0 })),
      newOutboxes: newOutboxes.map((one) => ({ ...one, ageMs: this.#ages.of(`outbox ${box} ${one.outbox}`, one.sinceMs) ?? 0 })),
      clockAheadMs: this.offsets.aheadMs(box, this.#limits.clockMessages),
    };
  }

  /** A presence from the broker's memory does not tell when it was received; but a box that stopped on purpose wrote when it did. */
  #presenceAgeMs({ box, presence, presenceMs }: BoxRow, listeningMs: number): number | undefined {
    if (presence === undefined || presenceMs !== undefined) return this.#ages.of(`presence ${box}`, presenceMs);
    return presence.planned ? this.#ages.of(`stopped ${box}`, Date.parse(presence.ts)) : listeningMs;
  }

  #noticeStep({ wallMs, monotonicMs }: Clocks): void {
    const aheadMs = wallMs - monotonicMs;
    if (this.#wallAheadMs !== undefined && Math.abs(aheadMs - this.#wallAheadMs) > clockStepMs) this.offsets.forget();
    this.#wallAheadMs = aheadMs;
  }
}

/** Not where it stopped on purpose. */
function isAway(verdict: Verdict | undefined): boolean {
  return typeof verdict === 'object' && verdict.advice !== 'stopped';
}

function silentForMs({ seenAgeMs, listeningMs }: BoxFacts): number {
  return seenAgeMs ?? listeningMs;
}
