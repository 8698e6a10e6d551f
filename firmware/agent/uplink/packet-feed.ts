/**
 * A stream that its reader reads by `pipe` -> the same stream, giving that reader whole packets one by one. mqtt.js throws at some packets that
 * are not as they should be, and does so wherever the runtime has called it, which ends the process; here it is called, and caught. What it
 * threw, or what is no packet, closes the stream.
 */
import type { Duplex, Writable } from 'node:stream';
import { PacketSplitter } from './packet-splitter.ts';

/** `onFault` gets an `Error` in words before the stream is closed. */
export function feedByPacket(stream: Duplex, packetBytesMax: number, onFault: (error: Error) => void): void {
  const splitter = new PacketSplitter(packetBytesMax);
  const fail = (error: unknown, what: string) => {
    onFault(error instanceof Error ? new Error(`${what}${error.message}`) : new Error(what));
    stream.destroy();
  };
  const feed = (reader: Writable, packets: readonly Buffer[], index: number): void => {
    const packet = packets[index];
    if (stream.destroyed) return;
    if (packet === undefined) {
      stream.resume();
      return;
    }
    try {
      // mqtt.js handles the packet within this call; the callback comes later, when it is ready for the next.
      reader.write(packet, () => feed(reader, packets, index + 1));
    } catch (error) {
      fail(error, 'the broker sent a packet that cannot be understood: ');
    }
  };
  stream.pipe = <T extends NodeJS.WritableStream>(reader: T): T => {
    stream.on('data', (bytes: Buffer) => {
      stream.pause();
      try {
        feed(reader as unknown as Writable, splitter.take(bytes), 0);
      } catch (error) {
        fail(error, '');
      }
    });
    return reader;
  };
}
