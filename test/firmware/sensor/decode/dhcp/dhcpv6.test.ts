import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { decodeDhcpv6 } from '../../../../../firmware/sensor/decode/dhcp/dhcpv6.ts';

const text = (value: string) => [...Buffer.from(value)];
const u16 = (value: number) => [value >>> 8, value & 255];
const option = (code: number, data: readonly number[]) => [...u16(code), ...u16(data.length), ...data];
const mac = [0x02, 0, 0, 0xaa, 0xbb, 0xcc];
const address = [0x20, 1, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 7];
const association = option(3, [...new Array<number>(12).fill(1), ...option(5, [...address, 0, 0, 0, 1, 0, 0, 0, 2])]);
const solicit = [
  1,
  9,
  9,
  9,
  ...option(1, [0, 1, 0, 1, 1, 2, 3, 4, ...mac]),
  ...association,
  ...option(16, [0, 0, 1, 0x37, 0, 8, ...text('MSFT 5.0')]),
  ...option(39, [0, 3, ...text('pc1')]),
];
const decode = (bytes: readonly number[]) => decodeDhcpv6(new Reader(Uint8Array.from(bytes)));
const expected = { messageType: 'solicit', mac: '02:00:00:aa:bb:cc', requested: '2001:db8::7', vendorClass: 'MSFT 5.0', fqdn: 'pc1' };

describe('decodeDhcpv6', () => {
  it('gives what a client says of itself', () => {
    expect(decode(solicit)).toEqual(expected);
  });

  it('reads both kinds of identifier that hold a MAC, and no other', () => {
    expect(decode([11, 0, 0, 0, ...option(1, [0, 3, 0, 1, ...mac])]).mac).toBe('02:00:00:aa:bb:cc');
    expect(decode([11, 0, 0, 0, ...option(1, [0, 2, 0, 0, 1, 0x37, ...mac])]).mac).toBeUndefined();
  });

  it('calls the address in a reply assigned', () => {
    expect(decode([7, 0, 0, 0, ...association])).toEqual({ messageType: 'reply', assigned: '2001:db8::7' });
  });

  it('reads through a relay, and not through a hundred', () => {
    const relayed = [12, 0, ...new Array<number>(32).fill(0), ...option(9, solicit)];
    expect(decode(relayed)).toEqual(expected);
    let nested = solicit;
    for (let depth = 0; depth < 100; depth++) nested = [12, 0, ...new Array<number>(32).fill(0), ...option(9, nested)];
    expect(decode(nested)).toEqual({ messageType: 'other' });
  });

  it('survives every prefix and every flipped byte', () => {
    for (let length = 0; length < solicit.length; length++) decode(solicit.slice(0, length));
    for (let at = 0; at < solicit.length; at++) expect(decode(solicit.with(at, solicit[at]! ^ 0xff))).toHaveProperty('messageType');
    expect(decode(solicit.slice(0, 30)).anomaly).toBe('dhcp.bad-option');
    expect(decode([1, 2]).anomaly).toBe('dhcp.truncated');
  });
});
