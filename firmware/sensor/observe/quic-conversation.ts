/** A QUIC conversation up to its ClientHello: hands the client's datagrams to the decoder until the hello is whole or given up. */

import type { Packet } from '../decode/packet.ts';
import { QuicHello } from '../decode/quic/quic-hello.ts';
import type { MessageSink } from './message-sink.ts';

export class QuicConversation {
  private readonly slot: number;
  private readonly clientIsA: boolean;
  private readonly sink: MessageSink;
  private readonly hello = new QuicHello();
  isDone = false;

  constructor(slot: number, clientIsA: boolean, sink: MessageSink) {
    this.slot = slot;
    this.clientIsA = clientIsA;
    this.sink = sink;
    sink.client(slot, clientIsA);
  }

  add(packet: Packet, fromA: boolean): void {
    if (fromA !== this.clientIsA) return;
    const hello = this.hello.push(packet.bytes, packet.payloadStart, packet.payloadEnd);
    if (hello !== undefined) this.sink.quic(this.slot, this.hello.version, hello);
    if (hello === undefined && !this.hello.done) return;
    if (this.hello.anomaly !== undefined) this.sink.anomaly(this.slot, this.hello.anomaly);
    this.sink.read(this.slot, true);
    this.sink.read(this.slot, false);
    this.isDone = true;
  }

  finish(): void {
    this.isDone = true;
  }
}
