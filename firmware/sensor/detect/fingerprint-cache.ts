/**
 * JA3 and JA4 of hellos seen before, without hashing them again: an office has few programs, and each sends the same hello all day.
 * Keyed by a seeded 53-bit hash of what the fingerprints depend on; the seed is drawn at start, so that no sender can aim at a key.
 */
import { randomInt } from 'node:crypto';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import { ja3 } from '../decode/tls/ja3.ts';
import { ja4 } from '../decode/tls/ja4.ts';

export interface Fingerprints {
  ja3: string;
  ja4: string;
}

/** Far more than the programs of a province; at the cap the cache begins anew. */
const entriesMax = 4096;

export class FingerprintCache {
  private readonly entries = new Map<number, Fingerprints>();
  private readonly seedA = randomInt(2 ** 31);
  private readonly seedB = randomInt(2 ** 31);
  private hashA = 0;
  private hashB = 0;

  get(hello: ClientHello, transport: 't' | 'q'): Fingerprints {
    const key = this.keyOf(hello, transport);
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    if (this.entries.size >= entriesMax) this.entries.clear();
    const fingerprints = { ja3: ja3(hello), ja4: ja4(hello, transport) };
    this.entries.set(key, fingerprints);
    return fingerprints;
  }

  private keyOf(hello: ClientHello, transport: 't' | 'q'): number {
    this.hashA = this.seedA;
    this.hashB = this.seedB;
    this.add(transport === 't' ? 1 : 2);
    this.add(hello.legacyVersion);
    this.add(hello.version);
    this.add((hello.alpnFirstByte << 8) ^ hello.alpnLastByte);
    this.addAll(hello.ciphers);
    this.addAll(hello.extensions);
    this.addAll(hello.groups);
    this.addAll(hello.pointFormats);
    this.addAll(hello.signatureAlgorithms);
    const low = this.hashA ^ (this.hashB >>> 15);
    const high = this.hashB ^ (this.hashA >>> 13);
    return (low >>> 0) * 0x20_0000 + ((Math.imul(high, 0x2c1b3c6d) >>> 11) & 0x1f_ffff);
  }

  private addAll(values: readonly number[]): void {
    this.add(values.length);
    for (let index = 0; index < values.length; index++) this.add(values[index]!);
  }

  private add(value: number): void {
    const a = Math.imul(this.hashA ^ value, 0x9e3779b1);
    const b = Math.imul(this.hashB ^ value, 0x85ebca6b);
    this.hashA = (a ^ (a >>> 15) ^ (this.hashB << 7)) | 0;
    this.hashB = (b ^ (b >>> 13)) | 0;
  }
}
