/** A set of IP networks in CIDR form, asked by address words. For short lists (home networks, allow lists of a box), not for intelligence. */
import { type AddressWords, mappedWord, parseAddress } from './address.ts';

interface Network {
  words: AddressWords;
  masks: AddressWords;
}

function maskOf(prefixLength: number, wordIndex: number): number {
  const bits = Math.min(32, Math.max(0, prefixLength - wordIndex * 32));
  return bits === 0 ? 0 : -1 << (32 - bits);
}

/** `10.0.0.0/8`, `2001:db8::/32`, or a bare address. Undefined when it is none of them. */
function parseNetwork(text: string): Network | undefined {
  const [address, prefix, extra] = text.split('/');
  const words = parseAddress(address ?? '');
  if (words === undefined || extra !== undefined) return undefined;
  const ipv4 = !text.includes(':');
  const longest = ipv4 ? 32 : 128;
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || Number(prefix) > longest)) return undefined;
  const length = (prefix === undefined ? longest : Number(prefix)) + (ipv4 ? 96 : 0);
  const masks = [0, 1, 2, 3].map((index) => maskOf(length, index)) as unknown as AddressWords;
  return { words: [words[0] & masks[0], words[1] & masks[1], words[2] & masks[2], words[3] & masks[3]], masks };
}

export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined;
}

export class NetworkSet {
  /** The texts that it was made from. */
  readonly names: readonly string[];
  private readonly ipv4Words: number[] = [];
  private readonly ipv4Masks: number[] = [];
  private readonly others: Network[] = [];

  /** Texts that are no network are left out: validate with `isNetwork` at the edge. */
  constructor(networks: readonly string[]) {
    this.names = networks;
    for (const text of networks) {
      const network = parseNetwork(text);
      if (network === undefined) continue;
      if (network.words[2] === mappedWord && network.masks[2] === -1) {
        this.ipv4Words.push(network.words[3]);
        this.ipv4Masks.push(network.masks[3]);
      } else this.others.push(network);
    }
  }

  has(a: number, b: number, c: number, d: number): boolean {
    if (a === 0 && b === 0 && c === mappedWord) {
      for (let index = 0; index < this.ipv4Words.length; index++) {
        if ((d & this.ipv4Masks[index]!) === this.ipv4Words[index]!) return true;
      }
      return false;
    }
    for (const { words, masks } of this.others) {
      if ((a & masks[0]) === words[0] && (b & masks[1]) === words[1] && (c & masks[2]) === words[2] && (d & masks[3]) === words[3])
        return true;
    }
    return false;
  }
}
