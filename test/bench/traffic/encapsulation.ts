/** A well-formed frame becomes the same frame behind one more header: tags, PPPoE, MPLS, tunnels, cooked. For IPv4 and IPv6 over Ethernet. */

import { ByteBuilder } from './byte-builder.ts';
import { fold, sumOf } from './checksum.ts';

export interface LinkFrame {
  bytes: Buffer;
  /** LINKTYPE_ value, https://www.tcpdump.org/linktypes.html */
  linkType: number;
}

type Wrap = (frame: Buffer) => LinkFrame;

const ethernet = 1;
const macs = (frame: Buffer): Buffer => frame.subarray(0, 12);
const afterMacs = (frame: Buffer): Buffer => frame.subarray(12);
const packet = (frame: Buffer): Buffer => frame.subarray(14);
const isVersion6 = (frame: Buffer): boolean => frame[12] === 0x86;

/** Every link form and tunnel that the sensor undoes, by name. */
export const encapsulations: Readonly<Record<string, Wrap>> = {
  vlan: (frame) => tagged(frame, [0x8100, 20]),
  qinq: (frame) => tagged(frame, [0x88a8, 100, 0x8100, 20]),
  'qinq 9100': (frame) => tagged(frame, [0x9100, 100, 0x8100, 20]),
  mpls: (frame) => onEthernet(frame, 0x8847, Buffer.from([0, 0x01, 0x00, 64, 0, 0x02, 0x01, 64])),
  pppoe: (frame) => onEthernet(frame, 0x8864, pppoe(frame)),
  snap: (frame) => ({
    bytes: Buffer.concat([macs(frame), snapLength(frame), Buffer.from([0xaa, 0xaa, 3, 0, 0, 0]), afterMacs(frame)]),
    linkType: ethernet,
  }),
  'cooked 1': (frame) => ({
    bytes: Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 6]), frame.subarray(6, 12), Buffer.alloc(2), afterMacs(frame)]),
    linkType: 113,
  }),
  'cooked 2': (frame) => {
    const head = Buffer.from([0, 0, 0, 0, 0, 2, 0, 1, 0, 6]);
    return { bytes: Buffer.concat([frame.subarray(12, 14), head, frame.subarray(6, 12), Buffer.alloc(2), packet(frame)]), linkType: 276 };
  },
  raw: (frame) => ({ bytes: Buffer.from(packet(frame)), linkType: 101 }),
  null: (frame) => ({ bytes: Buffer.concat([Buffer.from([isVersion6(frame) ? 30 : 2, 0, 0, 0]), packet(frame)]), linkType: 0 }),
  'ip in ip': (frame) => inIpv4(frame, isVersion6(frame) ? 41 : 4, Buffer.from(packet(frame))),
  gre: (frame) => inIpv4(frame, 47, Buffer.concat([Buffer.from([0x20, 0]), frame.subarray(12, 14), Buffer.alloc(4), packet(frame)])),
  'erspan 1': (frame) => inIpv4(frame, 47, Buffer.concat([Buffer.from([0, 0, 0x88, 0xbe]), frame])),
  'erspan 2': (frame) =>
    inIpv4(frame, 47, Buffer.concat([Buffer.from([0x10, 0, 0x88, 0xbe, 0, 0, 0, 9, 0x10, 0x14, 0, 1, 0, 0, 0, 0]), frame])),
  'erspan 3': (frame) =>
    inIpv4(frame, 47, Buffer.concat([Buffer.from([0x10, 0, 0x22, 0xeb, 0, 0, 0, 9, 0x20, 0x14, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), frame])),
  vxlan: (frame) => inUdp(frame, 4789, Buffer.concat([Buffer.from([8, 0, 0, 0, 0, 0, 42, 0]), frame])),
  geneve: (frame) => inUdp(frame, 6081, Buffer.concat([Buffer.from([1, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 0x80, 0]), frame])),
};

function tagged(frame: Buffer, tags: readonly number[]): LinkFrame {
  const into = new ByteBuilder().raw(macs(frame));
  for (const half of tags) into.u16(half);
  return { bytes: into.raw(afterMacs(frame)).build(), linkType: ethernet };
}

function onEthernet(frame: Buffer, type: number, head: Buffer): LinkFrame {
  return { bytes: new ByteBuilder().raw(macs(frame)).u16(type).raw(head).raw(packet(frame)).build(), linkType: ethernet };
}

/** RFC 2516 §4: version and type 1, session data; then the PPP protocol number. */
function pppoe(frame: Buffer): Buffer {
  const length = packet(frame).length + 2;
  return new ByteBuilder()
    .u16(0x1100)
    .u16(7)
    .u16(length)
    .u16(isVersion6(frame) ? 0x57 : 0x21)
    .build();
}

function snapLength(frame: Buffer): Buffer {
  return new ByteBuilder().u16(Math.min(frame.length - 12 + 6, 1500)).build();
}

function inIpv4(frame: Buffer, protocol: number, content: Buffer): LinkFrame {
  const into = new ByteBuilder()
    .u16(0x4500)
    .u16(20 + content.length)
    .u32(0x00014000)
    .u8(64)
    .u8(protocol)
    .u16(0);
  const header = into.raw(Buffer.from([10, 20, 0, 2, 10, 20, 0, 3])).build();
  header.writeUInt16BE(~fold(sumOf(header, 0, header.length)) & 0xffff, 10);
  return { bytes: new ByteBuilder().raw(macs(frame)).u16(0x0800).raw(header).raw(content).build(), linkType: ethernet };
}

function inUdp(frame: Buffer, port: number, content: Buffer): LinkFrame {
  const head = new ByteBuilder()
    .u16(40_000)
    .u16(port)
    .u16(content.length + 8)
    .u16(0)
    .build();
  return inIpv4(frame, 17, Buffer.concat([head, content]));
}
