/**
 * Writes a capture in which many TCP connections are open at the same time: each with its handshake, a ClientHello, an answer, and data
 * at the end, none closed: `node test/bench/generate-flows.ts FILE [--flows N] [--seed N]`.
 */

import { parseArgs } from 'node:util';
import { Random } from '../fuzz/random.ts';
import { captureStartMicros, type Generated } from './generate-office.ts';
import { type Progress, startProgress } from './progress.ts';
import { Scripted, type Source } from './traffic/conversation.ts';
import { gatewayMac, Network } from './traffic/network.ts';
import { tcpFlags } from './traffic/path.ts';
import { PcapWriter } from './traffic/pcap-writer.ts';
import { Sessions } from './traffic/sessions.ts';
import { TcpConnection } from './traffic/tcp-connection.ts';
import { TimeQueue } from './traffic/time-queue.ts';

/** Connections that are in their opening at the same time. */
const openingMax = 2000;
const packetGapMicros = 25;
/** Every connection's share of data once all are open, so that none is idle. */
const dataRounds = 2;

export function generateFlows(path: string, options: { flows: number; seed: number }, progress: Progress): Generated {
  const random = new Random(options.seed);
  const sessions = new Sessions(new Network(random), random);
  const writer = new PcapWriter(path);
  const connections = Array.from({ length: options.flows }, (_, index) => connect(sessions, index));
  let now = openAll(connections, sessions, writer, progress);
  for (let round = 0; round < dataRounds; round++) {
    // A stride that shares no divisor with the count visits every connection once, far from its neighbours.
    for (let step = 0, at = 0; step < connections.length; step++, at = (at + 7919) % connections.length) {
      now += packetGapMicros;
      const connection = connections[at]!;
      const offset = random.below(30_000) & ~1;
      connection.segment.slice(sessions.opaque, offset, offset + random.between(100, 600));
      writer.end(connection.send(writer.bytes, writer.begin(), round % 2 === 0, tcpFlags.psh | tcpFlags.ack), now);
    }
  }
  writer.close();
  return { packets: writer.packets, bytes: writer.bytesWritten, conversations: connections.length };
}

/** Client, server and port are spread so that no two connections share all four. */
function connect(sessions: Sessions, index: number): TcpConnection {
  const { clients, servers } = sessions.network;
  const client = clients[index % clients.length]!;
  const server = servers[index % servers.length]!;
  const port = 20_000 + Math.floor(index / clients.length);
  const ends = [
    { mac: client.mac, address: client.v4, port },
    { mac: gatewayMac, address: server.v4, port: 443 },
  ] as const;
  return new TcpConnection(ends, sessions.random);
}

function openAll(connections: readonly TcpConnection[], sessions: Sessions, writer: PcapWriter, progress: Progress): number {
  const live = Math.min(openingMax, connections.length);
  const queue = new TimeQueue(live);
  const slots: Source[] = [];
  let opened = 0;
  const open = (): Source => opening(sessions, connections[opened]!, opened++);
  for (let slot = 0; slot < live; slot++) {
    slots.push(open());
    queue.push(captureStartMicros + slot * packetGapMicros * 10, slot);
  }
  let now = captureStartMicros;
  while (queue.size > 0) {
    const slot = queue.firstSlot;
    now = Math.max(now + 1, queue.firstTime);
    const length = slots[slot]!.next(writer.bytes, writer.begin());
    if (length > 0) {
      writer.end(length, now);
      queue.moveFirst(now + slots[slot]!.delayMicros);
    } else if (opened < connections.length) {
      slots[slot] = open();
      queue.moveFirst(now + packetGapMicros);
      if (opened % 1000 === 0) progress.show(opened, connections.length);
    } else queue.removeFirst();
  }
  return now;
}

function opening(sessions: Sessions, connection: TcpConnection, index: number): Source {
  const { servers } = sessions.network;
  const roundTrip = sessions.random.between(4000, 60_000);
  const profile = index % 4 === 0 ? 'browser-post-quantum' : index % 4 === 1 ? 'system' : 'tool';
  const handshake = sessions.handshake(connection, servers[index % servers.length]!.name, profile, roundTrip);
  return new Scripted([...connection.open(roundTrip), ...handshake]);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { flows: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  });
  const progress = startProgress('live flows');
  const options = { flows: Number(values.flows), seed: Number(values.seed) };
  progress.done(JSON.stringify(generateFlows(positionals[0] ?? 'flows.pcap', options, progress)));
}
