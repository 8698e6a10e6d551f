/**
 * Things that happen to a box rather than last: it dropped alerts, it sent what is no message, its id was used twice, the broker turned it away. Counted here until
 * the noticer has written them into an alert. Bounded: what comes under too many names is counted under `-`.
 */
import type { CentreAlert, CentreAlertKind } from '../../../firmware/contract/centre-alert.ts';
import { centreMeasures as measures } from '../../../firmware/contract/centre-alert-words.ts';
import type { Loss } from '../../../firmware/contract/loss.ts';
import type { AdviceName } from './texts.ts';

export type OccurrenceKind = Extract<CentreAlertKind, 'box.loss' | 'box.refused' | 'box.clone' | 'certificate.refused' | 'broker.denied'>;

/** In one round. Where more boxes are in trouble at once, one alert for the rest is better than one for each. */
const namesMax = 100;
/** Of what a box or the broker said. */
const detailCharactersMax = 200;

interface OccurrenceWords {
  severity: number;
  advice: AdviceName;
  /** What the count is of, and what the last detail is. */
  counted: string;
  detail: string;
}

export const occurrenceWords: Readonly<Record<OccurrenceKind, OccurrenceWords>> = {
  'box.loss': { severity: 3, advice: 'loss', counted: measures.alertsLost.name, detail: measures.lossReason.name },
  'box.refused': { severity: 3, advice: 'refused', counted: measures.refused.name, detail: measures.lastRefusal.name },
  'box.clone': { severity: 4, advice: 'clone', counted: measures.cloneSigns.name, detail: measures.lastRefusal.name },
  'certificate.refused': {
    severity: 2,
    advice: 'certificateRefused',
    counted: measures.certificatesRefused.name,
    detail: measures.lastRefusal.name,
  },
  'broker.denied': { severity: 2, advice: 'denied', counted: measures.denied.name, detail: measures.lastRefusal.name },
};

export const occurrenceKinds = Object.keys(occurrenceWords) as OccurrenceKind[];

/** What happened since the last alert was written. */
export interface Occurrence {
  box: string;
  agency?: string;
  times: number;
  /** Sum of what was counted: as `times`, save for losses, which tell of many at once. */
  sum: number;
  detail: string;
}

export class Occurrences {
  readonly #pending: Record<OccurrenceKind, Map<string, Occurrence>> = {
    'box.loss': new Map(),
    'box.refused': new Map(),
    'box.clone': new Map(),
    'certificate.refused': new Map(),
    'broker.denied': new Map(),
  };

  happened(kind: OccurrenceKind, box: string, detail: string, sum = 1, times = 1): void {
    const pending = this.#pending[kind];
    const name = pending.has(box) || pending.size < namesMax ? box : '-';
    const before = pending.get(name);
    pending.set(name, {
      box: name,
      times: (before?.times ?? 0) + times,
      sum: (before?.sum ?? 0) + sum,
      detail: detail.slice(0, detailCharactersMax),
    });
  }

  /** Takes them out; who could not write them puts them back with `happened`. */
  take(kind: OccurrenceKind): Occurrence[] {
    const taken = [...this.#pending[kind].values()];
    this.#pending[kind].clear();
    return taken;
  }
}

/** Alerts are what must not be lost. A revision that a later one replaced is not missed, and evidence goes first by design. */
export function isSeriousLoss({ kind, reason }: Loss): boolean {
  return reason !== 'merged' && (kind === undefined || kind === 'alert');
}

export function reasonsOf(kind: OccurrenceKind, { sum, detail }: Occurrence): CentreAlert['reasons'] {
  const { counted, detail: told } = occurrenceWords[kind];
  return [
    { measured: counted, value: sum },
    { measured: told, value: detail },
  ];
}

/** The sum that an alert of this kind told last. */
export function sumOf(kind: OccurrenceKind, alert: CentreAlert): number {
  const reason = alert.reasons.find(({ measured }) => measured === occurrenceWords[kind].counted);
  return typeof reason?.value === 'number' ? reason.value : 0;
}
