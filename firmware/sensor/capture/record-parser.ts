/** What the readers of both file formats share: the buffer they read from, their limits, and how they are driven. */
import type { FrameSink } from './frame.ts';

/** Largest packet that libpcap writes or reads (its MAXIMUM_SNAPLEN); a record that claims more is damage. */
export const PACKET_BYTES_MAX = 262_144;
/** Largest record that is held whole: a packet of the largest size with its header and room for a pcapng block's options. */
export const RECORD_BYTES_MAX = PACKET_BYTES_MAX + 65_536;
/** Bytes asked of the file at once. Larger reads fall out of the processor's second-level cache before they are decoded. */
export const READ_BYTES = 262_144;

/** The one buffer of a run. It never grows: a read always fits behind the longest unfinished record. */
export class RecordBuffer {
  readonly bytes = new Uint8Array(RECORD_BYTES_MAX + READ_BYTES);
  readonly view = new DataView(this.bytes.buffer);
}

/** How a consumer interrupts a parser that stands in the middle of a buffer. */
export interface RunControl {
  /** Once true, the parser returns after the frame in hand. */
  halted: boolean;
}

export interface RecordParser {
  /**
   * Gives each packet that lies whole in `buffer` between `start` and `end` to `sink`, in order, until `control.halted`.
   * Returns the index of the first byte that was not consumed. Makes no objects and throws nothing of its own.
   */
  parse(start: number, end: number, sink: FrameSink, control: RunControl): number;
  /** Set for good when the file is damaged at the byte where `parse` stopped: what is wrong, for people. */
  readonly fault: string | undefined;
  /** True while the rest of a block that nobody needs is still to come. */
  readonly insideRecord: boolean;
  /** True once the file's header was read whole. */
  readonly headerDone: boolean;
  /** Frames given to the sink so far. */
  readonly packets: number;
  /** The link types of the packets, as far as they are known. */
  readonly linkTypes: ReadonlySet<number>;
}
