/** Both directions of one TCP connection: keeps the numbers right (RFC 9293 §3.4) while its owner says who sends what. */

import type { Random } from '../../fuzz/random.ts';
import type { Step } from './conversation.ts';
import { type Endpoint, empty, Path, Segment, tcpFlags } from './path.ts';

const { fin, syn, psh, ack } = tcpFlags;
const synOptions = Buffer.from('020405b40103030801010402', 'hex'); // MSS 1460, window scale 8, SACK permitted
const timestampOptions = Buffer.from('0101080a0102030405060708', 'hex'); // RFC 7323 §3.2; constant: nobody here measures by them
const segmentBytes = 1460;

export class TcpConnection {
  readonly segment = new Segment();
  /** Payload bytes that fit one segment; even, so that sums of slices can be looked up. */
  readonly payloadBytesMax: number;
  readonly random: Random;
  private readonly up: Path;
  private readonly down: Path;
  private readonly options: Buffer;
  private upSequence: number;
  private downSequence: number;

  constructor(ends: readonly [client: Endpoint, server: Endpoint], random: Random) {
    this.up = new Path(ends[0], ends[1], 6);
    this.down = new Path(ends[1], ends[0], 6);
    this.random = random;
    this.options = random.chance(0.3) ? timestampOptions : empty;
    const headerBytes = this.options.length + (ends[0].address.length === 16 ? 20 : 0);
    this.payloadBytesMax = segmentBytes - headerBytes;
    this.upSequence = random.u32();
    this.downSequence = random.u32();
  }

  /** Sends what stands in `segment`. */
  send(out: Buffer, at: number, fromClient: boolean, flags: number): number {
    const { segment } = this;
    segment.flags = flags;
    segment.options = flags & syn ? synOptions : this.options;
    segment.sequence = fromClient ? this.upSequence : this.downSequence;
    segment.acknowledgment = flags & ack ? (fromClient ? this.downSequence : this.upSequence) : 0;
    const used = segment.head.length + segment.end - segment.start + (flags & (syn | fin) ? 1 : 0);
    if (fromClient) this.upSequence = (this.upSequence + used) >>> 0;
    else this.downSequence = (this.downSequence + used) >>> 0;
    return (fromClient ? this.up : this.down).tcp(out, at, segment);
  }

  /** Sends the segment just sent by that side once more, as after a loss. Only for segments with payload. */
  repeat(out: Buffer, at: number, fromClient: boolean): number {
    return (fromClient ? this.up : this.down).tcp(out, at, this.segment);
  }

  /** A segment without payload. */
  bare(out: Buffer, at: number, fromClient: boolean, flags: number): number {
    this.segment.payload(empty);
    return this.send(out, at, fromClient, flags);
  }

  open(roundTripMicros: number): Step[] {
    return [
      { delayMicros: roundTripMicros, write: (out, at) => this.bare(out, at, true, syn) },
      { delayMicros: 80, write: (out, at) => this.bare(out, at, false, syn | ack) },
      { delayMicros: 200, write: (out, at) => this.bare(out, at, true, ack) },
    ];
  }

  /** A message in as many segments as it needs, then the other side's acknowledgment. */
  message(bytes: Buffer, fromClient: boolean, roundTripMicros: number): Step[] {
    const steps: Step[] = [];
    for (let start = 0; start < bytes.length; start += this.payloadBytesMax) {
      const part = bytes.subarray(start, start + this.payloadBytesMax);
      const last = start + part.length === bytes.length;
      steps.push({
        delayMicros: last ? roundTripMicros : 14,
        write: (out, at) => {
          this.segment.payload(part);
          return this.send(out, at, fromClient, last ? psh | ack : ack);
        },
      });
    }
    steps.push({ delayMicros: 300, write: (out, at) => this.bare(out, at, !fromClient, ack) });
    return steps;
  }

  close(roundTripMicros: number): Step[] {
    if (this.random.chance(0.15)) return [{ delayMicros: 0, write: (out, at) => this.bare(out, at, true, tcpFlags.rst | ack) }];
    return [
      { delayMicros: roundTripMicros, write: (out, at) => this.bare(out, at, true, fin | ack) },
      { delayMicros: 100, write: (out, at) => this.bare(out, at, false, fin | ack) },
      { delayMicros: 0, write: (out, at) => this.bare(out, at, true, ack) },
    ];
  }
}
