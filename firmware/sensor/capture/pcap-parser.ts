/**
 * Reads the records of a pcap file (draft-ietf-opsawg-pcap): every magic number that programs write, either byte order.
 * Turns bytes into frames in place. Does not open files and does not look into a frame.
 */
import type { Frame, FrameSink } from './frame.ts';
import { linkTypeOfField } from './link-type.ts';
import { PACKET_BYTES_MAX, type RecordBuffer, type RecordParser, type RunControl } from './record-parser.ts';

/** draft-ietf-opsawg-pcap §4. */
export const PCAP_HEADER_BYTES = 24;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
/** Alexey Kuznetzov's patch to libpcap of 1999: eight more bytes in each record header (interface, protocol, packet type). */
const MAGIC_MODIFIED = 0xa1b2cd34;
const RECORD_HEADER_BYTES = 16;
const MODIFIED_RECORD_HEADER_BYTES = 24;
const VERSION_MAJOR = 2;
/** Before version 2.3 the captured and the original length stood the other way round. */
const VERSION_MINOR_LENGTHS_IN_ORDER = 3;

/** The byte order of the file if its first four bytes are a pcap magic number, else undefined. */
export function pcapByteOrder(view: DataView): 'little' | 'big' | undefined {
  if (isMagic(view.getUint32(0, true))) return 'little';
  return isMagic(view.getUint32(0, false)) ? 'big' : undefined;
}

function isMagic(value: number): boolean {
  return value === MAGIC_MICROSECONDS || value === MAGIC_NANOSECONDS || value === MAGIC_MODIFIED;
}

export class PcapParser implements RecordParser {
  readonly insideRecord = false;
  fault: string | undefined;
  headerDone = false;
  packets = 0;
  readonly linkTypes = new Set<number>();
  readonly #view: DataView;
  readonly #frame: Frame;
  readonly #little: boolean;
  #nanoseconds = false;
  #recordHeaderBytes = RECORD_HEADER_BYTES;
  #capturedAt = 8;
  #originalAt = 12;

  constructor(buffer: RecordBuffer, byteOrder: 'little' | 'big') {
    this.#view = buffer.view;
    this.#little = byteOrder === 'little';
    this.#frame = { bytes: buffer.bytes, start: 0, end: 0, originalLength: 0, tsMicros: 0, linkType: 0 };
  }

  parse(start: number, end: number, sink: FrameSink, control: RunControl): number {
    if (this.fault !== undefined) return start;
    let position = start;
    if (!this.headerDone) {
      if (end - start < PCAP_HEADER_BYTES || !this.#readHeader(start)) return start;
      position += PCAP_HEADER_BYTES;
    }
    return this.#readRecords(position, end, sink, control);
  }

  #readHeader(start: number): boolean {
    const view = this.#view;
    const little = this.#little;
    const major = view.getUint16(start + 4, little);
    const minor = view.getUint16(start + 6, little);
    if (major !== VERSION_MAJOR) {
      this.fault = `pcap version ${major}.${minor} is not known`;
      return false;
    }
    const magic = view.getUint32(start, little);
    this.#nanoseconds = magic === MAGIC_NANOSECONDS;
    if (magic === MAGIC_MODIFIED) this.#recordHeaderBytes = MODIFIED_RECORD_HEADER_BYTES;
    if (minor < VERSION_MINOR_LENGTHS_IN_ORDER) {
      this.#capturedAt = 12;
      this.#originalAt = 8;
    }
    this.#frame.linkType = linkTypeOfField(view.getUint32(start + 20, little));
    this.linkTypes.add(this.#frame.linkType);
    this.headerDone = true;
    return true;
  }

  /** The loop that every packet of a file passes: fields are held in locals, and a DataView read is one machine load. */
  #readRecords(start: number, end: number, sink: FrameSink, control: RunControl): number {
    const view = this.#view;
    const frame = this.#frame;
    const little = this.#little;
    const nanoseconds = this.#nanoseconds;
    const headerBytes = this.#recordHeaderBytes;
    const capturedAt = this.#capturedAt;
    const originalAt = this.#originalAt;
    let position = start;
    while (position + headerBytes <= end && !control.halted) {
      const captured = view.getUint32(position + capturedAt, little);
      if (captured > PACKET_BYTES_MAX) {
        this.fault = `a packet claims ${captured} bytes`;
        break;
      }
      const next = position + headerBytes + captured;
      if (next > end) break;
      const original = view.getUint32(position + originalAt, little);
      const fraction = view.getUint32(position + 4, little);
      frame.start = position + headerBytes;
      frame.end = next;
      frame.originalLength = original < captured ? captured : original;
      frame.tsMicros = view.getUint32(position, little) * 1_000_000 + (nanoseconds ? Math.floor(fraction / 1000) : fraction);
      this.packets++;
      position = next;
      sink(frame);
    }
    return position;
  }
}
