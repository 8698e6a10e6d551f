/** box.silent: no sign of life. Facts of one box -> a verdict; pure. */
import { centreMeasures as measures } from '../../../firmware/contract/centre-alert-words.ts';
import type { BoxRow } from '../../store/store.ts';
import type { BoxFacts, Verdict } from './facts.ts';
import type { Limits } from './limits.ts';

/** Of a box that never told how often it reports. */
const intervalSecondsDefault = 60;
/** A box that claims to report once a year would never be silent. */
const intervalSecondsMax = 3_600;

/** Fewer boxes than this are told of one by one. */
const manyMin = 5;
/** A box that was silent for longer has to do with nothing that happens now. */
const atOnceMs = 86_400_000;

/** How long nothing may come before a box counts as silent, ms. */
export function silentAfterMs({ health }: BoxRow, limits: Limits): number {
  const intervalSeconds = Math.min(health?.intervalSeconds ?? intervalSecondsDefault, intervalSecondsMax);
  return (limits.silentIntervals * intervalSeconds + limits.silentGraceSeconds) * 1_000;
}

export function judgeSilence(facts: BoxFacts, limits: Limits): Verdict {
  const { presence } = facts.row;
  if (presence?.online === false) return presence.planned ? judgeStop(facts, limits) : judgeLost(facts, limits);
  const afterMs = silentAfterMs(facts.row, limits);
  const ageMs = facts.seenAgeMs ?? facts.listeningMs;
  if (ageMs <= afterMs) return 'fine';
  // Ingest itself may have been away: a box is silent only where we were there to hear it.
  if (facts.listeningMs <= afterMs) return 'unknown';
  return {
    severity: 3,
    advice: 'silent',
    reasons: [{ measured: measures.silent.name, value: inSeconds(ageMs), threshold: inSeconds(afterMs) }, ...lastSign(facts.row)],
  };
}

/** The broker has published its will. A box that flaps comes back before this is told. */
function judgeLost({ row, presenceAgeMs = 0, listeningMs }: BoxFacts, { lostGraceSeconds }: Limits): Verdict {
  if (Math.min(presenceAgeMs, listeningMs) <= lostGraceSeconds * 1_000) return 'unknown';
  return {
    severity: 3,
    advice: 'lost',
    reasons: [{ measured: measures.lost.name, value: inSeconds(presenceAgeMs), threshold: lostGraceSeconds }, ...lastSign(row)],
  };
}

function judgeStop({ row, presenceAgeMs = 0 }: BoxFacts, { stoppedSeconds }: Limits): Verdict {
  if (presenceAgeMs <= stoppedSeconds * 1_000) return 'fine';
  return {
    severity: 2,
    advice: 'stopped',
    reasons: [{ measured: measures.stopped.name, value: inSeconds(presenceAgeMs), threshold: stoppedSeconds }, ...lastSign(row)],
  };
}

/** Where most boxes fall silent at once, it is rather the centre that cannot hear. Told of once; the boxes of which it speaks are not told of one by one. */
export function judgeManySilent(silentAgesMs: readonly number[], heard: number): Verdict {
  const silent = silentAgesMs.filter(isAtOnce).length;
  if (silent < manyMin || silent <= heard) return 'fine';
  return {
    severity: 4,
    advice: 'manySilent',
    reasons: [
      { measured: measures.boxesSilent.name, value: silent },
      { measured: measures.boxesHeard.name, value: heard },
    ],
  };
}

export function isAtOnce(silentMs: number): boolean {
  return silentMs <= atOnceMs;
}

function lastSign({ seenMs }: BoxRow): { measured: string; value: string }[] {
  return seenMs === undefined ? [] : [{ measured: measures.lastSign.name, value: new Date(seenMs).toISOString() }];
}

export function inSeconds(ms: number): number {
  return Math.round(ms / 1_000);
}
