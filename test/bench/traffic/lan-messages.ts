/** Frames that hosts send among themselves: ARP, neighbour discovery, DHCP, mDNS, NetBIOS names, ping. Each well-formed. */

import { ByteBuilder } from './byte-builder.ts';
import { fold, sumOf } from './checksum.ts';
import { writeName } from './dns-message.ts';
import { type Client, gatewayMac } from './network.ts';
import { Path, Segment } from './path.ts';

const broadcastMac = Buffer.alloc(6, 0xff);

/** All kinds, from one client. */
export function lanFrames(client: Client): Buffer[] {
  const multicast6 = Buffer.from('ff020000000000000000000000000001', 'hex');
  return [
    arpRequest(client),
    neighbourSolicitation(client, multicast6),
    udp(client.mac, [0, 0, 0, 0], 68, broadcastMac, [255, 255, 255, 255], 67, dhcpRequest(client)),
    udp(client.mac, client.v4, 5353, Buffer.from('01005e0000fb', 'hex'), [224, 0, 0, 251], 5353, mdnsAnnouncement(client)),
    udp(client.mac, client.v4, 137, broadcastMac, [10, 20, 255, 255], 137, netbiosRegistration(client)),
    ping(client),
  ];
}

function udp(
  fromMac: Buffer,
  from: Iterable<number>,
  port: number,
  toMac: Buffer,
  to: Iterable<number>,
  toPort: number,
  payload: Buffer,
): Buffer {
  const source = { mac: fromMac, address: Buffer.from([...from]), port };
  const target = { mac: toMac, address: Buffer.from([...to]), port: toPort };
  const out = Buffer.alloc(payload.length + 64);
  const length = new Path(source, target, 17).udp(out, 0, new Segment().payload(payload));
  return out.subarray(0, length);
}

/** RFC 826 */
function arpRequest(client: Client): Buffer {
  const into = new ByteBuilder().raw(broadcastMac).raw(client.mac).u16(0x0806);
  into
    .u16(1)
    .u16(0x0800)
    .u8(6)
    .u8(4)
    .u16(1)
    .raw(client.mac)
    .raw(client.v4)
    .raw(Buffer.alloc(6))
    .raw(Buffer.from([10, 20, 0, 1]));
  return into.raw(Buffer.alloc(18)).build();
}

/** RFC 4861 §4.3 */
function neighbourSolicitation(client: Client, target: Buffer): Buffer {
  const message = new ByteBuilder().u8(135).u8(0).u16(0).u32(0).raw(client.v6).u8(1).u8(1).raw(client.mac).build();
  const pseudoSum = sumOf(client.v6, 0, 16) + sumOf(target, 0, 16) + 58 + message.length;
  message.writeUInt16BE(~fold(pseudoSum + sumOf(message, 0, message.length)) & 0xffff, 2);
  const into = new ByteBuilder().raw(Buffer.from('333300000001', 'hex')).raw(client.mac).u16(0x86dd);
  return into.u32(0x60000000).u16(message.length).u8(58).u8(255).raw(client.v6).raw(target).raw(message).build();
}

function ping(client: Client): Buffer {
  const message = new ByteBuilder().u8(8).u8(0).u16(0).u16(client.index).u16(1).text('abcdefghijklmnopqrstuvwabcdefghi').build();
  message.writeUInt16BE(~fold(sumOf(message, 0, message.length)) & 0xffff, 2);
  const into = new ByteBuilder()
    .u16(0x4500)
    .u16(20 + message.length)
    .u32(0x00014000)
    .u8(64)
    .u8(1)
    .u16(0)
    .raw(client.v4);
  const header = into.raw(Buffer.from([10, 20, 0, 1])).build();
  header.writeUInt16BE(~fold(sumOf(header, 0, header.length)) & 0xffff, 10);
  return new ByteBuilder().raw(gatewayMac).raw(client.mac).u16(0x0800).raw(header).raw(message).build();
}

/** RFC 2131 §2, options of RFC 2132: type, requested address, host name, vendor class. */
function dhcpRequest(client: Client): Buffer {
  const into = new ByteBuilder().u8(1).u8(1).u8(6).u8(0).u32(client.index).u32(0).raw(Buffer.alloc(16)).raw(client.mac);
  into
    .raw(Buffer.alloc(10 + 64 + 128))
    .u32(0x63825363)
    .u8(53)
    .u8(1)
    .u8(3)
    .u8(50)
    .u8(4)
    .raw(client.v4);
  into.u8(12).sized(1, (name) => name.text(`office-${client.index}`));
  return into
    .u8(60)
    .sized(1, (vendor) => vendor.text('MSFT 5.0'))
    .u8(255)
    .build();
}

function mdnsAnnouncement(client: Client): Buffer {
  const into = new ByteBuilder().u16(0).u16(0x8400).u16(0).u16(1).u16(0).u16(0);
  writeName(into, `office-${client.index}.local`);
  return into.u16(1).u16(0x8001).u32(120).u16(4).raw(client.v4).build();
}

/** RFC 1002 §4.2.2; the name in half-byte letters, §4.1. */
function netbiosRegistration(client: Client): Buffer {
  const letters = [...`OFFICE-${client.index}`.padEnd(15).slice(0, 15), '\0'].map((letter) => {
    const code = letter.charCodeAt(0);
    return String.fromCharCode(65 + (code >> 4), 65 + (code & 15));
  });
  const into = new ByteBuilder().u16(client.index).u16(0x2910).u16(1).u16(0).u16(0).u16(1);
  into.u8(32).text(letters.join('')).u8(0).u16(32).u16(1);
  return into.u16(0xc00c).u16(32).u16(1).u32(300_000).u16(6).u16(0).raw(client.v4).build();
}
