/** A QUIC conversation: protected Initials with a real ClientHello, then datagrams that only look like QUIC (RFC 9000 §17). */

import type { Payload } from './checksum.ts';
import { clientHello } from './client-hello.ts';
import { Scripted, Sequence, type Source, type Step } from './conversation.ts';
import type { Client, Server } from './network.ts';
import { type Endpoint, Path, Segment } from './path.ts';
import { initialDatagram, initialKeys, transportParameters } from './quic-initial.ts';
import { serverHello13 } from './server-hello.ts';
import { datagram, type Sessions } from './sessions.ts';

/** Handshake bytes that go into one Initial; a post-quantum hello needs two. */
const cryptoBytesMax = 1100;
const dataBytes = 1250;

/** RFC 9000 §7.2: the id that the client made up for its first Initial, and the ones that both sides chose. */
export interface ConnectionIds {
  original: Buffer;
  client: Buffer;
  server: Buffer;
}

export function quic(sessions: Sessions, client: Client, server: Server, datagrams: number): Source {
  const { random } = sessions;
  const ends = sessions.network.ends(client, server, 443);
  const up = new Path(ends[0], ends[1], 17);
  const down = new Path(ends[1], ends[0], 17);
  const roundTrip = random.between(4000, 60_000);
  const ids = { original: random.bytes(8), client: random.bytes(8), server: random.bytes(8) };
  const opening = quicOpening(sessions, server.name, ids, up, down, roundTrip);
  return new Sequence(new Scripted(opening), new Stream(ends, ids, sessions.opaque, datagrams, () => think(sessions, roundTrip)));
}

function think(sessions: Sessions, roundTrip: number): number {
  return sessions.random.chance(0.2) ? sessions.random.between(50_000, 4_000_000) : roundTrip;
}

/** Both sides' Initials and something that stands for their Handshake packets. */
export function quicOpening(sessions: Sessions, name: string, ids: ConnectionIds, up: Path, down: Path, roundTrip: number): Step[] {
  const { random } = sessions;
  const destinationId = ids.original;
  const sourceId = ids.client;
  const profile = random.chance(0.5) ? 'browser-post-quantum' : 'browser';
  const hello = clientHello({ name, profile, alpn: ['h3'], transportParameters: transportParameters(sourceId) }, random);
  const keys = initialKeys(destinationId, 'client');
  const steps: Step[] = [];
  for (let offset = 0; offset < hello.length; offset += cryptoBytesMax) {
    const crypto = hello.subarray(offset, offset + cryptoBytesMax);
    const packet = { keys, destinationId, sourceId, packetNumber: steps.length, crypto, offset };
    steps.push(datagram(up, initialDatagram(packet), 60));
  }
  steps.at(-1)!.delayMicros = roundTrip;
  const serverKeys = initialKeys(destinationId, 'server');
  const serverId = ids.server;
  const answer = {
    keys: serverKeys,
    destinationId: sourceId,
    sourceId: serverId,
    packetNumber: 0,
    crypto: serverHello13(random),
    offset: 0,
  };
  steps.push(datagram(down, initialDatagram(answer), 40));
  steps.push(datagram(down, handshakePacket(sessions, sourceId, serverId, 1150), 300));
  steps.push(datagram(up, handshakePacket(sessions, serverId, sourceId, 90), roundTrip));
  return steps;
}

/** RFC 9000 §17.2.4, its protected part random. */
function handshakePacket(sessions: Sessions, destinationId: Buffer, sourceId: Buffer, bytes: number): Buffer {
  const length = 0x4000 | bytes;
  const head = Buffer.from([
    0xe1,
    0,
    0,
    0,
    1,
    destinationId.length,
    ...destinationId,
    sourceId.length,
    ...sourceId,
    length >>> 8,
    length & 0xff,
  ]);
  return Buffer.concat([head, sessions.random.bytes(bytes)]);
}

/** Datagrams with short headers: trains down, an acknowledgment up after every few. */
class Stream implements Source {
  delayMicros = 0;
  private readonly segment = new Segment();
  private readonly up: Path;
  private readonly down: Path;
  private readonly payload: Payload;
  private readonly upHead: Buffer;
  private readonly downHead: Buffer;
  private readonly pause: () => number;
  private left: number;
  private count = 0;
  private offset = 0;

  constructor(ends: readonly [Endpoint, Endpoint], ids: ConnectionIds, payload: Payload, datagrams: number, pause: () => number) {
    this.up = new Path(ends[0], ends[1], 17);
    this.down = new Path(ends[1], ends[0], 17);
    this.payload = payload;
    this.pause = pause;
    this.left = datagrams;
    this.upHead = Buffer.concat([Buffer.from([0x41]), ids.server, Buffer.from([0])]);
    this.downHead = Buffer.concat([Buffer.from([0x41]), ids.client, Buffer.from([0])]);
  }

  next(out: Buffer, at: number): number {
    if (this.left-- <= 0) return 0;
    this.count++;
    const upward = this.count % 4 === 0;
    const bytes = upward ? 26 : dataBytes;
    this.offset = ((this.offset + dataBytes) % (this.payload.bytes.length - dataBytes)) & ~1;
    this.segment.slice(this.payload, this.offset, this.offset + bytes);
    this.segment.head = upward ? this.upHead : this.downHead;
    this.delayMicros = this.count % 32 === 0 ? this.pause() : 14;
    return (upward ? this.up : this.down).udp(out, at, this.segment);
  }
}
