/**
 * Records of the flow table -> running totals of what can be seen of the traffic and what cannot: TLS, QUIC, DNS, encrypted DNS, and flows of
 * which only one side is there. It looks at a flow when the table sweeps past it and when it ends, never at a packet. Judges nothing.
 */
import { protocolTcp, protocolUdp } from '../decode/packet.ts';
import * as record from './flow-record.ts';

const portDns = 53;
/** RFC 7858 §3.1 (DoT), RFC 9250 §4.1.1 (DoQ), RFC 8094 §3.1 (over DTLS). */
const portEncryptedDns = 853;
/** Enough to tell half a mirror from a few odd flows, and few enough that a mended mirror is noticed soon. */
const recentFlows = 64;

export class TrafficLedger {
  /** IP bytes, headers included, without the outer packets of tunnels: what is inside is counted as flows of its own. */
  bytes = 0;
  tlsBytes = 0;
  quicBytes = 0;
  dnsBytes = 0;
  encryptedDnsBytes = 0;
  /** Flows that ended; of them those of TCP with data, and of these the ones that showed one side only. */
  flows = 0;
  tcpFlows = 0;
  oneWayFlows = 0;
  /** Of the latest TCP flows with data, those seen one way: a moving average. */
  oneWayRecentShare = 0;

  /** Takes the bytes that were seen of the flow in `slot` since it was last taken. */
  take(words: Int32Array, doubles: Float64Array, slot: number): void {
    const base = slot << record.slotShift;
    const half = base >> 1;
    const seen = doubles[half + record.doubleBytesA]! + doubles[half + record.doubleBytesB]!;
    const bytes = seen - doubles[half + record.doubleTaken]!;
    const flags = words[base + record.wordFlags]!;
    if (bytes === 0 || (flags & record.flagCarrier) !== 0) return;
    doubles[half + record.doubleTaken] = seen;
    this.bytes += bytes;
    if ((flags & record.flagTls) !== 0) this.tlsBytes += bytes;
    if ((flags & record.flagQuic) !== 0) this.quicBytes += bytes;
    if ((flags & record.flagResolver) !== 0) this.encryptedDnsBytes += bytes;
    else this.takeByPort(words[base + record.wordProtocol]!, words[base + record.wordPorts]!, bytes);
  }

  private takeByPort(protocol: number, ports: number, bytes: number): void {
    if (protocol !== protocolTcp && protocol !== protocolUdp) return;
    const a = ports >>> 16;
    const b = ports & 0xffff;
    if (a === portDns || b === portDns) this.dnsBytes += bytes;
    else if (a === portEncryptedDns || b === portEncryptedDns) this.encryptedDnsBytes += bytes;
  }

  /** The flow in `slot` ends. */
  end(words: Int32Array, doubles: Float64Array, slot: number): void {
    this.take(words, doubles, slot);
    const base = slot << record.slotShift;
    const flags = words[base + record.wordFlags]!;
    if ((flags & record.flagCarrier) !== 0) return;
    this.flows++;
    // RFC 9293 §3.10.4: data is sent once the other side has answered. A knock that nobody answers carries none, and proves nothing.
    if (words[base + record.wordProtocol] !== protocolTcp || (flags & record.bothPayloads) === 0) return;
    this.tcpFlows++;
    const isOneWay = words[base + record.wordPacketsA] === 0 || words[base + record.wordPacketsB] === 0;
    if (isOneWay) this.oneWayFlows++;
    this.oneWayRecentShare += ((isOneWay ? 1 : 0) - this.oneWayRecentShare) / Math.min(this.tcpFlows, recentFlows);
  }
}
