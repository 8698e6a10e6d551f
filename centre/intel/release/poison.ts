/**
 * Says of a value whether it would do harm to have it on any box, whatever a list says: networks that are not of the Internet or half of it, public
 * suffixes, resolvers and names that everybody asks for, and what belongs to the centre. Such a value is left out of every release, aloud.
 */
import { parse } from 'tldts';
import { canonicalName } from '../../../firmware/sensor/intel/parse-domain.ts';
import type { ParsedValue } from '../../../firmware/sensor/intel/parsed-value.ts';
import type { Kind, LibraryEntry } from '../library/library-entry.ts';
import {
  closedNames,
  everydayFingerprints,
  everydayUserAgents,
  infrastructureNames,
  reservedNetworks,
  resolverAddresses,
  timeAddresses,
} from './known-infrastructure.ts';
import { contains, type Network, networkOf, networksOf, overlap } from './network.ts';

export const poisonReasons = ['too-wide', 'reserved', 'public-suffix', 'own', 'infrastructure', 'everyday'] as const;
export type PoisonReason = (typeof poisonReasons)[number];

/** Boxes would not take a wider network; and more than what it holds, its width is what is wrong with it. */
const shortestIPv4 = 96 + 8;
const shortestIPv6 = 16;
/** Lists of hijacked networks go up to a /12. What is wider is of whole countries, or a part of everything. */
const shortestMeantIPv4 = 96 + 12;
const shortestMeantIPv6 = 20;
const addressBits = 128;
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

/** Host and target of a URL as sets hold it (`authority/target`): without scheme, user, fragment and default port, its path in normal form. */
export function splitUrl(url: string): { host: string; target: string } {
  const end = url.search(/[/?]/);
  const authority = end < 0 ? url : url.slice(0, end);
  return { host: authority.replace(/:\d+$/, ''), target: end < 0 ? '/' : url.slice(end) };
}

export class PoisonTest {
  private readonly reserved = networksOf(reservedNetworks);
  private readonly infrastructureAddresses = new Set<string>([...resolverAddresses, ...timeAddresses]);
  private readonly infrastructure = networksOf(this.infrastructureAddresses);
  /** Names that everybody asks for, and all above them. */
  private readonly names = new Set(infrastructureNames.flatMap((name) => [...withParents(name)]));
  private readonly fingerprints = new Set<string>(everydayFingerprints);
  private readonly ownNetworks: Network[] = [];
  private readonly aboveOwnNames = new Set<string>();
  /** Names that stand for all below them too. */
  private readonly whole = new Map<string, PoisonReason>(closedNames.map((name) => [name, 'infrastructure']));

  /** `own`: names and addresses of the centre. */
  constructor(own: readonly string[]) {
    for (const text of own) {
      const network = networkOf(text);
      if (network !== undefined) this.ownNetworks.push(network);
      else this.addOwnName(text.replace(/^\*?\./, ''));
    }
  }

  private addOwnName(text: string): void {
    const canonical = canonicalName(text);
    // Of one label, such as `centre`: no list can name it.
    if (!canonical.ok) return;
    this.whole.set(canonical.name, 'own');
    for (const parent of withParents(canonical.name)) this.aboveOwnNames.add(parent);
  }

  /** The value of a URL is its text in a set. */
  reasonOf({ kind, value }: Value): PoisonReason | undefined {
    if (kind === 'address' || kind === 'cidr') return this.ofNetwork(value);
    if (kind === 'address_port') return this.ofNetwork(value.slice(0, value.lastIndexOf(':')).replace(/^\[|\]$/g, ''));
    if (kind === 'domain') return this.ofName(value.startsWith('=') ? value.slice(1) : value);
    if (kind === 'url') return this.ofUrl(value);
    if (kind === 'user_agent') return everydayUserAgents.some((agent) => agent.test(value)) ? 'everyday' : undefined;
    return this.fingerprints.has(value) ? 'everyday' : undefined;
  }

  private ofUrl(value: string): PoisonReason | undefined {
    const { host, target } = splitUrl(value);
    const network = networkOf(host);
    if (network !== undefined) return this.ofAddress(network);
    if (this.wholeOf(host) === 'own') return 'own';
    // Bad files lie on good hosts too; the whole of a good host is another matter.
    return target === '/' ? this.ofName(host) : undefined;
  }

  /** `text` in canonical form. */
  private ofNetwork(text: string): PoisonReason | undefined {
    const network = networkOf(text);
    if (network === undefined) return undefined;
    // Nearly all are single addresses, and a release has millions.
    if (network.length === addressBits) return this.ofSingle(network, text);
    return this.ofAddress(network);
  }

  private ofSingle(network: Network, text: string): PoisonReason | undefined {
    if (this.ownNetworks.some((own) => overlap(own, network))) return 'own';
    if (this.reserved.some((reserved) => contains(reserved, network))) return 'reserved';
    return this.infrastructureAddresses.has(text) ? 'infrastructure' : undefined;
  }

  private ofAddress(network: Network): PoisonReason | undefined {
    if (network.length < (network.isIPv4 ? shortestIPv4 : shortestIPv6)) return 'too-wide';
    if (this.ownNetworks.some((own) => overlap(own, network))) return 'own';
    if (this.reserved.some((reserved) => overlap(reserved, network))) return 'reserved';
    if (this.infrastructure.some((known) => contains(network, known))) return 'infrastructure';
    return network.length < (network.isIPv4 ? shortestMeantIPv4 : shortestMeantIPv6) ? 'too-wide' : undefined;
  }

  private ofName(name: string): PoisonReason | undefined {
    if (isPublicSuffix(name)) return 'public-suffix';
    // Who is above the centre is whom it works for.
    if (this.aboveOwnNames.has(name)) return 'own';
    return this.wholeOf(name) ?? (this.names.has(name) ? 'infrastructure' : undefined);
  }

  /** Why the name, or one above it, stands for all below it. */
  private wholeOf(name: string): PoisonReason | undefined {
    let found: PoisonReason | undefined;
    for (let at = -1; ; ) {
      const reason = this.whole.get(at < 0 ? name : name.slice(at + 1));
      if (reason === 'own') return reason;
      found ??= reason;
      at = name.indexOf('.', at + 1);
      if (at < 0) return found;
    }
  }
}

/** Of an indicator of the library. Judged is what a set would hold: a URL has lost its user and fragment there. */
export function poisonOfEntry(
  test: PoisonTest,
  { kind, value, concern }: Pick<LibraryEntry, 'kind' | 'value' | 'concern'>,
  parsed: ParsedValue | string,
): PoisonReason | undefined {
  if (concern === 'public-suffix' && kind === 'domain') return 'public-suffix';
  return test.reasonOf({ kind, value: kind === 'url' && typeof parsed !== 'string' ? parsed.text : value });
}
