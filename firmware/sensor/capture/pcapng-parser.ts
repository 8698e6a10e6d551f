/**
 * Reads the blocks of a pcapng file (draft-ietf-opsawg-pcapng): sections of either byte order, several interfaces, all three
 * kinds of packet block. Turns bytes into frames in place. Skips names, statistics, secrets and whatever it does not know.
 */
import type { Frame, FrameSink } from './frame.ts';
import { PcapngInterface } from './pcapng-interface.ts';
import { PACKET_BYTES_MAX, RECORD_BYTES_MAX, type RecordBuffer, type RecordParser, type RunControl } from './record-parser.ts';

/** draft-ietf-opsawg-pcapng §4: block types. The section header's reads the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

/** §4.1. */
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const SECTION_HEADER_BYTES_MIN = 28;
const VERSION_MAJOR = 1;
/** §3.1: type and two copies of the length. */
const BLOCK_BYTES_MIN = 12;
const TRAILER_BYTES = 4;
/** §4.3 and Appendix A: both packet blocks put the packet at the same place. */
const PACKET_DATA_AT = 28;
/** §4.4. */
const SIMPLE_PACKET_DATA_AT = 12;
/** What the 16-bit interface number of the old packet block can name; it bounds what a hostile file makes us keep. */
const INTERFACES_MAX = 65_536;

/** True if the bytes at the start of `view` open a section. */
export function isPcapng(view: DataView): boolean {
  return view.getUint32(0, false) === SECTION_HEADER && sectionIsLittle(view, 0) !== undefined;
}

function sectionIsLittle(view: DataView, start: number): boolean | undefined {
  if (view.getUint32(start + 8, true) === BYTE_ORDER_MAGIC) return true;
  return view.getUint32(start + 8, false) === BYTE_ORDER_MAGIC ? false : undefined;
}

export class PcapngParser implements RecordParser {
  fault: string | undefined;
  headerDone = false;
  packets = 0;
  readonly linkTypes = new Set<number>();
  readonly #view: DataView;
  readonly #frame: Frame;
  #interfaces: PcapngInterface[] = [];
  #little = true;
  /** Bytes still to come of a block that is skipped without being held. */
  #skipBytes = 0;

  constructor(buffer: RecordBuffer) {
    this.#view = buffer.view;
    this.#frame = { bytes: buffer.bytes, start: 0, end: 0, originalLength: 0, tsMicros: 0, linkType: 0 };
  }

  get insideRecord(): boolean {
    return this.#skipBytes > 0;
  }

  parse(start: number, end: number, sink: FrameSink, control: RunControl): number {
    let position = start;
    if (this.#skipBytes > 0) {
      const skipped = Math.min(this.#skipBytes, end - start);
      this.#skipBytes -= skipped;
      position += skipped;
    }
    while (this.fault === undefined && position + BLOCK_BYTES_MIN <= end && !control.halted) {
      const next = this.#readBlock(position, end, sink);
      if (next === position) break;
      position = next;
    }
    return position;
  }

  /** Returns where the next block starts, or `start` again when this one is not whole yet or damaged. */
  #readBlock(start: number, end: number, sink: FrameSink): number {
    const view = this.#view;
    const type = view.getUint32(start, this.#little);
    if (type === SECTION_HEADER && !this.#readByteOrder(start)) return start;
    const little = this.#little;
    const length = view.getUint32(start + 4, little);
    if (length < BLOCK_BYTES_MIN || length % 4 !== 0) return this.#fail(start, `a block claims ${length} bytes`);
    if (length > RECORD_BYTES_MAX) return this.#skipLargeBlock(start, end, type, length);
    const next = start + length;
    if (next > end) return start;
    if (view.getUint32(next - TRAILER_BYTES, little) !== length) return this.#fail(start, 'the two lengths of a block differ');
    if (type === ENHANCED_PACKET) this.#readPacket(start, next, view.getUint32(start + 8, little), sink);
    else if (type === SIMPLE_PACKET) this.#readSimplePacket(start, next, sink);
    else if (type === OBSOLETE_PACKET) this.#readPacket(start, next, view.getUint16(start + 8, little), sink);
    else if (type === INTERFACE_DESCRIPTION) this.#readInterface(start, next);
    else if (type === SECTION_HEADER) this.#readSection(start, length);
    return this.fault === undefined ? next : start;
  }

  #fail(start: number, fault: string): number {
    this.fault = fault;
    return start;
  }

  #readByteOrder(start: number): boolean {
    const little = sectionIsLittle(this.#view, start);
    if (little === undefined) this.fault = 'a section has no byte order';
    else this.#little = little;
    return little !== undefined;
  }

  /** A block that nobody needs may have any size; one that we would have to hold may not. */
  #skipLargeBlock(start: number, end: number, type: number, length: number): number {
    const needed =
      type === ENHANCED_PACKET ||
      type === SIMPLE_PACKET ||
      type === OBSOLETE_PACKET ||
      type === INTERFACE_DESCRIPTION ||
      type === SECTION_HEADER;
    if (needed) return this.#fail(start, `a block claims ${length} bytes`);
    const available = Math.min(length, end - start);
    this.#skipBytes = length - available;
    return start + available;
  }

