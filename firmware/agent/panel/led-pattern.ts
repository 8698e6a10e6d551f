/**
 * A rhythm -> the text for the kernel's LED pattern trigger, which plays it once: the rhythm for as long as a judgement holds, then "host
 * lost", and at last its steady end. So the kernel is the dead-man switch of lamps that have no chip: they fall by themselves when nobody writes
 * again. Writes nothing. (Documentation/ABI/testing/sysfs-class-led-trigger-pattern and drivers/leds/trigger/ledtrig-pattern.c of Linux.)
 */
import { isLit, type Rhythm } from './display.ts';

/** All rhythms change at multiples of this. */
const stepMs = 250;
/** sysfs takes one page, and the trigger 1,024 pairs: a minute of this behind a minute of any rhythm fits, at any brightness. */
const lostMs = 60_000;

export interface LedPlay {
  rhythm: Rhythm;
  /** How long it is played. */
  holdsMs: number;
  /** What is played after that. */
  lost: Rhythm;
  /** Where in the second it begins, so that a pattern that is written anew goes on where the last one was. */
  startMs: number;
  /** Of the lit LED, in the LED's own steps. */
  level: number;
}

/**
 * Pairs "brightness duration". A pair of the same brightness and no duration after each makes the next step sudden; without it the kernel fades.
 * After the last the LED stays: lit where it took part in "host lost".
 */
export function ledPattern({ rhythm, holdsMs, lost, startMs, level }: LedPlay): string {
  const pairs: { level: number; ms: number }[] = [];
  const endMs = holdsMs + lostMs;
  let atMs = 0;
  while (atMs < endMs) {
    const phaseMs = startMs + atMs;
    const toNextStepMs = stepMs - (phaseMs % stepMs);
    const isHeld = atMs < holdsMs;
    const ms = Math.min(toNextStepMs, (isHeld ? holdsMs : endMs) - atMs);
    append(pairs, isLit(isHeld ? rhythm : lost, phaseMs) ? level : 0, ms);
    atMs += ms;
  }
  append(pairs, lost === 'off' ? 0 : level, stepMs);
  return pairs.map((pair) => `${pair.level} ${pair.ms} ${pair.level} 0`).join(' ');
}

function append(pairs: { level: number; ms: number }[], level: number, ms: number): void {
  const last = pairs.at(-1);
  if (last?.level === level) last.ms += ms;
  else pairs.push({ level, ms });
}
