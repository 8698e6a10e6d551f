/** Sources of frames in the order of one conversation: written-out steps, and sources one after the other. Knows no protocol. */

export interface Source {
  /** Writes the next frame at `at` and gives its length; 0 when there is none left. */
  next(out: Buffer, at: number): number;
  /** Time from the frame just written to the next. */
  delayMicros: number;
}

export interface Step {
  delayMicros: number;
  write(out: Buffer, at: number): number;
}

export class Scripted implements Source {
  delayMicros = 0;
  private readonly steps: readonly Step[];
  private at = 0;

  constructor(steps: readonly Step[]) {
    this.steps = steps;
  }

  next(out: Buffer, at: number): number {
    const step = this.steps[this.at++];
    if (step === undefined) return 0;
    this.delayMicros = step.delayMicros;
    return step.write(out, at);
  }
}

export class Sequence implements Source {
  delayMicros = 0;
  private readonly sources: readonly Source[];
  private current = 0;

  constructor(...sources: readonly Source[]) {
    this.sources = sources;
  }

  next(out: Buffer, at: number): number {
    for (; this.current < this.sources.length; this.current++) {
      const source = this.sources[this.current]!;
      const length = source.next(out, at);
      if (length > 0) {
        this.delayMicros = source.delayMicros;
        return length;
      }
    }
    return 0;
  }
}
