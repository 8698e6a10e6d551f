/**
 * A compiled set in memory, and the answers to the detectors' questions, straight from its bytes. Immutable. A lookup without a hit makes
 * no garbage. Text of values is not stored: a match rebuilds it from what was observed.
 */
import { createHash } from 'node:crypto';
import { formatAddress, isIPv4 } from '../bytes/address.ts';
import { canonicalAuthority } from './authority.ts';
import { type Indicators, type IndicatorType, indicatorTypes, type Match } from './indicator.ts';
import { finishA, finishB, KeyState, keyTags, stepA, stepB } from './key-hash.ts';
import { KeyLookup } from './key-lookup.ts';
import { maskWord } from './parse-address.ts';
import { urlLengthMax } from './parse-url.ts';
import { valueLengthMax } from './parse-value.ts';
import { PrefixLookupIPv4, PrefixLookupIPv6 } from './prefix-lookup.ts';
import { RecordLookup } from './record-lookup.ts';
import { claimedHash, hashedFrom, type SetSections, unpackSet } from './set-layout.ts';
import { endsUrlPrefix, normalTarget } from './url-target.ts';

/** 255 bytes of a DNS name, each at most `\DDD` (RFC 1035 §5.1). */
const nameLengthMax = 1024;
/** An address with its port is more exact than any network. */
const portExactness = 129;

/** What a set knows of an observable: an indicator or an allowance. Several sets are compared by it. */
export interface Hit {
  type: IndicatorType;
  value: string;
  exactness: number;
  allowed: boolean;
  record: number;
}

/** The questions of `Indicators`, answered with allowances too. */
export interface HitSource extends Indicators {
  findAddress(a: number, b: number, c: number, d: number, port: number, nowMs: number): Hit | undefined;
  findDomain(name: string, nowMs: number): Hit | undefined;
  findUrl(host: string, target: string, nowMs: number): Hit | undefined;
  findText(type: TextType, value: string, nowMs: number): Hit | undefined;
  matchOf(hit: Hit): Match;
}

/** Types that match as a whole text. */
export type TextType = 'ja3' | 'ja4' | 'cert-sha1' | 'cert-sha256' | 'user-agent';

const dot = 0x2e;

export class IndicatorSet implements HitSource {
  readonly bundle: string;
  readonly counts: Readonly<Record<IndicatorType, number>>;
  readonly allowances: number;
  private readonly seedA: number;
  private readonly seedB: number;
  private readonly keys: KeyLookup;
  private readonly prefixes4: PrefixLookupIPv4;
  private readonly prefixes6: PrefixLookupIPv6;
  private readonly records: RecordLookup;
  private readonly state = new KeyState();
  /** Whether there is any entry of a type, indicator or allowance. */
  private readonly has: Readonly<Record<IndicatorType, boolean>>;

  private constructor(sections: SetSections, bundle: string) {
    const s = sections;
    this.bundle = bundle;
    this.seedA = s.seedA;
    this.seedB = s.seedB;
    this.keys = new KeyLookup(s.table, s.slots, s.gate);
    this.records = new RecordLookup(s.records, s.stringOffsets, s.stringBytes);
    this.prefixes4 = new PrefixLookupIPv4(s.starts4, s.records4, s.parents4, s.lengths4, s.index4, this.records);
    this.prefixes6 = new PrefixLookupIPv6(s.starts6, s.records6, s.parents6, s.lengths6, this.records);
    const types = indicatorTypes.map((type, index) => ({
      type,
      bad: s.counts[index] ?? 0,
      allowed: s.counts[indicatorTypes.length + index] ?? 0,
    }));
    this.counts = Object.fromEntries(types.map(({ type, bad }) => [type, bad])) as Record<IndicatorType, number>;
    this.allowances = types.reduce((sum, { allowed }) => sum + allowed, 0);
    this.has = Object.fromEntries(types.map(({ type, bad, allowed }) => [type, bad + allowed > 0])) as Record<IndicatorType, boolean>;
  }

  /**
   * A set over compiled bytes, which must not change afterwards. `path` is named in an `IntelError` when they are no such set, cut
   * short or altered. `hash`: SHA-256 of the bytes from `hashedFrom` on, where the caller has computed it while reading.
   */
  static fromBytes(bytes: Uint8Array, path = 'compiled set', hash?: string): IndicatorSet {
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
    const computed = hash ?? createHash('sha256').update(aligned.subarray(hashedFrom)).digest('hex');
    return new IndicatorSet(unpackSet(aligned, computed, path), claimedHash(aligned).slice(0, 16));
  }

