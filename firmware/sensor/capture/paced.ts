/**
 * Turns a source that gives frames as fast as it can into one that gives them at the pace at which they were captured.
 * For demonstrations and for trying time-dependent behaviour by eye; the frames and their times stay as they are.
 */
import type { PausableSource } from './capture-file.ts';
import type { Frame, FrameSink, FrameSource, SourceCounters } from './frame.ts';

/** A longer silence in the capture is shortened to this, so that nobody waits for a night to pass. */
export const GAP_MS_MAX = 2000;
/** Waiting for less is not worth a timer: frames this close are given in one go. */
const WAIT_MS_MIN = 2;

/** `speed`: 1 for the capture's own pace, 10 for ten times as fast. `stop()` also ends a wait. */
export function paced(source: PausableSource, speed: number): FrameSource {
  return new PacedSource(source, speed);
}

class PacedSource implements FrameSource {
  readonly #source: PausableSource;
  readonly #speed: number;
  /** Milliseconds of capture time that have passed, gaps shortened and divided by the speed. */
  #dueMs = 0;
  #lastMicros: number | undefined;
  #startMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #given = 0;
  /** The frame that waits: the source gave it before it could be told to hold still. */
  #held: Frame | undefined;
  #stopped = false;

  constructor(source: PausableSource, speed: number) {
    this.#source = source;
    this.#speed = speed > 0 ? speed : 1;
  }

  get name(): string {
    return this.#source.name;
  }

  get warnings(): readonly string[] {
    return this.#source.warnings;
  }

  counters(): SourceCounters {
    return { ...this.#source.counters(), received: this.#given };
  }

  async run(sink: FrameSink): Promise<void> {
    this.#startMs = performance.now();
    await this.#source.run((frame) => this.#take(frame, sink));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#held = undefined;
    this.#source.stop();
  }

  #take(frame: Frame, sink: FrameSink): void {
    const gapMs = this.#lastMicros === undefined ? 0 : (frame.tsMicros - this.#lastMicros) / 1000;
    this.#lastMicros = frame.tsMicros;
    this.#dueMs += Math.min(Math.max(gapMs, 0), GAP_MS_MAX) / this.#speed;
    const waitMs = this.#startMs + this.#dueMs - performance.now();
    if (waitMs < WAIT_MS_MIN) {
      this.#give(frame, sink);
      return;
    }
    // The source keeps its buffer still while it is paused, so the bytes need no copy.
    this.#held = frame;
    this.#source.pause();
    this.#timer = setTimeout(() => this.#release(sink), waitMs);
  }

  #release(sink: FrameSink): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#give(held, sink);
    if (!this.#stopped) this.#source.resume();
  }

  #give(frame: Frame, sink: FrameSink): void {
    this.#given++;
    sink(frame);
  }
}
