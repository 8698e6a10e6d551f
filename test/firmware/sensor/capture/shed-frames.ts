/** Builds Ethernet frames with the headers that the shed filter looks through, for the tests beside it. */
import { halves, words } from './capture-bytes.ts';

const MAC_ADDRESSES = Buffer.from('02000000000202000000000a', 'hex');

export interface Encapsulation {
  name: string;
  /** Puts a network packet into a frame; `version` is 4 or 6. */
  wrap(version: 4 | 6, packet: Uint8Array): Buffer;
}

function ethernet(types: readonly number[], version: 4 | 6, packet: Uint8Array, pppoe: boolean): Buffer {
  const tags = types.map((type) => halves(false, type, 100));
  const networkType = version === 4 ? 0x0800 : 0x86dd;
  if (!pppoe) return Buffer.concat([MAC_ADDRESSES, ...tags, halves(false, networkType), packet]);
  const ppp = halves(false, version === 4 ? 0x0021 : 0x0057);
  const session = Buffer.concat([halves(false, 0x8864), Buffer.from([0x11, 0]), halves(false, 7, packet.length + 2), ppp]);
  return Buffer.concat([MAC_ADDRESSES, ...tags, session, packet]);
}

function encapsulation(name: string, types: readonly number[], pppoe = false): Encapsulation {
  return { name, wrap: (version, packet) => ethernet(types, version, packet, pppoe) };
}

export const encapsulations: readonly Encapsulation[] = [
  encapsulation('untagged', []),
  encapsulation('VLAN', [0x8100]),
  encapsulation('QinQ 0x88a8', [0x88a8, 0x8100]),
  encapsulation('QinQ 0x9100', [0x9100, 0x8100]),
  encapsulation('two 0x8100', [0x8100, 0x8100]),
  encapsulation('PPPoE', [], true),
  encapsulation('PPPoE in VLAN', [0x8100], true),
  encapsulation('PPPoE in QinQ', [0x88a8, 0x8100], true),
];

export interface Ipv4Shape {
  optionBytes?: number;
  fragment?: number;
}

export function ipv4(protocol: number, payload: Uint8Array, { optionBytes = 0, fragment = 0 }: Ipv4Shape = {}): Buffer {
  const headerBytes = 20 + optionBytes;
  const fixed = Buffer.concat([
    Buffer.from([0x40 | (headerBytes / 4), 0]),
    halves(false, headerBytes + payload.length, 1, fragment),
    Buffer.from([64, protocol]),
    halves(false, 0),
    Buffer.from([192, 0, 2, 10, 198, 51, 100, 20]),
  ]);
  return Buffer.concat([fixed, Buffer.alloc(optionBytes, 1), payload]);
}

export function ipv6(protocol: number, payload: Uint8Array): Buffer {
  const address = Buffer.from('20010db8000000000000000000000001', 'hex');
  return Buffer.concat([words(false, 0x60000000), halves(false, payload.length), Buffer.from([protocol, 64]), address, address, payload]);
}

export function tcp(
  sourcePort: number,
  destinationPort: number,
  flags: number,
  payload: Uint8Array = Buffer.alloc(0),
  optionBytes = 12,
): Buffer {
  const headerBytes = 20 + optionBytes;
  return Buffer.concat([
    halves(false, sourcePort, destinationPort),
    words(false, 1000, 2000),
    Buffer.from([(headerBytes / 4) << 4, flags]),
    halves(false, 8192, 0, 0),
    Buffer.alloc(optionBytes, 1),
    payload,
  ]);
}

export function udp(sourcePort: number, destinationPort: number, payload: Uint8Array): Buffer {
  return Buffer.concat([halves(false, sourcePort, destinationPort, payload.length + 8, 0), payload]);
}
