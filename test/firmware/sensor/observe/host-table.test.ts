import { describe, expect, it } from 'vitest';
import { HostTable } from '../../../../firmware/sensor/observe/host-table.ts';
import { setOf } from '../intel/lists.ts';
import { Sensor } from './sensor.ts';
import {
  addressBytes,
  arpReply,
  datagram,
  type Ends,
  ethernet,
  hex,
  insideMac,
  ip,
  protocol,
  TcpTalk,
  text,
  u16,
  u32,
  udp,
} from './traffic.ts';

const bad = '203.0.113.66';
const contact = (client = '10.0.0.5') => new TcpTalk({ client, server: bad }).syn();
const hostAfter = (...frames: Buffer[]) => new Sensor(setOf(bad), {}, false).send(...frames, contact()).finish().lastAlerts[0]?.host;

const option = (code: number, data: Buffer) => Buffer.concat([Buffer.from([code, data.length]), data]);

/** RFC 2131: a request with the host name option. `from` is 0.0.0.0 before the machine has an address. */
function dhcpRequest(name: string, from = '0.0.0.0', mac = insideMac): Buffer {
  const fixed = Buffer.concat([
    hex('01010600 01020304 00000000'),
    addressBytes(from),
    Buffer.alloc(12),
    hex(mac),
    Buffer.alloc(10 + 64 + 128),
  ]);
  const options = Buffer.concat([u32(0x63825363), option(53, Buffer.from([3])), option(12, text(name)), Buffer.from([255])]);
  const datagramBytes = udp(68, 67, Buffer.concat([fixed, options]));
  return ethernet(ip(from, from === '0.0.0.0' ? '255.255.255.255' : '10.0.0.1', protocol.udp, datagramBytes), mac, 'ff:ff:ff:ff:ff:ff');
}

const labels = (name: string) =>
  Buffer.concat([...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), text(label)])), Buffer.alloc(1)]);

function mdns(name: string, address: string, client = '10.0.0.5'): Buffer {
  const record = Buffer.concat([labels(name), u16(1, 0x8001), u32(120), u16(4), addressBytes(address)]);
  const ends: Ends = { client, server: '224.0.0.251', cport: 5353, sport: 5353 };
  return datagram(ends, true, Buffer.concat([u16(0, 0x8400, 0, 1, 0, 0), record]));
}

function netbios(name: string, suffix: number, flags = 0x2910): Buffer {
  const padded = Buffer.concat([text(name.padEnd(15)), Buffer.from([suffix])]);
  const letters = Buffer.from([...padded].flatMap((byte) => [0x41 + (byte >> 4), 0x41 + (byte & 15)]));
  const question = Buffer.concat([Buffer.from([32]), letters, Buffer.from([0]), u16(0x20, 1)]);
  const record = Buffer.concat([u16(0xc00c, 0x20, 1), u32(300), u16(6, 0), addressBytes('10.0.0.5')]);
  const ends: Ends = { client: '10.0.0.5', server: '10.0.0.255', cport: 137, sport: 137 };
  return datagram(ends, true, Buffer.concat([u16(1, flags, 1, 0, 0, 1), question, record]));
}

