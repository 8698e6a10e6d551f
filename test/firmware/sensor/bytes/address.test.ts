import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac, parseAddress } from '../../../../firmware/sensor/bytes/address.ts';
import { Random } from '../../../fuzz/random.ts';

const canonical = (text: string): string | undefined => {
  const words = parseAddress(text);
  return words === undefined ? undefined : formatAddress(...words);
};

describe('addresses as text', () => {
  /** RFC 5952 §4 and §5, with the section each row comes from. */
  it.each([
    ['2001:0db8::0001', '2001:db8::1', '§4.1 leading zeros'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1', '§4.2.1 as short as possible'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', '§4.2.2 one group of zeros stays'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1', '§4.2.2 one group of zeros stays'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1', '§4.2.3 the longest run'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', '§4.2.3 the first of equal runs'],
    ['2001:DB8::AbCd', '2001:db8::abcd', '§4.3 lower case'],
    ['0:0:0:0:0:0:0:0', '::', 'all zeros'],
    ['::1', '::1', 'loopback'],
    ['1::', '1::', 'zeros to the end'],
    ['0:0:0:1:0:0:0:0', '0:0:0:1::', 'the longer run is the last'],
    ['::ffff:192.0.2.1', '192.0.2.1', 'mapped IPv4 is shown as IPv4'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221', 'a dotted tail'],
    ['192.0.2.255', '192.0.2.255', 'IPv4'],
    ['255.255.255.255', '255.255.255.255', 'IPv4, the highest'],
    ['0.0.0.0', '0.0.0.0', 'IPv4, the lowest'],
  ])('writes %s as %s (RFC 5952 %s)', (input, output) => {
    expect(canonical(input)).toBe(output);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    '0x1.2.3.4',
    '1..3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
    'fe80::1%eth0',
    `${'0:'.repeat(40)}1`,
  ])('does not take %j for an address', (input) => {
    expect(parseAddress(input)).toBeUndefined();
  });

  it('come back from text as the same words, whatever they are', () => {
    const random = new Random(1);
    for (let number = 0; number < 20_000; number++) {
      const word = () => (random.chance(0.4) ? 0 : random.chance(0.3) ? random.i32() & 0xffff : random.i32());
      const words = random.chance(0.2) ? ([0, 0, 0xffff, random.i32()] as const) : ([word(), word(), word(), word()] as const);
      const text = formatAddress(...words);
      if (parseAddress(text)?.join() !== words.join()) expect.fail(`${words.join()} -> ${text} -> ${parseAddress(text)?.join()}`);
    }
  });

  it('write hardware addresses in lower case with leading zeros', () => {
    expect(formatMac(0x020a, 0xff0001ab | 0)).toBe('02:0a:ff:00:01:ab');
    expect(formatMac(0, 0)).toBe('00:00:00:00:00:00');
    expect(formatMac(0xffff, -1)).toBe('ff:ff:ff:ff:ff:ff');
  });
});
