/**
 * Measures how late the timers of this process fire: the sign that capture keeps the event loop from its turn, and with it
 * signals and the parent's messages. Counts from its construction on, so start-up is left out.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A stall shorter than this may be missed; a smaller number wakes the processor more often. */
const resolutionMs = 50;

export class TimerLateness {
  private readonly delay = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor() {
    this.delay.enable();
  }

  /** The latest that a timer fired after its time, milliseconds. */
  get worstMs(): number {
    // The histogram holds the time from one firing to the next, and 0 before the first.
    return Math.max(0, Math.round(this.delay.max / 1e6) - resolutionMs);
  }
}
