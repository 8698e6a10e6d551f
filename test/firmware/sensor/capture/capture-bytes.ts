/** Builds the bytes of captures and frames for the tests beside it. */

export interface PacketRecord {
  tsMicros: number;
  bytes: Uint8Array;
  originalLength?: number;
}

export interface PcapShape {
  magic?: number;
  little?: boolean;
  linkType?: number;
  /** Units of the fraction in a microsecond: 1000 for the nanosecond format. */
  unitsPerMicro?: number;
  recordHeaderBytes?: number;
  minor?: number;
}

export function words(little: boolean, ...values: number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    if (little) out.writeUInt32LE(value >>> 0, index * 4);
    else out.writeUInt32BE(value >>> 0, index * 4);
  });
  return out;
}

export function halves(little: boolean, ...values: number[]): Buffer {
  const out = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => {
    if (little) out.writeUInt16LE(value, index * 2);
    else out.writeUInt16BE(value, index * 2);
  });
  return out;
}

export function pcap(packets: readonly PacketRecord[], shape: PcapShape = {}): Buffer {
  const { magic = 0xa1b2c3d4, little = true, linkType = 1, unitsPerMicro = 1, recordHeaderBytes = 16, minor = 4 } = shape;
  const parts = [words(little, magic), halves(little, 2, minor), words(little, 0, 0, 262144, linkType)];
  for (const { tsMicros, bytes, originalLength = bytes.length } of packets) {
    const lengths = minor < 3 ? [originalLength, bytes.length] : [bytes.length, originalLength];
    parts.push(words(little, Math.floor(tsMicros / 1e6), (tsMicros % 1e6) * unitsPerMicro, ...lengths));
    parts.push(Buffer.alloc(recordHeaderBytes - 16), Buffer.from(bytes));
  }
  return Buffer.concat(parts);
}

/** A pcapng block with both lengths; the body is padded to 32 bits. */
export function block(little: boolean, type: number, ...body: Uint8Array[]): Buffer {
  const content = Buffer.concat(body);
  const padded = Buffer.concat([content, Buffer.alloc(-content.length & 3)]);
  return Buffer.concat([words(little, type, padded.length + 12), padded, words(little, padded.length + 12)]);
}

export function section(little = true): Buffer {
  return block(little, 0x0a0d0d0a, words(little, 0x1a2b3c4d), halves(little, 1, 0), words(little, 0xffffffff, 0xffffffff));
}

export function option(little: boolean, code: number, value: Uint8Array): Buffer {
  return Buffer.concat([halves(little, code, value.length), Buffer.from(value), Buffer.alloc(-value.length & 3)]);
}

export function interfaceBlock(little = true, linkType = 1, options: readonly Uint8Array[] = [], snapshotLength = 0): Buffer {
  return block(little, 1, halves(little, linkType, 0), words(little, snapshotLength), ...options);
}

export function enhancedPacket(
  interfaceId: number,
  units: bigint,
  bytes: Uint8Array,
  little = true,
  options: readonly Uint8Array[] = [],
): Buffer {
  const fixed = words(little, interfaceId, Number(units >> 32n), Number(units & 0xffffffffn), bytes.length, bytes.length);
  return block(little, 6, fixed, bytes, Buffer.alloc(-bytes.length & 3), ...options);
}

export function frameOf(length: number, seed = 0): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff));
}
