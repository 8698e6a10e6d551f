/** The synthetic office: its clients, its servers under documentation and benchmark addresses, and their names. All from the seed. */

import type { Random } from '../../fuzz/random.ts';
import type { Endpoint } from './path.ts';

const clientCount = 500;
const clientsPerSubnet = 250;
/** Share of visits that go over IPv6. */
const ipv6Share = 0.05;
const serverNameCount = 3000;

export const gatewayMac = Buffer.from('02766700fffe', 'hex');
const resolverMac = Buffer.from('027667000035', 'hex');
const fileServerMac = Buffer.from('027667000445', 'hex');

/** Contacts that the indicator list of the bench names on purpose; nothing else of the office is in it. */
export const planted = {
  domain: 'planted-c2.example',
  address: '203.0.113.66',
  urlHost: 'files.planted-host.example',
  urlPath: '/gate/panel.php',
  certificateName: 'planted-certificate.example',
} as const;

export interface Client {
  readonly index: number;
  readonly mac: Buffer;
  readonly v4: Buffer;
  readonly v6: Buffer;
}

export interface Server {
  readonly name: string;
  readonly v4: Buffer;
  readonly v6: Buffer;
}

const words =
  'river stone paper cloud maple harbor signal copper garden window lantern orchard bridge market saffron velvet timber meadow ' +
  'falcon marble coral amber willow canyon summit prairie beacon cobalt juniper mango lotus bamboo ginger pepper cedar heron ' +
  'anchor basket candle drum engine fabric glacier hammer island jacket kettle ladder mirror needle ocean pocket quartz ribbon';
const firstLabels = ['www', 'cdn', 'api', 'static', 'img', 'mail', 'login', 'update', 'media', 'sync', 'edge-7', 'assets', 'telemetry'];
const zones = ['example', 'test', 'com.example', 'net.example', 'gov.example', 'edu.test'];

export class Network {
  readonly clients: readonly Client[];
  readonly servers: readonly Server[];
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
    this.clients = Array.from({ length: clientCount }, (_, index) => makeClient(index));
    this.servers = Array.from({ length: serverNameCount }, (_, index) => makeServer(serverName(random), serverAddress(random), index));
  }

  anyClient(): Client {
    return this.clients[this.random.below(this.clients.length)]!;
  }

  /** Few names take most of the visits, as in an office. */
  anyServer(): Server {
    const popularity = this.random.unit();
    return this.servers[Math.floor(popularity ** 3 * this.servers.length)]!;
  }

  /** Both ends of a new conversation with a server outside, seen on the LAN side of the gateway. */
  ends(client: Client, server: Server, serverPort: number): [client: Endpoint, server: Endpoint] {
    const version6 = this.random.chance(ipv6Share);
    return [
      { mac: client.mac, address: version6 ? client.v6 : client.v4, port: this.clientPort() },
      { mac: gatewayMac, address: version6 ? server.v6 : server.v4, port: serverPort },
    ];
  }

  toResolver(client: Client): [client: Endpoint, server: Endpoint] {
    return [
      { mac: client.mac, address: client.v4, port: this.clientPort() },
      { mac: resolverMac, address: Buffer.from([10, 20, 0, 53]), port: 53 },
    ];
  }

  toFileServer(client: Client): [client: Endpoint, server: Endpoint] {
    return [
      { mac: client.mac, address: client.v4, port: this.clientPort() },
      { mac: fileServerMac, address: Buffer.from([10, 20, 0, 10]), port: 445 },
    ];
  }

  private clientPort(): number {
    return this.random.between(49_152, 65_535);
  }
}

export function plantedServer(name: string): Server {
  return { name, v4: Buffer.from(planted.address.split('.').map(Number)), v6: Buffer.from('20010db800bad0000000000000000066', 'hex') };
}

/** A server that is bad by its name, URL or certificate only: its address is in no list. */
export function plantedNameServer(name: string): Server {
  return { name, v4: Buffer.from([203, 0, 113, 67]), v6: Buffer.from('20010db800bad0000000000000000067', 'hex') };
}

function makeClient(index: number): Client {
  const subnet = 1 + Math.floor(index / clientsPerSubnet);
  const host = 2 + (index % clientsPerSubnet);
  return {
    index,
    mac: Buffer.from([0x02, 0x76, 0x67, 0, subnet, host]),
    v4: Buffer.from([10, 20, subnet, host]),
    v6: Buffer.from([0xfd, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, subnet, host]),
  };
}

function makeServer(name: string, v4: Buffer, index: number): Server {
  const v6 = Buffer.from([0x20, 0x01, 0x0d, 0xb8, 0, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, index >>> 8, index & 0xff]);
  return { name, v4, v6 };
}

function serverName(random: Random): string {
  const vocabulary = words.split(' ');
  const owner = random.chance(0.5)
    ? random.pick(vocabulary)
    : `${random.pick(vocabulary)}${random.pick(['-', ''])}${random.pick(vocabulary)}`;
  return `${random.pick(firstLabels)}.${owner}${random.below(90) + 10}.${random.pick(zones)}`;
}

/** The three documentation networks without their planted addresses, and the benchmark network (RFC 5737, RFC 2544). */
function serverAddress(random: Random): Buffer {
  if (random.chance(0.6)) return Buffer.from([198, 18 + random.below(2), random.below(256), 1 + random.below(254)]);
  const network = random.pick([
    [192, 0, 2],
    [198, 51, 100],
    [203, 0, 113],
  ]);
  return Buffer.from([...network, 70 + random.below(180)]);
}
