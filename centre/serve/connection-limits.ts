/**
 * Keeps what one client may take of the server in bounds: connections of an address, connections of a box, and requests at once on each of them. Whoever
 * goes beyond is cut off; the others do not notice. Knows nothing of files.
 */
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { isIPv4, parseAddress } from '../../firmware/sensor/bytes/address.ts';

/** All boxes of a province may come from behind one address; whoever has no certificate takes a third of all places from one. */
const connectionsOfAddressMax = 400;
/** A box fetches one file at a time; a second connection may linger from before its line broke. */
const connectionsOfBoxMax = 4;
/** Boxes wait for an answer before they ask again; others may ask for the next file while one is on its way. */
const requestsAtOnceMax = 4;

/** How many there are of each name. */
class Counts {
  private readonly counts = new Map<string, number>();

  /** The new count. */
  add(name: string): number {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    return count;
  }

  remove(name: string): void {
    const left = (this.counts.get(name) ?? 1) - 1;
    if (left === 0) this.counts.delete(name);
    else this.counts.set(name, left);
  }
}

export class ConnectionLimits {
  private readonly addresses = new Counts();
  private readonly open = new Counts();
  private readonly boxes = new WeakMap<Socket, string>();
  private readonly requests = new WeakMap<Socket, number>();
  private readonly log: Pick<Logger, 'warn'>;

  constructor(server: Server, log: Pick<Logger, 'warn'>) {
    this.log = log;
    server.on('connection', (socket: Socket) => this.countAddress(socket));
    server.on('secureConnection', (socket: TLSSocket) => this.countBox(socket));
  }

  /** The box at the other end. Asked when the connection begins: one that was cut off has no certificate any more. */
  boxAt(socket: Socket): string | undefined {
    return this.boxes.get(socket);
  }

  /**
   * Whether the connection may have one more request; `done` says that it was answered. A client that asks for thousands of files and reads none would have
   * us hold a file and a buffer for each: it is cut off.
   */
  begin(socket: Socket): boolean {
    const count = (this.requests.get(socket) ?? 0) + 1;
    if (count <= requestsAtOnceMax) {
      this.requests.set(socket, count);
      return true;
    }
    if (!socket.destroyed) this.log.warn({ box: this.boxAt(socket) }, 'too many requests at once on one connection');
    socket.destroy();
    return false;
  }

  done(socket: Socket): void {
    this.requests.set(socket, (this.requests.get(socket) ?? 1) - 1);
  }

  private countAddress(socket: Socket): void {
    const place = placeOf(socket.remoteAddress ?? '');
    const count = this.addresses.add(place);
    socket.once('close', () => this.addresses.remove(place));
    if (count <= connectionsOfAddressMax) return;
    // Told once for each time that it gets so far.
    if (count === connectionsOfAddressMax + 1) this.log.warn({ remote: socket.remoteAddress }, 'too many connections of one address');
    socket.destroy();
  }

  private countBox(socket: TLSSocket): void {
    const certificate: Partial<PeerCertificate> | null = socket.getPeerCertificate();
    const box = certificate?.subject?.CN?.toString() ?? '';
    this.boxes.set(socket, box);
    const count = this.open.add(box);
    socket.once('close', () => this.open.remove(box));
    if (count <= connectionsOfBoxMax) return;
    this.log.warn({ box }, 'too many connections of one box');
    socket.destroy();
  }
}

/** An IPv4 address, or the network of 64 bits that a client of IPv6 has to itself. */
function placeOf(address: string): string {
  const words = parseAddress(address.replace(/%.*$/, ''));
  if (words === undefined) return address;
  const [a, b, c, d] = words;
  return isIPv4(a, b, c) ? String(d) : `${a} ${b}`;
}
