/**
 * Builds the network that the recordings are played in: four office machines on a switch, a line to the provider, and one namespace that
 * wears all the addresses of "the internet". Every address is private (the office) or from the documentation ranges (RFC 5737, RFC 3849), and
 * no namespace has a way out. It plays and records nothing.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { inside, run } from './shell.ts';

export const officeSwitch = 'vg-rec-office';
export const providerSwitch = 'vg-rec-provider';
export const internet = 'vg-rec-internet';

export interface Client {
  /** The host name that it sends with DHCP. */
  name: string;
  namespace: string;
  mac: string;
  ip: string;
  ip6: string;
}

function client(index: number, name: string): Client {
  return {
    name,
    namespace: `vg-rec-client${index}`,
    mac: `02:20:00:00:00:1${index}`,
    ip: `10.20.0.1${index}`,
    ip6: `fd20::1${index}`,
  };
}

/** Accounting, clerk's office, one-stop counter, the head of the agency. */
export const clients = [client(1, 'ke-toan-01'), client(2, 'van-thu-02'), client(3, 'mot-cua-03'), client(4, 'lanh-dao-04')] as const;

export const router = { ip: '10.20.0.1', ip6: 'fd20::1', mac: '02:20:00:00:00:01' } as const;

/** The servers. An address of these ranges that is not listed here never answers: the namespace does not own it and does not forward. */
export const servers = {
  resolver6: '2001:db8::53',
  news: '192.0.2.10',
  news6: '2001:db8::10',
  portal: '192.0.2.20',
  mail: '192.0.2.25',
  library: '198.51.100.30',
  video: '198.51.100.40',
  talker: '203.0.113.66',
  silent: '203.0.113.67',
  knocker: '203.0.113.99',
  panel: '203.0.113.70',
  selfSigned: '203.0.113.90',
} as const;

const namespaces = [officeSwitch, providerSwitch, internet, ...clients.map((each) => each.namespace)];

function ip(namespace: string, ...argv: string[]): Promise<unknown> {
  return run(['ip', '-n', namespace, ...argv]);
}

/** A veth pair between two namespaces, without offloads: a frame is recorded as it would look on a wire, checksums and sizes. */
export async function link(from: string, fromName: string, to: string, toName: string, mac = '', toMac = ''): Promise<void> {
  const peer = ['peer', 'name', toName, ...(toMac === '' ? [] : ['address', toMac]), 'netns', to];
  await ip(from, 'link', 'add', 'name', fromName, ...(mac === '' ? [] : ['address', mac]), 'type', 'veth', ...peer);
  for (const [namespace, name] of [
    [from, fromName],
    [to, toName],
  ] as const) {
    await inside(namespace, ['ethtool', '-K', name, 'tx', 'off', 'rx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off']);
    await ip(namespace, 'link', 'set', name, 'up');
  }
}

async function bridge(namespace: string): Promise<void> {
  await ip(namespace, 'link', 'add', 'name', 'lan', 'type', 'bridge', 'mcast_snooping', '0', 'forward_delay', '0');
  await ip(namespace, 'link', 'set', 'lan', 'up');
}

/** Hangs an interface into the bridge of its namespace. */
export async function plug(namespace: string, name: string): Promise<void> {
  await ip(namespace, 'link', 'set', name, 'master', 'lan', 'up');
}

async function addNamespace(namespace: string): Promise<void> {
  await run(['ip', 'netns', 'add', namespace]);
  await inside(namespace, ['sysctl', '-qw', 'net.ipv4.ip_forward=0', 'net.ipv6.conf.all.accept_ra=0', 'net.ipv6.conf.default.accept_ra=0']);
  if (namespace === officeSwitch || namespace === providerSwitch) {
    // A switch has no address of its own: without this every port would announce one by IPv6.
    await inside(namespace, ['sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1']);
  }
  await ip(namespace, 'link', 'set', 'lo', 'up');
  mkdirSync(`/etc/netns/${namespace}`, { recursive: true });
  writeFileSync(`/etc/netns/${namespace}/resolv.conf`, `nameserver ${router.ip}\noptions timeout:2 attempts:1\n`);
}

async function addClient(each: Client): Promise<void> {
  await addNamespace(each.namespace);
  await link(officeSwitch, each.name, each.namespace, 'eth0', '', each.mac);
  await plug(officeSwitch, each.name);
  await giveAddress(each);
}

/** The fixed IPv4 address, for the recordings that are not about DHCP. */
export async function giveAddress(each: Client): Promise<void> {
  await ip(each.namespace, 'addr', 'replace', `${each.ip}/24`, 'dev', 'eth0');
  await ip(each.namespace, 'addr', 'replace', `${each.ip6}/64`, 'dev', 'eth0', 'nodad');
  await ip(each.namespace, 'route', 'replace', 'default', 'via', router.ip);
  await ip(each.namespace, '-6', 'route', 'replace', 'default', 'via', router.ip6);
}

/** Takes the IPv4 address away, so that the machine has to ask for one. */
export async function takeAddress(each: Client): Promise<void> {
  await ip(each.namespace, '-4', 'addr', 'flush', 'dev', 'eth0');
}

/** Makes a machine deaf to one address: a packet from there is dropped by the reverse-path check, without any answer. */
export async function ignore(each: Client, address: string): Promise<void> {
  await inside(each.namespace, ['sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=1']);
  await ip(each.namespace, 'route', 'replace', 'blackhole', `${address}/32`);
}

/** Builds everything but the line between office and provider, which each recording lays as it needs it. */
export async function buildOffice(): Promise<void> {
  for (const namespace of [officeSwitch, providerSwitch, internet]) await addNamespace(namespace);
  await bridge(officeSwitch);
  await bridge(providerSwitch);
  for (const each of clients) await addClient(each);
  await link(providerSwitch, 'servers', internet, 'office', '', router.mac);
  await plug(providerSwitch, 'servers');
  await ip(internet, 'addr', 'add', `${router.ip}/24`, 'dev', 'office');
  await ip(internet, 'addr', 'add', `${router.ip6}/64`, 'dev', 'office', 'nodad');
  for (const address of Object.values(servers)) {
    await ip(internet, 'addr', 'add', address.includes(':') ? `${address}/128` : `${address}/32`, 'dev', 'lo');
  }
}

/** Removes every namespace of these recordings, and nothing else. */
export async function demolish(): Promise<void> {
  for (const namespace of namespaces) {
    await run(['ip', 'netns', 'del', namespace], { accept: 'any' });
    rmSync(`/etc/netns/${namespace}`, { recursive: true, force: true });
  }
}
