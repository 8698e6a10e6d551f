import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { decodeNbns } from '../../../../../firmware/sensor/decode/nbns/nbns.ts';

const u16 = (value: number) => [value >>> 8, value & 255];
const encoded = (name: string, suffix: number) => {
  const characters = [...Buffer.from(name.padEnd(15), 'latin1'), suffix];
  return [32, ...characters.flatMap((byte) => [0x41 + (byte >>> 4), 0x41 + (byte & 15)]), 0];
};
const header = (flags: number, counts: readonly number[]) => [...u16(0x8001), ...u16(flags), ...counts.flatMap(u16)];
const record = (type: number, data: readonly number[]) => [...u16(type), ...u16(1), 0, 0, 0, 0, ...u16(data.length), ...data];

const registration = Buffer.from([
  ...header(0x2910, [1, 0, 0, 1]),
  ...encoded('KETOAN-PC', 0x20),
  ...u16(0x20),
  ...u16(1),
  0xc0,
  12,
  ...record(0x20, [0, 0, 192, 0, 2, 44]),
]);
const decode = (bytes: Uint8Array) => decodeNbns(new Reader(bytes));
const address = (192 << 24) | (2 << 8) | 44;

describe('decodeNbns', () => {
  it('reads a registration with its address', () => {
    expect(decode(registration)).toEqual({
      id: 0x8001,
      response: false,
      operation: 'registration',
      rcode: 0,
      name: 'KETOAN-PC',
      suffix: 0x20,
      address,
    });
  });

  it('reads a query and its answer', () => {
    const query = [...header(0x0110, [1, 0, 0, 0]), ...encoded('WPAD', 0), ...u16(0x20), ...u16(1)];
    expect(decode(Buffer.from(query))).toMatchObject({ operation: 'query', name: 'WPAD', suffix: 0, response: false });
    const answer = [...header(0x8500, [0, 1, 0, 0]), ...encoded('WPAD', 0), ...record(0x20, [0, 0, 192, 0, 2, 44])];
    expect(decode(Buffer.from(answer))).toMatchObject({ operation: 'query', name: 'WPAD', response: true, address });
  });

  it('reads the names of a node status response', () => {
    const entry = (name: string, suffix: number, flags: number) => [...Buffer.from(name.padEnd(15)), suffix, ...u16(flags)];
    const data = [2, ...entry('KETOAN-PC', 0, 0x0400), ...entry('LANGSON', 0, 0x8400), 2, 0, 0, 0xaa, 0xbb, 0xcc];
    const bytes = [...header(0x8400, [0, 1, 0, 0]), ...encoded('*', 0), ...record(0x21, data)];
    expect(decode(Buffer.from(bytes))?.names).toEqual([
      { name: 'KETOAN-PC', suffix: 0, group: false },
      { name: 'LANGSON', suffix: 0, group: true },
    ]);
  });

  it('refuses names that are not encoded as NetBIOS does, such as those of DNS', () => {
    expect(decode(Buffer.from([...header(0x0100, [1, 0, 0, 0]), 3, 0x77, 0x77, 0x77, 0, 0, 1, 0, 1]))).toBeUndefined();
    const wrong = Buffer.from(registration);
    wrong[20] = 0x7a;
    expect(decode(wrong)).toBeUndefined();
  });

  it('survives every prefix and every flipped byte', () => {
    for (let length = 0; length < registration.length; length++) decode(registration.subarray(0, length));
    for (let at = 0; at < registration.length; at++) {
      const flipped = Buffer.from(registration);
      flipped[at] = flipped[at]! ^ 0xff;
      const message = decode(flipped);
      if (message !== undefined) expect(message.name.length).toBeLessThanOrEqual(60);
    }
  });
});
