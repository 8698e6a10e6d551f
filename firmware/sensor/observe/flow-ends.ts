/**
 * The two ends of a flow, which are its key: hash of a packet's ends, and whether a packet is of the flow in a record. Both directions are
 * one flow. The layout of a record is `flow-record.ts`.
 */
import type { Packet } from '../decode/packet.ts';
import * as record from './flow-record.ts';

/** The same for both directions: the ends are added, not concatenated. `seed` keeps others from choosing collisions. */
export function hashOf(packet: Packet, seed: number): number {
  let source = packet.srcD ^ (packet.srcPort << 12);
  let target = packet.dstD ^ (packet.dstPort << 12);
  if (packet.ipVersion === 6) {
    source ^= Math.imul(packet.srcA ^ packet.srcC, 0x27d4eb2f) ^ Math.imul(packet.srcB, 0x165667b1);
    target ^= Math.imul(packet.dstA ^ packet.dstC, 0x27d4eb2f) ^ Math.imul(packet.dstB, 0x165667b1);
  }
  source = Math.imul(source ^ seed, 0x9e3779b1);
  target = Math.imul(target ^ seed, 0x9e3779b1);
  const hash = Math.imul((source ^ (source >>> 15)) + (target ^ (target >>> 15)) + packet.protocol, 0x85ebca6b);
  return hash ^ (hash >>> 14);
}

/** Writes the packet's ends to the record that begins at `base`; its sender becomes side A. */
export function writeEnds(words: Int32Array, base: number, packet: Packet): void {
  words[base + record.wordA] = packet.srcA;
  words[base + record.wordA + 1] = packet.srcB;
  words[base + record.wordA + 2] = packet.srcC;
  words[base + record.wordA + 3] = packet.srcD;
  words[base + record.wordB] = packet.dstA;
  words[base + record.wordB + 1] = packet.dstB;
  words[base + record.wordB + 2] = packet.dstC;
  words[base + record.wordB + 3] = packet.dstD;
  words[base + record.wordPorts] = (packet.srcPort << 16) | packet.dstPort;
  words[base + record.wordProtocol] = packet.protocol;
}

/** Whether the packet is of the flow in the record at `base`, and sent by side A. */
export function isFromA(words: Int32Array, base: number, packet: Packet): boolean {
  const ports = (packet.srcPort << 16) | packet.dstPort;
  return words[base + record.wordPorts] === ports && isBetween(words, base + record.wordA, base + record.wordB, packet);
}

/** Whether the packet is of the flow in the record at `base`, and sent by side B. */
export function isFromB(words: Int32Array, base: number, packet: Packet): boolean {
  const ports = (packet.dstPort << 16) | packet.srcPort;
  return words[base + record.wordPorts] === ports && isBetween(words, base + record.wordB, base + record.wordA, packet);
}

/** Whether the packet goes from the end whose address stands at `from` to the one at `to`. */
function isBetween(words: Int32Array, from: number, to: number, packet: Packet): boolean {
  return (
    words[from + 3] === packet.srcD &&
    words[to + 3] === packet.dstD &&
    words[from + 2] === packet.srcC &&
    words[to + 2] === packet.dstC &&
    words[from + 1] === packet.srcB &&
    words[to + 1] === packet.dstB &&
    words[from] === packet.srcA &&
    words[to] === packet.dstA
  );
}
