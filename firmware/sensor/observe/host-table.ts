/**
 * The machines on the LAN: address -> hardware address, VLAN, name, last seen. Learnt from frames, ARP, DHCP, mDNS and NetBIOS.
 * At the cap new machines are refused, known ones stay, and the refusals are counted. It does not decide which addresses are ours.
 */
import { type AddressWords, formatAddress, formatMac, isIPv4 } from '../bytes/address.ts';
import { noVlan } from '../decode/packet.ts';

export interface Host {
  macHigh: number;
  macLow: number;
  hasMac: boolean;
  vlan: number;
  name?: string;
  lastSeenMicros: number;
  words: AddressWords;
}

/** A host as people read it. */
export interface HostDescription {
  ip: string;
  mac?: string;
  vlan?: number;
  name?: string;
}

/** The same by the words of its address. */
export interface KnownHost extends Omit<HostDescription, 'ip'> {
  words: AddressWords;
}

const nameLengthMax = 253; // RFC 1035 §3.1

export class HostTable {
  private readonly hosts = new Map<number | string, Host>();
  /** By hardware address as a number. */
  private readonly namesByMac = new Map<number, string>();
  private readonly hostsMax: number;
  refused = 0;

  constructor(hostsMax: number) {
    this.hostsMax = hostsMax;
  }

  get size(): number {
    return this.hosts.size;
  }

  /** A frame came from this address. `hasMac` false: the frame said nothing of hardware. */
  seen(a: number, b: number, c: number, d: number, hasMac: boolean, macHigh: number, macLow: number, vlan: number, tsMicros: number): void {
    const host = this.reach(a, b, c, d, tsMicros);
    if (host === undefined) return;
    if (vlan !== noVlan) host.vlan = vlan;
    if (!hasMac) return;
    host.hasMac = true;
    host.macHigh = macHigh;
    host.macLow = macLow;
  }

  /** The machine gave this name for its own address. */
  named(a: number, b: number, c: number, d: number, name: string, tsMicros: number): void {
    const host = name.length === 0 || name.length > nameLengthMax ? undefined : this.reach(a, b, c, d, tsMicros);
    if (host !== undefined) host.name = name;
  }

  /** The machine with this hardware address (`aa:bb:cc:dd:ee:ff`) gave this name, before it had an address. */
  namedByMac(mac: string, name: string): void {
    if (name.length === 0 || name.length > nameLengthMax) return;
    const key = Number.parseInt(mac.replaceAll(':', ''), 16);
    if (this.namesByMac.size >= this.hostsMax && !this.namesByMac.has(key)) this.refused++;
    else this.namesByMac.set(key, name);
  }

  describe(a: number, b: number, c: number, d: number): HostDescription {
    const host = this.hosts.get(keyOf(a, b, c, d));
    return { ip: formatAddress(a, b, c, d), ...(host && this.knownOf(host)) };
  }

  /** Those that began or answered a connection since then. */
  seenSince(micros: number): KnownHost[] {
    const seen: KnownHost[] = [];
    for (const host of this.hosts.values()) if (host.lastSeenMicros >= micros) seen.push({ words: host.words, ...this.knownOf(host) });
    return seen;
  }

  private knownOf(host: Host): Omit<HostDescription, 'ip'> {
    const description: Omit<HostDescription, 'ip'> = {};
    if (host.hasMac) description.mac = formatMac(host.macHigh, host.macLow);
    if (host.vlan !== noVlan) description.vlan = host.vlan;
    // What it told the DHCP server is what the technician called it.
    const name = (host.hasMac ? this.namesByMac.get(macNumber(host.macHigh, host.macLow)) : undefined) ?? host.name;
    if (name !== undefined) description.name = name;
    return description;
  }

  private reach(a: number, b: number, c: number, d: number, tsMicros: number): Host | undefined {
    const key = keyOf(a, b, c, d);
    let host = this.hosts.get(key);
    if (host === undefined) {
      if (this.hosts.size >= this.hostsMax) {
        this.refused++;
        return undefined;
      }
      host = { macHigh: 0, macLow: 0, hasMac: false, vlan: noVlan, lastSeenMicros: tsMicros, words: [a, b, c, d] };
      this.hosts.set(key, host);
    }
    host.lastSeenMicros = tsMicros;
    return host;
  }
}

function macNumber(high: number, low: number): number {
  return high * 0x1_0000_0000 + (low >>> 0);
}

function keyOf(a: number, b: number, c: number, d: number): number | string {
  return isIPv4(a, b, c) ? d : `${a},${b},${c},${d}`;
}
