/**
 * Turns a capture file, a pipe or standard input (pcap or pcapng, plain or gzip) into frames. Owns the buffer and the end of
 * the run; the formats' own files know what a record is. Does not decode frames and does not wait between them (paced.ts does).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ByteInput, inputName, openByteInput } from './byte-input.ts';
import { CaptureError, type FrameSink, type FrameSource, type SourceCounters } from './frame.ts';
import { GZIP_MAGIC, GzipInput } from './gzip-input.ts';
import { PCAP_HEADER_BYTES, PcapParser, pcapByteOrder } from './pcap-parser.ts';
import { isPcapng, PcapngParser, SECTION_HEADER_BYTES_MIN } from './pcapng-parser.ts';
import { READ_BYTES, RecordBuffer, type RecordParser } from './record-parser.ts';

/** Signals, timers and sockets get a turn each time so much was read: some milliseconds of work. */
const BYTES_BETWEEN_TURNS = 4_194_304;
/** A whole pcap header, and enough of a pcapng section to know it: its smallest header is longer, so no packet lies in here. */
const FORMAT_BYTES = PCAP_HEADER_BYTES;
/** Block type, length, byte-order magic. */
const PCAPNG_MAGIC_BYTES = 12;
const FIRST_MAGIC_BYTES: readonly (readonly number[])[] = [
  [0xa1, 0xb2, 0xc3, 0xd4],
  [0xd4, 0xc3, 0xb2, 0xa1],
  [0xa1, 0xb2, 0x3c, 0x4d],
  [0x4d, 0x3c, 0xb2, 0xa1],
  [0xa1, 0xb2, 0xcd, 0x34],
  [0x34, 0xcd, 0xb2, 0xa1],
  [0x0a, 0x0d, 0x0d, 0x0a],
];

export interface CaptureFileOptions {
  /** Says whether the decoder knows a LINKTYPE_ value. Without it every type is let through. */
  isSupportedLinkType?: (linkType: number) => boolean;
}

/** A source whose consumer may ask it to hold still. */
export interface PausableSource extends FrameSource {
  /** Called from inside the sink: no frame follows the one in hand until `resume`. */
  pause(): void;
  resume(): void;
}

/**
 * `path` may be `-` for standard input. Nothing is opened before `run`, which rejects with a `CaptureError` when the input
 * cannot be read as a capture at all. A damaged or cut capture is run up to its last whole packet and leaves a warning.
 */
export function openCaptureFile(path: string, options: CaptureFileOptions = {}): PausableSource {
  return new CaptureFile(path, options);
}

class CaptureFile implements PausableSource {
  readonly name: string;
  readonly warnings: string[] = [];
  readonly #options: CaptureFileOptions;
  readonly #control = { halted: false };
  #stopped = false;
  #resumed: Promise<void> | undefined;
  #release: (() => void) | undefined;
  #parser: RecordParser | undefined;

  constructor(path: string, options: CaptureFileOptions) {
    this.name = path;
    this.#options = options;
  }

