/** Changes of a pin over a window of simulated time -> how often it went on, and for what share of the time it was on. */
import type { Rhythm } from '../../../firmware/agent/panel/display.ts';
import type { PanelPart } from '../../../firmware/agent/panel/pins.ts';
import type { EmulatedChip } from './emulated-chip.ts';

export interface PinTrace {
  /** Times a second that it went on. */
  hz: number;
  /** Share of the time that it was on. */
  duty: number;
  /** The shortest and longest time between two changes, in ms; undefined where there were not two. */
  shortestMs: number | undefined;
  longestMs: number | undefined;
}

/** Runs the chip for so long and traces one pin meanwhile, whole seconds at best. */
export function traceAll(chip: EmulatedChip, windowMs: number): (part: PanelPart) => PinTrace {
  const startMs = chip.nowMs;
  const first = chip.edges.length;
  const levels = new Map(
    (['ready', 'attention', 'c2', 'traffic', 'buzzer'] as const).map((part) => [part as PanelPart, chip.isHigh(part)]),
  );
  chip.run(windowMs);
  const endMs = chip.nowMs;
  const edges = chip.edges.slice(first);
  return (part) => {
    let onMs = 0;
    let sinceMs = startMs;
    let isOn = levels.get(part) ?? false;
    const gaps: number[] = [];
    let rises = 0;
    const own = edges.filter((edge) => edge.part === part);
    for (const [index, { ms, high }] of own.entries()) {
      if (isOn) onMs += ms - sinceMs;
      if (index > 0) gaps.push(ms - sinceMs);
      if (high) rises++;
      isOn = high;
      sinceMs = ms;
    }
    if (isOn) onMs += endMs - sinceMs;
    return {
      hz: (rises * 1_000) / windowMs,
      duty: onMs / windowMs,
      shortestMs: gaps.length === 0 ? undefined : Math.min(...gaps),
      longestMs: gaps.length === 0 ? undefined : Math.max(...gaps),
    };
  };
}

/** What a rhythm must look like on the pin. */
export const expectedTrace: Readonly<Record<Rhythm, { hz: number; duty: number }>> = {
  off: { hz: 0, duty: 0 },
  steady: { hz: 0, duty: 1 },
  blink: { hz: 2, duty: 0.5 },
  pulse: { hz: 1, duty: 0.25 },
  turn: { hz: 1, duty: 0.5 },
  counterturn: { hz: 1, duty: 0.5 },
};

/** The rhythm that a pin shows, of those that `expectedTrace` knows; turn and counterturn look alike on one pin. */
export function rhythmOf({ hz, duty }: PinTrace): string {
  for (const rhythm of ['off', 'steady', 'blink', 'pulse', 'turn'] as const) {
    const wanted = expectedTrace[rhythm];
    if (Math.abs(wanted.hz - hz) < 0.01 && Math.abs(wanted.duty - duty) < 0.01) return rhythm;
  }
  return `${hz} Hz, ${Math.round(duty * 100)} % lit`;
}