  #readSection(start: number, length: number): void {
    const major = this.#view.getUint16(start + 12, this.#little);
    if (length < SECTION_HEADER_BYTES_MIN) this.fault = `a section header claims ${length} bytes`;
    else if (major !== VERSION_MAJOR) this.fault = `pcapng version ${major} is not known`;
    // §4.1: interfaces are numbered anew in each section.
    else this.#interfaces = [];
    this.headerDone = this.fault === undefined || this.headerDone;
  }

  #readInterface(start: number, next: number): void {
    const description = new PcapngInterface();
    if (this.#interfaces.length >= INTERFACES_MAX) this.fault = `more than ${INTERFACES_MAX} interfaces`;
    else if (!description.load(this.#view, start + 8, next - TRAILER_BYTES, this.#little))
      this.fault = 'an interface description is too short';
    else {
      this.#interfaces.push(description);
      this.linkTypes.add(description.linkType);
    }
  }

  #readPacket(start: number, next: number, interfaceId: number, sink: FrameSink): void {
    const view = this.#view;
    const little = this.#little;
    if (next - start < PACKET_DATA_AT + TRAILER_BYTES) {
      this.fault = 'a packet block is too short';
      return;
    }
    const description = this.#interfaces[interfaceId];
    if (description === undefined) {
      this.fault = `a packet names interface ${interfaceId}, which is not described`;
      return;
    }
    const captured = view.getUint32(start + 20, little);
    if (captured > PACKET_BYTES_MAX || start + PACKET_DATA_AT + captured > next - TRAILER_BYTES) {
      this.fault = `a packet claims ${captured} bytes`;
      return;
    }
    this.#frame.tsMicros = description.toMicros(view.getUint32(start + 12, little), view.getUint32(start + 16, little));
    this.#give(start + PACKET_DATA_AT, captured, view.getUint32(start + 24, little), description.linkType, sink);
  }

  /** §4.4: belongs to interface 0 and has no time; it gets that of the packet before it, so that time never runs back. */
  #readSimplePacket(start: number, next: number, sink: FrameSink): void {
    const description = this.#interfaces[0];
    const room = next - TRAILER_BYTES - start - SIMPLE_PACKET_DATA_AT;
    if (description === undefined || room < 0) {
      this.fault = room < 0 ? 'a packet block is too short' : 'a packet names interface 0, which is not described';
      return;
    }
    const original = this.#view.getUint32(start + 8, this.#little);
    const limit = description.snapshotLength === 0 ? PACKET_BYTES_MAX : description.snapshotLength;
    this.#give(start + SIMPLE_PACKET_DATA_AT, Math.min(original, limit, room), original, description.linkType, sink);
  }

  #give(start: number, captured: number, original: number, linkType: number, sink: FrameSink): void {
    const frame = this.#frame;
    frame.start = start;
    frame.end = start + captured;
    frame.originalLength = original < captured ? captured : original;
    frame.linkType = linkType;
    this.packets++;
    sink(frame);
  }
}
