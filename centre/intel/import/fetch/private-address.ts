/** Whether an address is one that only the own network or the own machine has: what a redirect from outside must never reach. */
import { isIPv4, parseAddress } from '../../../../firmware/sensor/bytes/address.ts';

/** IANA special-purpose registries: networks that no server of a list has. */
const four: readonly (readonly [number, number])[] = (
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 3],
  ] as const
).map(([text, bits]) => [parseAddress(text)![3] >>> (32 - bits), bits]);

function isPrivateIPv4(word: number): boolean {
  return four.some(([prefix, bits]) => word >>> (32 - bits) === prefix);
}

/** True too for what is no address. A scope (`%eth0`) is left aside. */
export function isPrivateAddress(text: string): boolean {
  const words = parseAddress(text.replace(/%.*$/, ''));
  if (words === undefined) return true;
  const [a, b, c, d] = words;
  if (isIPv4(a, b, c)) return isPrivateIPv4(d);
  // NAT64 (RFC 6052 §2.1) and 6to4 (RFC 3056) carry an IPv4 address.
  if (a === 0x0064ff9b && b === 0 && c === 0) return isPrivateIPv4(d);
  if (a >>> 16 === 0x2002) return isPrivateIPv4((a << 16) | (b >>> 16));
  // RFC 4291 §2.4: all but global unicast, 2000::/3.
  return a >>> 29 !== 1;
}
