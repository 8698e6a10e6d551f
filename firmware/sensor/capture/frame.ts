/** What every source of frames gives to the pipeline, live or from a file. Holds no bytes of its own. */

/** One captured frame. The source reuses both the object and the bytes: a consumer copies what it keeps. */
export interface Frame {
  /** Holds the frame at `start` up to `end`; other frames may lie around it. */
  bytes: Uint8Array;
  start: number;
  /** One past the last captured byte. */
  end: number;
  /** Length on the wire; larger than `end - start` where the snapshot length cut the frame. */
  originalLength: number;
  /** Microseconds since 1970-01-01T00:00:00Z, an integer below 2^53. */
  tsMicros: number;
  /** LINKTYPE_ value, https://www.tcpdump.org/linktypes.html */
  linkType: number;
}

export type FrameSink = (frame: Frame) => void;

/** Totals since the source was opened. Absent where the source cannot know. */
export interface SourceCounters {
  received: number;
  /** Lost in the kernel for want of buffer. */
  kernelDropped?: number;
  /** Lost by the network interface. */
  interfaceDropped?: number;
}

export interface FrameSource {
  /** For people: the file's name, `-`, or the interface. */
  readonly name: string;
  /** Gives every frame to `sink`, in order; resolves at the end of the capture, or after `stop`. Rejects with a `CaptureError`. */
  run(sink: FrameSink): Promise<void>;
  /** Ends `run` after the frame in hand. Harmless twice. */
  stop(): void;
  counters(): SourceCounters;
  /** What was wrong but did not stop the run, for people (a cut last packet …); bounded. */
  readonly warnings: readonly string[];
}

/** An input that cannot be read at all: `message` is one line that says what and where. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}
