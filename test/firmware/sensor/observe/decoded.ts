/** Frames through the frame decoder alone: the packets it gave, copied, and the anomalies it counted. */
import { formatAddress, formatMac } from '../../../../firmware/sensor/bytes/address.ts';
import { type Anomaly, AnomalyCounter } from '../../../../firmware/sensor/decode/anomaly.ts';
import { FrameDecoder } from '../../../../firmware/sensor/decode/frame-decoder.ts';
import { frameOf, startMicros } from './sensor.ts';

export interface SeenPacket {
  src: string;
  dst: string;
  sport: number;
  dport: number;
  protocol: number;
  mac: string | undefined;
  vlans: number[];
  depth: number;
  carriesPacket: boolean;
  ipLength: number;
  payload: string;
  payloadLength: number;
  tcpFlags: number;
}

export interface SeenArp {
  mac: string;
  address: string;
  vlan: number;
}

export class Decoding {
  readonly packets: SeenPacket[] = [];
  readonly arps: SeenArp[] = [];
  readonly counter = new AnomalyCounter();
  readonly decoder: FrameDecoder;
  nowMicros = startMicros;

  constructor() {
    this.decoder = new FrameDecoder(
      {
        packet: (packet) => {
          const { bytes, payloadStart, payloadEnd, hasMac, vlan, vlanInner } = packet;
          this.packets.push({
            src: formatAddress(packet.srcA, packet.srcB, packet.srcC, packet.srcD),
            dst: formatAddress(packet.dstA, packet.dstB, packet.dstC, packet.dstD),
            sport: packet.srcPort,
            dport: packet.dstPort,
            protocol: packet.protocol,
            mac: hasMac ? formatMac(packet.srcMacHigh, packet.srcMacLow) : undefined,
            vlans: [vlan, vlanInner].filter((id) => id >= 0),
            depth: packet.tunnelDepth,
            carriesPacket: packet.carriesPacket,
            ipLength: packet.ipLength,
            payload: Buffer.from(bytes.subarray(payloadStart, payloadEnd)).toString('latin1'),
            payloadLength: packet.payloadLength,
            tcpFlags: packet.tcpFlags,
          });
        },
        arp: ({ srcMacHigh, srcMacLow, vlan }, word) =>
          this.arps.push({ mac: formatMac(srcMacHigh, srcMacLow), address: formatAddress(0, 0, 0xffff, word), vlan }),
      },
      this.counter,
    );
  }

  decode(bytes: Uint8Array, linkType = 1, originalLength = bytes.length): this {
    this.decoder.decode(frameOf(bytes, this.nowMicros, linkType, originalLength));
    return this;
  }

  /** The packets of this frame only; the decoder keeps its state. */
  packetsOf(bytes: Uint8Array, linkType = 1, originalLength = bytes.length): SeenPacket[] {
    this.packets.length = 0;
    return this.decode(bytes, linkType, originalLength).packets;
  }

  /** What was counted, by name; only what is not 0. */
  get anomalies(): Partial<Record<Anomaly, number>> {
    return Object.fromEntries(Object.entries(this.counter.counts).filter(([, count]) => count > 0));
  }

  get last(): SeenPacket | undefined {
    return this.packets.at(-1);
  }
}

export function decodeOne(bytes: Uint8Array, linkType = 1, originalLength = bytes.length): Decoding {
  return new Decoding().decode(bytes, linkType, originalLength);
}