  address(a: number, b: number, c: number, d: number, port: number, nowMs: number): Match | undefined {
    return this.bad(this.findAddress(a, b, c, d, port, nowMs));
  }

  domain(name: string, nowMs: number): Match | undefined {
    return this.bad(this.findDomain(name, nowMs));
  }

  url(host: string, target: string, nowMs: number): Match | undefined {
    return this.bad(this.findUrl(host, target, nowMs));
  }

  isUrlAllowed(host: string, target: string, nowMs: number): boolean {
    return this.findUrl(host, target, nowMs)?.allowed === true;
  }

  fingerprint(type: 'ja3' | 'ja4' | 'cert-sha1' | 'cert-sha256', value: string, nowMs: number): Match | undefined {
    return this.bad(this.findText(type, value, nowMs));
  }

  userAgent(value: string, nowMs: number): Match | undefined {
    return this.bad(this.findText('user-agent', value, nowMs));
  }

  findAddress(a: number, b: number, c: number, d: number, port: number, nowMs: number): Hit | undefined {
    if (port !== 0 && this.has['address-port']) {
      const hit = this.findAddressPort(a, b, c, d, port, nowMs);
      if (hit !== undefined) return hit;
    }
    if (!this.has.address) return undefined;
    const four = isIPv4(a, b, c);
    const table = four ? this.prefixes4 : this.prefixes6;
    if (!(four ? this.prefixes4.find(d, nowMs) : this.prefixes6.find(a, b, c, d, nowMs))) return undefined;
    const length = table.prefixLength;
    const start = four
      ? formatAddress(a, b, c, maskWord(d, 0, length))
      : formatAddress(maskWord(a, 0, length), maskWord(b, 1, length), maskWord(c, 2, length), maskWord(d, 3, length));
    return this.hit('address', length === (four ? 32 : 128) ? start : `${start}/${length}`, length, table.record);
  }

  private findAddressPort(a: number, b: number, c: number, d: number, port: number, nowMs: number): Hit | undefined {
    const state = this.state.reset(this.seedA, this.seedB).unit(a).unit(b).unit(c).unit(d);
    if (!this.keys.isGateOpen(finishA(state.a, keyTags.addressGate))) return undefined;
    const record = this.liveRecord(state.unit(port), keyTags['address-port'], nowMs);
    if (record === 0) return undefined;
    const address = formatAddress(a, b, c, d);
    return this.hit('address-port', isIPv4(a, b, c) ? `${address}:${port}` : `[${address}]:${port}`, portExactness, record);
  }

  /** One pass from the right: at each dot the state is the hash of the parent that begins after it. The last hit is the most exact. */
  findDomain(name: string, nowMs: number): Hit | undefined {
    if (!this.has.domain || name.length > nameLengthMax) return undefined;
    const { keys } = this;
    let a = this.seedA;
    let labels = 0;
    let record = 0;
    let start = 0;
    let exactness = 0;
    for (let at = name.length - 1; at >= -1; at--) {
      // To the beginning of a label: the one loop that every character of every name passes.
      for (let unit = at < 0 ? dot : name.charCodeAt(at); unit !== dot; unit = at < 0 ? dot : name.charCodeAt(at)) {
        a = stepA(a, unit);
        at--;
      }
      labels++;
      if (labels >= 2) {
        if (labels === 2 && !keys.isGateOpen(finishA(a, keyTags.domainGate))) return undefined;
        const laneA = finishA(a, keyTags.domain);
        const found = keys.mayHave(laneA) ? this.liveName(name, at + 1, laneA, keyTags.domain, nowMs) : 0;
        if (found !== 0) {
          record = found;
          start = at + 1;
          exactness = 2 * labels;
        }
      }
      if (at >= 0) a = stepA(a, dot);
    }
    const exact = labels < 2 ? 0 : this.liveName(name, 0, finishA(a, keyTags.domainExact), keyTags.domainExact, nowMs);
    if (exact !== 0) return this.hit('domain', `=${name}`, 2 * labels + 1, exact);
    return record === 0 ? undefined : this.hit('domain', name.slice(start), exactness, record);
  }

