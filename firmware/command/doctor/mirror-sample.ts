/**
 * A few seconds of frames -> what kind of port they came from: whose frames they are, and whether both directions between other machines are
 * among them. Pairs are told by IP address, not by hardware address: where two routers stand for one, the ways there and back have different ones.
 * Judges the port, not what the machines do.
 */
import { formatAddress, formatMac } from '../../sensor/bytes/address.ts';
import { noBytes, Reader } from '../../sensor/bytes/reader.ts';
import type { Frame } from '../../sensor/capture/frame.ts';
import { AnomalyCounter } from '../../sensor/decode/anomaly.ts';
import { FrameDecoder } from '../../sensor/decode/frame-decoder.ts';
import { linkEthernet } from '../../sensor/decode/link.ts';
import { type Packet, protocolTcp } from '../../sensor/decode/packet.ts';

/** IEEE 802.3 §3.2.3: the first bit on the wire of a group address. */
const groupBit = 0x0100;
/** Enough to judge by; later pairs are not followed. */
const pairsMax = 4_096;
/** Fewer frames may be ones that the switch floods because it has not learned where a machine is. */
const framesMin = 20;
/** Some conversations are one-way wherever one listens: scans that nobody answers, streams of video. */
const twoWayShareMin = 0.5;

export type MirrorVerdict = 'silent' | 'not-a-mirror' | 'one-way' | 'too-little' | 'ok';

export interface OwnAddresses {
  hardware: ReadonlySet<string>;
  ip: ReadonlySet<string>;
}

interface Pair {
  /** The addresses in the order of the first packet. */
  source: string;
  isTwoWay: boolean;
  tcpFrames: number;
}

export class MirrorSample {
  frames = 0;
  /** To broadcast and multicast addresses: every port of a switch gets them. */
  group = 0;
  /** From or to the machine that listens. */
  own = 0;
  /** Between other machines: what only a mirror port shows. */
  foreign = 0;
  private readonly ours: OwnAddresses;
  private readonly reader = new Reader(noBytes);
  private readonly pairs = new Map<string, Pair>();
  private readonly decoder = new FrameDecoder({ packet: (packet) => this.packet(packet), arp: () => undefined }, new AnomalyCounter());
  private isOwnFrame = false;
  private isForeignFrame = false;

  constructor(ours: OwnAddresses) {
    this.ours = ours;
  }

  take(frame: Frame): void {
    this.frames++;
    this.isOwnFrame = false;
    this.isForeignFrame = frame.linkType === linkEthernet;
    if (frame.linkType === linkEthernet && this.isGroupFrame(frame)) {
      this.group++;
      return;
    }
    if (this.isOwnFrame) this.isForeignFrame = false;
    this.decoder.decode(frame);
    if (this.isForeignFrame) this.foreign++;
    else this.own++;
  }

  verdict(): MirrorVerdict {
    if (this.frames === 0) return 'silent';
    if (this.foreign === 0) return 'not-a-mirror';
    let tcpFrames = 0;
    let tcpTwoWay = 0;
    for (const pair of this.pairs.values()) {
      tcpFrames += pair.tcpFrames;
      if (pair.isTwoWay) tcpTwoWay += pair.tcpFrames;
    }
    if (tcpFrames >= framesMin) return tcpTwoWay / tcpFrames >= twoWayShareMin ? 'ok' : 'one-way';
    if (this.twoWayPairs > 0) return 'ok';
    return this.foreign < framesMin ? 'too-little' : 'one-way';
  }

  get twoWayPairs(): number {
    return [...this.pairs.values()].filter(({ isTwoWay }) => isTwoWay).length;
  }

  get oneWayPairs(): number {
    return this.pairs.size - this.twoWayPairs;
  }

  /** Also sets `isOwnFrame`. */
  private isGroupFrame(frame: Frame): boolean {
    const { reader, ours } = this;
    reader.reset(frame.bytes, frame.start, frame.end);
    const destinationHigh = reader.u16();
    const destination = formatMac(destinationHigh, reader.i32());
    const sourceHigh = reader.u16();
    const source = formatMac(sourceHigh, reader.i32());
    this.isOwnFrame = ours.hardware.has(source) || ours.hardware.has(destination);
    return (destinationHigh & groupBit) !== 0;
  }

  /** A remote mirror sends to our own address what is not ours: there the packet inside counts. */
  private packet(packet: Packet): void {
    if (packet.carriesPacket) return;
    const source = formatAddress(packet.srcA, packet.srcB, packet.srcC, packet.srcD);
    const destination = formatAddress(packet.dstA, packet.dstB, packet.dstC, packet.dstD);
    this.isForeignFrame = !this.ours.ip.has(source) && !this.ours.ip.has(destination) && (!this.isOwnFrame || packet.tunnelDepth > 0);
    if (this.isForeignFrame) this.follow(source, destination, packet.protocol === protocolTcp);
  }

  private follow(source: string, destination: string, isTcp: boolean): void {
    const key = source < destination ? `${source} ${destination}` : `${destination} ${source}`;
    let pair = this.pairs.get(key);
    if (pair === undefined) {
      if (this.pairs.size >= pairsMax) return;
      pair = { source, isTwoWay: false, tcpFrames: 0 };
      this.pairs.set(key, pair);
    }
    if (pair.source !== source) pair.isTwoWay = true;
    if (isTcp) pair.tcpFrames++;
  }
}
