import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../firmware/sensor/bytes/address.ts';
import { isNetwork, NetworkSet } from '../../../../firmware/sensor/bytes/network.ts';
import { defaultHomeNetworks } from '../../../../firmware/sensor/observe/options.ts';
import { Random } from '../../../fuzz/random.ts';

const has = (networks: readonly string[], address: string): boolean => new NetworkSet(networks).has(...parseAddress(address)!);

describe('NetworkSet', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.9.8.7/8', '10.1.1.1', true],
    ['192.0.2.64/27', '192.0.2.95', true],
    ['192.0.2.64/27', '192.0.2.96', false],
    ['192.0.2.64/27', '192.0.2.63', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.6', false],
    ['128.0.0.0/1', '255.1.1.1', true],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['2001:db8::5/127', '2001:db8::4', true],
    ['2001:db8::5/127', '2001:db8::6', false],
    ['2001:db8::5', '2001:db8::5', true],
    ['fc00::/7', 'fdff::1', true],
    ['fc00::/7', 'fe00::1', false],
    ['::ffff:10.0.0.0/104', '10.4.4.4', true],
  ])('%s: %s is inside: %s', (network, address, inside) => {
    expect(has([network], address)).toBe(inside);
  });

  it('holds what any of its networks holds, and nothing when it is empty', () => {
    expect(has(['192.0.2.0/24', '2001:db8::/32', '198.51.100.0/24'], '198.51.100.7')).toBe(true);
    expect(has([], '0.0.0.0')).toBe(false);
    expect(has(['rubbish'], '0.0.0.0')).toBe(false);
  });

  it('takes private, link-local, shared and unique-local addresses for ours by default, and public ones not', () => {
    for (const ours of ['10.1.2.3', '172.31.255.255', '192.168.0.1', '169.254.9.9', '100.127.0.1', 'fd00::1', 'fe80::1'])
      expect(has(defaultHomeNetworks, ours)).toBe(true);
    for (const other of ['172.32.0.1', '100.128.0.1', '192.169.0.1', '203.0.113.1', '2001:db8::1', 'fec0::1'])
      expect(has(defaultHomeNetworks, other)).toBe(false);
  });

  it('agrees with a comparison bit by bit', () => {
    const random = new Random(2);
    for (let number = 0; number < 3000; number++) {
      const bits = Array.from({ length: 32 }, () => random.below(2)).join('');
      const length = random.below(33);
      const near = bits.slice(0, random.between(Math.max(0, length - 2), 32)).padEnd(32, random.pick(['0', '1']));
      const address = (each: string) => [0, 8, 16, 24].map((at) => Number.parseInt(each.slice(at, at + 8), 2)).join('.');
      expect(has([`${address(bits)}/${length}`], address(near))).toBe(bits.slice(0, length) === near.slice(0, length));
    }
  });

  it.each(['10.0.0.0/33', '2001:db8::/129', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/-1', '10.0.0/8', 'x', ''])(
    '%j is no network',
    (text) => {
      expect(isNetwork(text)).toBe(false);
    },
  );
});