  /** The pass of `findDomain` over characters. It asks the table too, but not whether a record still counts. */
  mayHaveDomain(text: Uint8Array, length: number): boolean {
    if (!this.has.domain || length > nameLengthMax) return false;
    const { keys } = this;
    let a = this.seedA;
    let labels = 0;
    for (let at = length - 1; at >= -1; at--) {
      for (let unit = at < 0 ? dot : text[at]!; unit !== dot; unit = at < 0 ? dot : text[at]!) {
        a = stepA(a, unit);
        at--;
      }
      labels++;
      if (labels === 2 && !keys.isGateOpen(finishA(a, keyTags.domainGate))) return false;
      if (labels >= 2 && this.hasKey(text, at + 1, length, finishA(a, keyTags.domain), keyTags.domain)) return true;
      if (at >= 0) a = stepA(a, dot);
    }
    return labels >= 2 && this.hasKey(text, 0, length, finishA(a, keyTags.domainExact), keyTags.domainExact);
  }

  private hasKey(text: Uint8Array, start: number, end: number, laneA: number, tag: number): boolean {
    if (!this.keys.mayHave(laneA)) return false;
    let b = this.seedB;
    for (let at = end - 1; at >= start; at--) b = stepB(b, text[at]!);
    return this.keys.record(laneA, finishB(b, tag)) !== 0;
  }

  /** Record of the name from `start` on. The second lane is computed only where the first one does not already say that there is none. */
  private liveName(name: string, start: number, laneA: number, tag: number, nowMs: number): number {
    if (!this.keys.mayHave(laneA)) return 0;
    const laneB = finishB(this.state.reset(this.seedA, this.seedB).backward(name, start, name.length).b, tag);
    return this.liveKey(laneA, laneB, nowMs);
  }

  /** Asks for each prefix of the target that may end an indicator. The last hit is the longest. */
  findUrl(host: string, target: string, nowMs: number): Hit | undefined {
    if (!this.has.url || host.length > urlLengthMax) return undefined;
    const authority = canonicalAuthority(host);
    const state = this.state.reset(this.seedA, this.seedB);
    for (let at = authority.length - 1; at >= 0; at--) {
      const unit = authority.charCodeAt(at);
      state.unit(unit >= 0x41 && unit <= 0x5a ? unit | 0x20 : unit);
    }
    if (!this.keys.isGateOpen(finishA(state.a, keyTags.urlGate))) return undefined;
    const path = normalTarget(target);
    const end = Math.min(path.length, urlLengthMax);
    let record = 0;
    let length = 0;
    for (let at = 0; at < end; at++) {
      const unit = path.charCodeAt(at);
      state.unit(unit);
      if (at + 1 < path.length && !endsUrlPrefix(unit, path.charCodeAt(at + 1))) continue;
      const found = this.liveRecord(state, keyTags.url, nowMs);
      if (found !== 0) {
        record = found;
        length = at + 1;
      }
    }
    return record === 0 ? undefined : this.hit('url', `http://${authority.toLowerCase()}${path.slice(0, length)}`, length, record);
  }

  findText(type: TextType, value: string, nowMs: number): Hit | undefined {
    if (!this.has[type] || value.length > valueLengthMax) return undefined;
    const record = this.liveRecord(this.state.reset(this.seedA, this.seedB).backward(value, 0, value.length), keyTags[type], nowMs);
    return record === 0 ? undefined : this.hit(type, value, 1, record);
  }

  matchOf(hit: Hit): Match {
    return { type: hit.type, value: hit.value, exactness: hit.exactness, bundle: this.bundle, ...this.records.provenance(hit.record) };
  }

  private bad(hit: Hit | undefined): Match | undefined {
    return hit === undefined || hit.allowed ? undefined : this.matchOf(hit);
  }

  private hit(type: IndicatorType, value: string, exactness: number, record: number): Hit {
    return { type, value, exactness, allowed: this.records.isAllowance(record), record };
  }

  private liveRecord(state: KeyState, tag: number, nowMs: number): number {
    return this.liveKey(finishA(state.a, tag), finishB(state.b, tag), nowMs);
  }

  private liveKey(a: number, b: number, nowMs: number): number {
    return this.records.live(this.keys.record(a, b), nowMs);
  }
}
