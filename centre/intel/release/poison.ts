/**
 * Says of a value whether it would do harm to have it on any box, whatever a list says: networks that are not of the Internet or half of it, public
 * suffixes, resolvers and names that everybody asks for, and what belongs to the centre. Such a value is left out of every release, aloud.
 */
import { parse } from 'tldts';
import type { Kind } from '../library/library-entry.ts';
import { infrastructureNames, reservedNetworks, resolverAddresses, timeAddresses } from './known-infrastructure.ts';
import { contains, type Network, networkOf, networksOf, overlap } from './network.ts';

export const poisonReasons = ['too-wide', 'reserved', 'public-suffix', 'own', 'infrastructure'] as const;
export type PoisonReason = (typeof poisonReasons)[number];

/** A wider network is half of a continent; boxes would not take it either. */
const shortestIPv4 = 96 + 8;
const shortestIPv6 = 16;
/** The longest rules of the Public Suffix List have five labels. */
const suffixLabelsMax = 6;
const suffixOptions = { allowPrivateDomains: false, extractHostname: false, validateHostname: false } as const;

export interface Value {
  kind: Kind;
  value: string;
}

function isPublicSuffix(name: string): boolean {
  let labels = 1;
  for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) if (++labels > suffixLabelsMax) return false;
  return parse(name, suffixOptions).publicSuffix === name;
}

/** The names above a name, from itself upwards. */
export function* withParents(name: string): Generator<string> {
  yield name;
  for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) yield name.slice(at + 1);
}

/** Host part and path of `http://authority/path`; the canonical form has no user and no fragment. */
export function splitUrl(url: string): { host: string; target: string } {
  const start = url.indexOf('://');
  const rest = start < 0 ? url : url.slice(start + 3);
  const end = rest.search(/[/?]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  return { host: authority.replace(/:\d+$/, ''), target: end < 0 ? '/' : rest.slice(end) };
}

export class PoisonTest {
  private readonly reserved = networksOf(reservedNetworks);
  private readonly infrastructure = networksOf([...resolverAddresses, ...timeAddresses]);
  /** Names that everybody asks for, and all above them. */
  private readonly names = new Set(infrastructureNames.flatMap((name) => [...withParents(name)]));
  private readonly ownNetworks: Network[] = [];
  private readonly ownNames = new Set<string>();
  private readonly aboveOwnNames = new Set<string>();

  /** `own`: names and addresses of the centre. */
  constructor(own: readonly string[]) {
    for (const text of own) {
      const network = networkOf(text);
      if (network !== undefined) this.ownNetworks.push(network);
      else this.addOwnName(text.toLowerCase().replace(/^\*?\.|\.$/g, ''));
    }
  }

  private addOwnName(name: string): void {
    this.ownNames.add(name);
    for (const parent of withParents(name)) this.aboveOwnNames.add(parent);
  }

  reasonOf({ kind, value }: Value): PoisonReason | undefined {
    if (kind === 'address' || kind === 'cidr') return this.ofNetwork(value);
    if (kind === 'address_port') return this.ofNetwork(value.slice(0, value.lastIndexOf(':')));
    if (kind === 'domain') return value.startsWith('=') ? this.ofName(value.slice(1), true) : this.ofName(value, false);
    if (kind !== 'url') return undefined;
    const { host, target } = splitUrl(value);
    const network = networkOf(host);
    if (network !== undefined) {
      const reason = this.ofAddress(network);
      // Bad files lie on good hosts too; the whole of a good host is another matter.
      return reason === 'infrastructure' && target !== '/' ? undefined : reason;
    }
    if (this.isOwn(host)) return 'own';
    return target === '/' ? this.ofName(host, true) : undefined;
  }

  private ofNetwork(text: string): PoisonReason | undefined {
    const network = networkOf(text);
    return network === undefined ? undefined : this.ofAddress(network);
  }

  private ofAddress(network: Network): PoisonReason | undefined {
    if (network.length < (network.isIPv4 ? shortestIPv4 : shortestIPv6)) return 'too-wide';
    if (this.ownNetworks.some((own) => overlap(own, network))) return 'own';
    if (this.reserved.some((reserved) => overlap(reserved, network))) return 'reserved';
    return this.infrastructure.some((known) => contains(network, known)) ? 'infrastructure' : undefined;
  }

  private ofName(name: string, isExact: boolean): PoisonReason | undefined {
    if (this.isOwn(name) || (!isExact && this.aboveOwnNames.has(name))) return isPublicSuffix(name) ? 'public-suffix' : 'own';
    if (isPublicSuffix(name)) return 'public-suffix';
    return this.names.has(name) ? 'infrastructure' : undefined;
  }

  /** One of the centre's names, or below one. */
  private isOwn(name: string): boolean {
    if (this.ownNames.size === 0) return false;
    for (const parent of withParents(name)) if (this.ownNames.has(parent)) return true;
    return false;
  }
}
