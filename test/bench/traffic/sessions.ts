/** Whole conversations of an office: a look-up, then a connection of some kind with its opening, its data and its end. */

import type { Random } from '../../fuzz/random.ts';
import { Payload } from './checksum.ts';
import { type ClientProfile, clientHello, tlsRecord } from './client-hello.ts';
import { Scripted, Sequence, type Source, type Step } from './conversation.ts';
import { dnsAnswer, dnsQuery, dnsTypes } from './dns-message.ts';
import { httpRequest, httpResponse } from './http-message.ts';
import type { Client, Network, Server } from './network.ts';
import { empty, Path, Segment } from './path.ts';
import { certificateChain, clientFinish12, clientFinish13, finish12, serverFlight12, serverFlight13 } from './server-hello.ts';
import { TcpConnection } from './tcp-connection.ts';
import { type Exchange, recordPayload, Transfer } from './transfer.ts';

/** Sizes of TLS records that programs commonly write, header included; all even. */
const recordBytes = { small: 622, medium: 4110, large: 16_406 } as const;

export class Sessions {
  readonly network: Network;
  readonly random: Random;
  readonly opaque: Payload;
  private readonly records: Record<keyof typeof recordBytes, Payload>;
  private readonly chains = new Map<string, readonly Buffer[]>();

  constructor(network: Network, random: Random) {
    this.network = network;
    this.random = random;
    this.opaque = new Payload(random.bytes(65_536));
    this.records = {
      small: recordPayload(random, recordBytes.small),
      medium: recordPayload(random, recordBytes.medium),
      large: recordPayload(random, recordBytes.large),
    };
  }

  /** Question and answer for the addresses of a name, one datagram each way. */
  lookup(client: Client, server: Server): Step[] {
    const { random } = this;
    const [near, far] = this.network.toResolver(client);
    const up = new Path(near, far, 17);
    const down = new Path(far, near, 17);
    const steps: Step[] = [];
    const types = random.chance(0.3) ? [dnsTypes.a, dnsTypes.https] : random.chance(0.5) ? [dnsTypes.a, dnsTypes.aaaa] : [dnsTypes.a];
    for (const type of types) {
      const question = { id: random.below(65_536), name: server.name, type };
      const addresses = type === dnsTypes.a ? [server.v4] : type === dnsTypes.aaaa ? [server.v6] : [];
      const alias = random.chance(0.2) && addresses.length > 0 ? `edge.${server.name}` : undefined;
      steps.push(datagram(up, dnsQuery(question, random.chance(0.5)), random.between(800, 25_000)));
      steps.push(datagram(down, dnsAnswer(question, addresses, alias), random.between(100, 900)));
    }
    return steps;
  }

  tls13(client: Client, server: Server, exchanges: number): Source {
    const profile = this.random.pick<ClientProfile>(['browser', 'browser-post-quantum', 'browser-post-quantum', 'tool']);
    return this.tls(client, server, profile, exchanges);
  }

  tls12(client: Client, server: Server, exchanges: number): Source {
    return this.tls(client, server, 'system', exchanges);
  }

  private tls(client: Client, server: Server, profile: ClientProfile, exchanges: number): Source {
    const connection = new TcpConnection(this.network.ends(client, server, 443), this.random);
    const roundTrip = this.random.between(4000, 60_000);
    const opening = [...connection.open(roundTrip), ...this.handshake(connection, server.name, profile, roundTrip)];
    let left = exchanges;
    const transfer = new Transfer(connection, roundTrip, () => (left-- > 0 ? this.tlsExchange() : undefined));
    return new Sequence(new Scripted(opening), transfer, new Scripted(connection.close(roundTrip)));
  }

  handshake(connection: TcpConnection, name: string, profile: ClientProfile, roundTrip: number): Step[] {
    const { random } = this;
    const hello = tlsRecord(22, clientHello({ name, profile, alpn: ['h2', 'http/1.1'] }, random), 0x0301);
    const steps = connection.message(hello, true, roundTrip);
    if (profile === 'system') {
      steps.push(...connection.message(serverFlight12(this.chain(name), random), false, 400));
      steps.push(...connection.message(clientFinish12(random), true, roundTrip));
      steps.push(...connection.message(finish12(random), false, 500));
    } else {
      steps.push(...connection.message(serverFlight13(random), false, 400));
      steps.push(...connection.message(clientFinish13(random), true, roundTrip));
    }
    return steps;
  }

  http(client: Client, server: Server, paths: readonly string[]): Source {
    const { random } = this;
    const connection = new TcpConnection(this.network.ends(client, server, 80), random);
    const roundTrip = random.between(4000, 60_000);
    let asked = 0;
    const nextExchange = (): Exchange | undefined => {
      const path = paths[asked++];
      if (path === undefined) return undefined;
      const bodyBytes = this.bodyBytes();
      const responseHead = httpResponse(bodyBytes);
      return {
        request: httpRequest(server.name, path, asked),
        responseHead,
        payload: this.opaque,
        bodyBytes,
        upload: false,
        thinkMicros: this.think(),
      };
    };
    const transfer = new Transfer(connection, roundTrip, nextExchange);
    return new Sequence(new Scripted(connection.open(roundTrip)), transfer, new Scripted(connection.close(roundTrip)));
  }

  /** A protocol that no decoder knows, as between an office and its file server. */
  fileServer(client: Client, exchanges: number): Source {
    const { random } = this;
    const connection = new TcpConnection(this.network.toFileServer(client), random);
    let left = exchanges;
    const nextExchange = (): Exchange | undefined => {
      if (left-- <= 0) return undefined;
      const upload = random.chance(0.3);
      const request = random.bytes(random.between(100, 400));
      return { request, responseHead: empty, payload: this.opaque, bodyBytes: this.bodyBytes() * 3, upload, thinkMicros: this.think() };
    };
    const transfer = new Transfer(connection, 500, nextExchange);
    return new Sequence(new Scripted(connection.open(300)), transfer, new Scripted(connection.close(300)));
  }

  tlsExchange(): Exchange {
    const { random } = this;
    const size = random.pick<keyof typeof recordBytes>(['small', 'medium', 'medium', 'large']);
    const count = 1 + Math.floor((size === 'small' ? 4 : 6) * random.unit() ** 3 * 4);
    const request = tlsRecord(23, random.bytes(random.between(120, 900)));
    const bodyBytes = count * recordBytes[size];
    return { request, responseHead: empty, payload: this.records[size], bodyBytes, upload: random.chance(0.08), thinkMicros: this.think() };
  }

  private chain(name: string): readonly Buffer[] {
    const known = this.chains.get(name);
    if (known !== undefined) return known;
    const made = certificateChain(name);
    this.chains.set(name, made);
    return made;
  }

  private bodyBytes(): number {
    return 400 + Math.floor(120_000 * this.random.unit() ** 4);
  }

  private think(): number {
    return 50_000 + Math.floor(20_000_000 * this.random.unit() ** 2);
  }
}

/** One UDP payload as a step. */
export function datagram(path: Path, payload: Buffer, delayMicros: number): Step {
  const segment = new Segment().payload(payload);
  return { delayMicros, write: (out, at) => path.udp(out, at, segment) };
}
