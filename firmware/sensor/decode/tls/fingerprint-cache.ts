/**
 * JA3 and JA4 of hellos like those seen before, without hashing them again: an office has few programs, and each sends the same hello all day.
 * Browsers shuffle the extensions, of which JA4 takes the sorted ones: its key does not depend on their order. Keys are seeded 53-bit hashes of what a
 * fingerprint depends on; the seed is drawn at start, so that no sender can aim at a key.
 */
import { randomInt } from 'node:crypto';
import type { ClientHello } from './client-hello.ts';
import { isGrease } from './grease.ts';
import { ja3 } from './ja3.ts';
import { ja4 } from './ja4.ts';

/** Far more than the programs of a province; at the cap a cache begins anew. */
const entriesMax = 4096;
const multiplierA = 0x9e3779b1;
const multiplierB = 0x85ebca6b;

export class FingerprintCache {
  private readonly ja3s = new Map<number, string>();
  private readonly ja4s = { t: new Map<number, string>(), q: new Map<number, string>() };
  private readonly seedA = randomInt(2 ** 31);
  private readonly seedB = randomInt(2 ** 31);
  private hashA = 0;
  private hashB = 0;
  /** Several listeners ask for the same hello, one after the other. */
  private last: ClientHello | undefined;
  private lastTransport = '';
  private lastJa4 = '';

  ja3(hello: ClientHello): string {
    const key = this.orderedKey(hello);
    return this.ja3s.get(key) ?? kept(this.ja3s, key, ja3(hello));
  }

  ja4(hello: ClientHello, transport: 't' | 'q'): string {
    if (this.last === hello && this.lastTransport === transport) return this.lastJa4;
    const entries = this.ja4s[transport];
    const key = this.sortedKey(hello);
    this.lastJa4 = entries.get(key) ?? kept(entries, key, ja4(hello, transport));
    this.last = hello;
    this.lastTransport = transport;
    return this.lastJa4;
  }

  private orderedKey({ legacyVersion, ciphers, extensions, groups, pointFormats }: ClientHello): number {
    this.begin();
    this.add(legacyVersion);
    this.addAll(ciphers);
    this.addAll(extensions);
    this.addAll(groups);
    this.addAll(pointFormats);
    return this.key();
  }

  private sortedKey({ version, alpnFirstByte, alpnLastByte, ciphers, extensions, signatureAlgorithms }: ClientHello): number {
    this.begin();
    this.add(version);
    this.add((alpnFirstByte << 8) ^ alpnLastByte);
    this.addSum(ciphers);
    this.addSum(extensions);
    for (let index = 0; index < signatureAlgorithms.length; index++) {
      const algorithm = signatureAlgorithms[index]!;
      if (!isGrease(algorithm)) this.add(algorithm);
    }
    return this.key();
  }

  private begin(): void {
    this.hashA = this.seedA;
    this.hashB = this.seedB;
  }

  private key(): number {
    const low = this.hashA ^ (this.hashB >>> 15);
    const high = this.hashB ^ (this.hashA >>> 13);
    return (low >>> 0) * 0x20_0000 + ((Math.imul(high, 0x2c1b3c6d) >>> 11) & 0x1f_ffff);
  }

  private addAll(values: readonly number[]): void {
    this.add(values.length);
    for (let index = 0; index < values.length; index++) this.add(values[index]!);
  }

  /** The same in whatever order the values come, and without those that GREASE puts among them (RFC 8701). */
  private addSum(values: readonly number[]): void {
    const { seedA, seedB } = this;
    let sumA = 0;
    let sumB = 0;
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!;
      if (isGrease(value)) continue;
      const a = Math.imul(value ^ seedA, multiplierA);
      sumA = (sumA + Math.imul(a ^ (a >>> 15), multiplierB)) | 0;
      const b = Math.imul(value ^ seedB, multiplierB);
      sumB = (sumB + Math.imul(b ^ (b >>> 13), multiplierA)) | 0;
    }
    this.add(sumA);
    this.add(sumB);
  }

  private add(value: number): void {
    const a = Math.imul(this.hashA ^ value, multiplierA);
    const b = Math.imul(this.hashB ^ value, multiplierB);
    this.hashA = (a ^ (a >>> 15) ^ (this.hashB << 7)) | 0;
    this.hashB = (b ^ (b >>> 13)) | 0;
  }
}

function kept(entries: Map<number, string>, key: number, value: string): string {
  if (entries.size >= entriesMax) entries.clear();
  entries.set(key, value);
  return value;
}

export const fingerprints = new FingerprintCache();