  async run(sink: FrameSink): Promise<void> {
    if (this.#stopped) return;
    const buffer = new RecordBuffer();
    let input = openByteInput(this.name);
    try {
      let filled = await fill(input, buffer, 0, FORMAT_BYTES);
      if (buffer.bytes[0] === GZIP_MAGIC[0] && buffer.bytes[1] === GZIP_MAGIC[1] && filled >= GZIP_MAGIC.length) {
        input = new GzipInput(input, buffer.bytes.slice(0, filled));
        filled = await fill(input, buffer, 0, FORMAT_BYTES);
      }
      const parser = this.#parserFor(buffer, filled);
      this.#parser = parser;
      const start = parser.parse(0, filled, sink, this.#control);
      this.#refuseUnsupported(parser);
      await this.#drain(input, buffer, start, filled, parser, sink);
    } finally {
      input.close();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#control.halted = true;
    this.resume();
  }

  pause(): void {
    if (this.#stopped) return;
    this.#control.halted = true;
    this.#resumed ??= new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  resume(): void {
    this.#release?.();
    this.#release = undefined;
    this.#resumed = undefined;
    this.#control.halted = this.#stopped;
  }

  counters(): SourceCounters {
    return { received: this.#parser?.packets ?? 0 };
  }

  #parserFor(buffer: RecordBuffer, filled: number): RecordParser {
    if (filled === 0) throw this.#error('it is empty');
    const byteOrder = filled >= 4 ? pcapByteOrder(buffer.view) : undefined;
    if (byteOrder !== undefined) return new PcapParser(buffer, byteOrder);
    if (filled >= PCAPNG_MAGIC_BYTES && isPcapng(buffer.view)) return new PcapngParser(buffer);
    const head = [...buffer.bytes.subarray(0, Math.min(filled, 4))];
    if (filled < PCAPNG_MAGIC_BYTES && FIRST_MAGIC_BYTES.some((magic) => head.every((byte, index) => byte === magic[index]))) {
      throw this.#cutHeader(filled, head[0] === 0x0a ? SECTION_HEADER_BYTES_MIN : PCAP_HEADER_BYTES);
    }
    throw this.#error(`not a capture: it starts with the bytes ${head.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`);
  }

  async #drain(
    input: ByteInput,
    buffer: RecordBuffer,
    from: number,
    alreadyFilled: number,
    parser: RecordParser,
    sink: FrameSink,
  ): Promise<void> {
    let start = from;
    let filled = alreadyFilled;
    /** Where in the file the first byte of the buffer stands. */
    let fileOffset = 0;
    let sinceTurn = 0;
    let ended = false;
    for (;;) {
      start = parser.parse(start, filled, sink, this.#control);
      if (this.#stopped) return;
      if (this.#resumed !== undefined) {
        await this.#resumed;
        continue;
      }
      if (ended || parser.fault !== undefined) break;
      buffer.bytes.copyWithin(0, start, filled);
      fileOffset += start;
      filled -= start;
      start = 0;
      const got = input.read(buffer.bytes, filled, READ_BYTES);
      const count = typeof got === 'number' ? got : await got;
      ended = count === 0;
      filled += count;
      sinceTurn += count;
      if (sinceTurn >= BYTES_BETWEEN_TURNS) {
        await nextTurn();
        sinceTurn = 0;
      }
    }
    this.#judgeEnd(parser, input, fileOffset + start, filled - start);
  }

  #judgeEnd(parser: RecordParser, input: ByteInput, at: number, leftBytes: number): void {
    if (!parser.headerDone) {
      if (parser.fault !== undefined) throw this.#error(`not a capture: ${parser.fault}`);
      throw this.#cutHeader(leftBytes, parser instanceof PcapParser ? PCAP_HEADER_BYTES : SECTION_HEADER_BYTES_MIN);
    }
    // The interfaces of a pcapng file are known for certain only here.
    if (parser.packets > 0) this.#refuseUnsupported(parser);
    const read = `read ${parser.packets} whole packets`;
    if (parser.fault !== undefined) this.warnings.push(`${inputName(this.name)}: damaged at byte ${at} (${parser.fault}); ${read}`);
    else if (leftBytes > 0 || parser.insideRecord) {
      this.warnings.push(`${inputName(this.name)}: cut in the middle of a packet at byte ${at}; ${read}`);
    }
    if (input.damage !== undefined) this.warnings.push(`${inputName(this.name)}: ${input.damage}; ${read}`);
  }

  #refuseUnsupported(parser: RecordParser): void {
    const isSupported = this.#options.isSupportedLinkType;
    const linkTypes = [...parser.linkTypes];
    if (isSupported === undefined || linkTypes.length === 0 || linkTypes.some((linkType) => isSupported(linkType))) return;
    throw this.#error(`its link type ${linkTypes.join(', ')} is not supported`);
  }

  #cutHeader(presentBytes: number, headerBytes: number): CaptureError {
    return this.#error(`cut in the middle of the file header (${presentBytes} of ${headerBytes} bytes)`);
  }

  #error(what: string): CaptureError {
    return new CaptureError(`cannot read ${inputName(this.name)}: ${what}`);
  }
}

/** Reads until at least `wanted` bytes are there or the input ends; returns how many are. */
async function fill(input: ByteInput, buffer: RecordBuffer, already: number, wanted: number): Promise<number> {
  let filled = already;
  while (filled < wanted) {
    const count = await input.read(buffer.bytes, filled, wanted - filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