describe('the machine in an alert', () => {
  it('has its hardware address, and VLAN where it is tagged', () => {
    expect(hostAfter()).toEqual({ ip: '10.0.0.5', mac: insideMac });
    const syn = contact();
    const tagged = Buffer.concat([syn.subarray(0, 12), u16(0x8100, 20), syn.subarray(12)]);
    expect(new Sensor(setOf(bad)).send(tagged).alerts[0]?.host).toEqual({ ip: '10.0.0.5', mac: insideMac, vlan: 20 });
  });

  it('has the name from DHCP, told before it had an address', () => {
    expect(hostAfter(dhcpRequest('ke-toan-01'))).toEqual({ ip: '10.0.0.5', mac: insideMac, name: 'ke-toan-01' });
  });

  it('has the name from DHCP, when it was known before it told: a lease renewed after the box was started', () => {
    expect(hostAfter(contact(), dhcpRequest('ke-toan-01', '10.0.0.5'))).toMatchObject({ name: 'ke-toan-01' });
    expect(hostAfter(arpReply(insideMac, '10.0.0.5'), dhcpRequest('ke-toan-01'))).toMatchObject({ name: 'ke-toan-01' });
    expect(hostAfter(dhcpRequest('old-name'), contact(), dhcpRequest('ke-toan-01'))).toMatchObject({ name: 'ke-toan-01' });
  });

  it('has the name from mDNS, without .local', () => {
    expect(hostAfter(mdns('van-thu-02.local', '10.0.0.5'))).toMatchObject({ name: 'van-thu-02' });
  });

  it('has no name that another machine gave it over mDNS', () => {
    expect(hostAfter(mdns('liar.local', '10.0.0.5', '10.0.0.6'))).toEqual({ ip: '10.0.0.5', mac: insideMac });
  });

  it('has the name from NetBIOS that it registers for itself, and none of a group, a domain or a query', () => {
    expect(hostAfter(netbios('KETOAN-PC', 0x20))).toMatchObject({ name: 'KETOAN-PC' });
    expect(hostAfter(netbios('WORKGROUP', 0x1c))).toEqual({ ip: '10.0.0.5', mac: insideMac });
    expect(hostAfter(netbios('SERVER', 0x20, 0x0110))).toEqual({ ip: '10.0.0.5', mac: insideMac });
  });

  it('has the hardware address that ARP tells, when the box sees it behind a router otherwise', () => {
    const sensor = new Sensor(setOf(bad)).send(arpReply('02:00:00:00:00:77', '10.0.0.5'));
    expect(sensor.pipeline.observer.hosts.describe(0, 0, 0xffff, 0x0a000005).mac).toBe('02:00:00:00:00:77');
  });

  it('is named in the next revision, when it told its name after the alert was opened', () => {
    const sensor = new Sensor(setOf(bad)).send(contact(), mdns('van-thu-02.local', '10.0.0.5'), contact()).finish();
    expect(sensor.alerts[0]?.host.name).toBeUndefined();
    expect(sensor.alerts.at(-1)?.host.name).toBe('van-thu-02');
  });
});

describe('HostTable', () => {
  const seen = (table: HostTable, d: number) => table.seen(0, 0, 0xffff, d, true, 0x0200, d, -1, 0);

  it('refuses new machines at its cap, keeps the known ones, and counts', () => {
    const table = new HostTable(16);
    for (let d = 0; d < 20; d++) seen(table, d);
    expect([table.size, table.refused]).toEqual([16, 4]);
    seen(table, 3);
    expect(table.refused).toBe(4);
    expect(table.describe(0, 0, 0xffff, 3).mac).toBe('02:00:00:00:00:03');
    expect(table.describe(0, 0, 0xffff, 19)).toEqual({ ip: '0.0.0.19' });
  });

  it('bounds the names it keeps for hardware addresses, too', () => {
    const table = new HostTable(16);
    for (let number = 0; number < 50; number++) table.namedByMac(`02:00:00:00:00:${number.toString(16).padStart(2, '0')}`, 'name');
    expect(table.refused).toBe(34);
    for (const number of [0x0f, 0x10]) table.seen(0, 0, 0xffff, number, true, 0x0200, number, -1, 0);
    expect(table.describe(0, 0, 0xffff, 0x0f).name).toBe('name');
    expect(table.describe(0, 0, 0xffff, 0x10).name).toBeUndefined();
  });

  it('takes no empty name, and none longer than a name can be', () => {
    const table = new HostTable(16);
    table.named(0, 0, 0xffff, 1, '', 0);
    table.named(0, 0, 0xffff, 1, 'x'.repeat(254), 0);
    table.namedByMac('02:00:00:00:00:01', '');
    expect(table.size).toBe(0);
    table.seen(0, 0, 0xffff, 1, true, 0x0200, 1, -1, 0);
    expect(table.describe(0, 0, 0xffff, 1).name).toBeUndefined();
  });

  it('keeps IPv6 machines apart from IPv4 ones', () => {
    const table = new HostTable(16);
    seen(table, 5);
    table.named(0, 0, 0, 5, 'six', 0);
    expect(table.describe(0, 0, 0, 5)).toEqual({ ip: '::5', name: 'six' });
    expect(table.describe(0, 0, 0xffff, 5).name).toBeUndefined();
  });
});
