/**
 * A box that sends prepared alerts as fast as the centre takes them: within the uplink's bounds, and by its own rule of what is sent again
 * and when (`send-again.ts`). It costs a tenth of a real one, so that a few of them load two ingest processes. Forgets nothing the centre has
 * not acknowledged; has no disk.
 */
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { acknowledgedBy, centreStateOf } from '../../../firmware/agent/uplink/from-centre.ts';
import { PacketSplitter } from '../../../firmware/agent/uplink/packet-splitter.ts';
import { SendAgain } from '../../../firmware/agent/uplink/send-again.ts';
import { SentBook } from '../../../firmware/agent/uplink/sent-book.ts';
import { broadcast, down, up } from '../../../firmware/contract/topics.ts';
import type { TestAccess } from '../../centre/broker/centre-broker.ts';
import { benchAlert } from './alerts.ts';
import {
  bodyOf,
  connectPacket,
  packetTypes,
  pingRequest,
  pubackPacket,
  publishPacket,
  readPublish,
  subscribePacket,
  text,
} from './mqtt-packets.ts';

/** The defaults of the uplink. */
const windowMax = 16;
const unacknowledgedMax = 1_000;
const centreTimeoutMs = 60_000;
const keepaliveSeconds = 30;
const lookMs = 250;
const packetBytesMax = 512 * 1024;
const packetIdMax = 65_535;
const refusalCodeMin = 0x80;
const outbox = 'bench';

export interface LightBoxParts {
  id: string;
  access: TestAccess;
  alerts: number;
  /** What no box survives: it is over then. */
  failed: (error: Error) => void;
}

export class LightBox {
  sent = 0;
  acknowledged = 0;
  readonly done = Promise.withResolvers<void>();
  readonly #parts: LightBoxParts;
  readonly #topic: Buffer;
  /** By number: acknowledged by the centre. */
  readonly #isSafe: Uint8Array;
  readonly #book = new SentBook();
  readonly #again = new SendAgain(centreTimeoutMs, Math.random);
  readonly #splitter = new PacketSplitter(packetBytesMax);
  readonly #onTheWay = new Set<number>();
  readonly #ready = Promise.withResolvers<void>();
  #socket: TLSSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #next = 1;
  #packetId = 0;
  #isStarted = false;

  constructor(parts: LightBoxParts) {
    this.#parts = parts;
    this.#topic = text(up.alert(parts.id));
    this.#isSafe = new Uint8Array(parts.alerts + 1);
  }

  /** Resolves once it is connected and subscribed. */
  async connect(): Promise<void> {
    const { access, id, failed } = this.#parts;
    const { hostname, port } = new URL(access.url);
    const [ca, cert, key] = [access.caFile, access.certFile, access.keyFile].map((file) => readFileSync(file));
    const socket = connect({ host: hostname, port: Number(port), ca, cert, key, minVersion: 'TLSv1.3' });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', failed);
    socket.on('close', () => failed(new Error(`${id}: the broker ended the connection`)));
    socket.on('data', (bytes: Buffer) => {
      for (const packet of this.#splitter.take(bytes)) this.#receive(packet);
      this.#fill();
    });
    socket.write(connectPacket(id, keepaliveSeconds));
    await this.#ready.promise;
    let lookedMs = 0;
    this.#timer = setInterval(() => {
      this.#fill();
      if (performance.now() - lookedMs < (keepaliveSeconds * 1_000) / 2) return;
      lookedMs = performance.now();
      socket.write(pingRequest);
    }, lookMs);
  }

  start(): void {
    this.#isStarted = true;
    this.#fill();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#socket?.removeAllListeners('close');
    this.#socket?.destroy();
  }

  #receive(packet: Buffer): void {
    const type = (packet[0] ?? 0) >> 4;
    if (type === packetTypes.connack) {
      const code = bodyOf(packet)[1] ?? 0;
      if (code !== 0) this.#parts.failed(new Error(`${this.#parts.id}: the broker refuses the connection (reason ${code})`));
      else this.#socket?.write(subscribePacket(1, [down.ack(this.#parts.id), broadcast.centreState]));
    } else if (type === packetTypes.suback) this.#ready.resolve();
    else if (type === packetTypes.puback) this.#onPuback(bodyOf(packet));
    else if (type === packetTypes.publish) this.#onPublish(packet);
  }

  #onPuback(body: Buffer): void {
    this.#onTheWay.delete(body.readUInt16BE(0));
    const code = body[2] ?? 0;
    if (code >= refusalCodeMin) this.#parts.failed(new Error(`${this.#parts.id}: the broker refuses an alert (reason ${code})`));
  }

  #onPublish(packet: Buffer): void {
    const { topic, payload, packetId, isRetained } = readPublish(packet);
    if (packetId !== 0) this.#socket?.write(pubackPacket(packetId));
    if (topic === broadcast.centreState) this.#again.hear(centreStateOf(payload), isRetained, performance.now());
    else for (const key of acknowledgedBy(payload, this.#parts.id)) this.#onSafe(key.seq);
  }

  #onSafe(seq: number): void {
    this.#book.delete({ outbox, seq });
    this.#again.acknowledged();
    if (this.#isSafe[seq] !== 0) return;
    this.#isSafe[seq] = 1;
    if (++this.acknowledged === this.#parts.alerts) this.done.resolve();
  }

  /** As the publisher of a box: what is due again is read again from the beginning. */
  #fill(): void {
    const socket = this.#socket;
    if (!this.#isStarted || socket === undefined) return;
    const untilMs = this.#again.due(this.#book.oldestMs, performance.now());
    if (untilMs !== undefined && this.#book.forgetUntil(untilMs) > 0) this.#next = 1;
    socket.cork();
    while (this.#onTheWay.size < windowMax && this.#book.size < unacknowledgedMax && this.#next <= this.#parts.alerts) {
      const seq = this.#next++;
      if (this.#isSafe[seq] === 0 && !this.#book.has({ outbox, seq })) this.#send(seq, socket);
    }
    socket.uncork();
  }

  #send(seq: number, socket: TLSSocket): void {
    do this.#packetId = (this.#packetId % packetIdMax) + 1;
    while (this.#onTheWay.has(this.#packetId));
    const body = `{"seq":${seq},"outboxId":"${outbox}",${JSON.stringify(benchAlert(this.#parts.id, seq)).slice(1)}`;
    socket.write(publishPacket(this.#topic, this.#packetId, body));
    this.#onTheWay.add(this.#packetId);
    this.#book.add({ outbox, seq }, performance.now());
    this.sent++;
  }
}
