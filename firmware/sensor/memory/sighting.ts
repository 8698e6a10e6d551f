/**
 * The words of the memory of what was seen: a sighting is one machine of ours, one value (a name, an address with its port, a JA4, a certificate), one
 * day: first and last time, how often, and how. Nothing of content, no paths, no user agents.
 *
 * It is a record of what people visited. It stays on the box: what leaves it is the answer to a signed question, or an alert.
 */
import type { AddressWords } from '../bytes/address.ts';

/** In the order in which they are written. */
export const kindIPv4 = 0;
export const kindIPv6 = 1;
export const kindName = 2;
export const kindJa4 = 3;
export const kindCertificate = 4;
export const kindCount = 5;

export function isAddress(kind: number): boolean {
  return kind <= kindIPv6;
}

/** How a value was met; bits. Where there is no `outbound`, the other side began it and nobody of ours answered. */
export const seenBy = {
  dns: 1,
  tls: 2,
  quic: 4,
  http: 8,
  outbound: 16,
  inbound: 32,
  /** The other side answered: a contact. Else an attempt. */
  answered: 64,
  tcp: 128,
  udp: 256,
  otherProtocol: 512,
} as const;

export const dayMs = 86_400_000;
export const daySeconds = 86_400;

/** SHA-1 and SHA-256 of the certificate, one behind the other. */
export const sha1Bytes = 20;
export const certificateBytes = sha1Bytes + 32;
/** A DNS name has at most 253 characters (RFC 1035 §2.3.4); the length has one byte here. */
export const textBytesMax = 255;

/** A machine of ours as it was known when the sighting was written. */
export interface SeenHost {
  words: AddressWords;
  mac?: string;
  vlan?: number;
  name?: string;
}

/** A sighting as words of 32 bits: half a cache line, for looking them up is most of the work. */
export const rowWords = 8;
export const rowShift = 3;
export const rowAt = {
  keyA: 0,
  keyB: 1,
  /** Bits of `seenBy`, then the kind, then the length of the value in `text`. */
  what: 2,
  /** Number of the machine, and above it the port of an address. */
  host: 3,
  /** Seconds of the day. */
  first: 4,
  last: 5,
  times: 6,
  /** An IPv4 address as a word; of all else where the value begins in `text`. */
  value: 7,
} as const;

export const flagsMask = 0xfff;
export const kindShift = 12;
export const kindMask = 0xf;
export const lengthShift = 16;
export const lengthMask = 0xff;
export const hostMask = 0xffff;
export const portShift = 16;

/** Sightings of one day, summed up. */
export interface SightingBatch {
  /** Days since 1970, UTC, by frame time. */
  day: number;
  rows: number;
  hosts: SeenHost[];
  records: Int32Array<ArrayBuffer>;
  /** For each row that of the address where its value was met last; -1 where that is not known, or the row is one. */
  peers: Int32Array<ArrayBuffer>;
  text: Uint8Array<ArrayBuffer>;
}
