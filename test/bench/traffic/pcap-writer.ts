/** Frames become a pcap file (microseconds, little-endian), streamed through one buffer. Does not build the frames. */

import { closeSync, openSync, writeSync } from 'node:fs';

const bufferBytes = 4 * 1024 * 1024;
/** Room kept free behind the last frame, so that a frame can be written in place before its length is known. */
const frameBytesMax = 70 * 1024;
const recordHeaderBytes = 16;
const snapshotLengthBytes = 262_144;

export class PcapWriter {
  /** Write the frame here, from the index that `begin` gave. */
  readonly bytes: Buffer = Buffer.allocUnsafe(bufferBytes);
  packets = 0;
  bytesWritten = 0;
  private readonly file: number;
  private used = 0;

  constructor(path: string, linkType = 1) {
    this.file = openSync(path, 'w');
    const header = this.bytes;
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(0, 8);
    header.writeUInt32LE(0, 12);
    header.writeUInt32LE(snapshotLengthBytes, 16);
    header.writeUInt32LE(linkType, 20);
    this.used = 24;
  }

  /** Where the next frame starts. */
  begin(): number {
    if (this.used + recordHeaderBytes + frameBytesMax > bufferBytes) this.flush();
    return this.used + recordHeaderBytes;
  }

  /** The frame of `length` bytes is in place. `originalLength` is larger where a snapshot length cut it. */
  end(length: number, tsMicros: number, originalLength = length): void {
    const at = this.used;
    const seconds = Math.floor(tsMicros / 1e6);
    this.putU32(at, seconds);
    this.putU32(at + 4, tsMicros - seconds * 1e6);
    this.putU32(at + 8, length);
    this.putU32(at + 12, originalLength);
    this.used = at + recordHeaderBytes + length;
    this.packets++;
  }

  frame(frame: Uint8Array, tsMicros: number, originalLength = frame.length): void {
    this.bytes.set(frame, this.begin());
    this.end(frame.length, tsMicros, originalLength);
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private putU32(at: number, value: number): void {
    const bytes = this.bytes;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  private flush(): void {
    let from = 0;
    while (from < this.used) from += writeSync(this.file, this.bytes, from, this.used - from);
    this.bytesWritten += this.used;
    this.used = 0;
  }
}
