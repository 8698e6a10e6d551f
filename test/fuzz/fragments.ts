/** An Ethernet frame with an IP packet becomes the frames of its two fragments (RFC 791 §3.2, RFC 8200 §4.5). */

import { fold, sumOf } from '../bench/traffic/checksum.ts';

const ethernetBytes = 14;
/** A multiple of 8, and enough for the transport header. */
const firstBytes = 128;

export function fragments4(frame: Buffer): Buffer[] {
  const headerEnd = ethernetBytes + 20;
  const content = frame.subarray(headerEnd, ethernetBytes + frame.readUInt16BE(16));
  const make = (part: Buffer, field: number): Buffer => {
    const made = Buffer.concat([frame.subarray(0, headerEnd), part]);
    made.writeUInt16BE(20 + part.length, 16);
    made.writeUInt16BE(field, 20);
    made.writeUInt16BE(0, 24);
    made.writeUInt16BE(~fold(sumOf(made, ethernetBytes, headerEnd)) & 0xffff, 24);
    return made;
  };
  return [make(content.subarray(0, firstBytes), 0x2000), make(content.subarray(firstBytes), firstBytes >> 3)];
}

export function fragments6(frame: Buffer): Buffer[] {
  const headerEnd = ethernetBytes + 40;
  const content = frame.subarray(headerEnd);
  const make = (part: Buffer, field: number): Buffer => {
    const extension = Buffer.from([frame[20]!, 0, field >>> 8, field & 0xff, 0, 0, 0x12, 0x34]);
    const made = Buffer.concat([frame.subarray(0, headerEnd), extension, part]);
    made.writeUInt16BE(8 + part.length, 18);
    made[20] = 44;
    return made;
  };
  return [make(content.subarray(0, firstBytes), 1), make(content.subarray(firstBytes), firstBytes)];
}
