/** Several sets asked as one: the most exact entry of any of them wins, and an allowance of one counts against the indicators of the others. */
import { createHash } from 'node:crypto';
import { type Indicators, type IndicatorType, indicatorTypes, type Match } from './indicator.ts';
import type { Hit, HitSource, TextType } from './indicator-set.ts';

export class UnionIndicators implements Indicators {
  readonly bundle: string;
  readonly counts: Readonly<Record<IndicatorType, number>>;
  readonly allowances: number;
  readonly sets: readonly HitSource[];

  /** Values that stand in two sets are counted twice. */
  constructor(sets: readonly HitSource[]) {
    this.sets = sets;
    this.bundle = createHash('sha256')
      .update(
        sets
          .map((set) => set.bundle)
          .sort()
          .join(),
      )
      .digest('hex')
      .slice(0, 16);
    const sum = (type: IndicatorType) => sets.reduce((total, set) => total + set.counts[type], 0);
    this.counts = Object.fromEntries(indicatorTypes.map((type) => [type, sum(type)])) as Record<IndicatorType, number>;
    this.allowances = sets.reduce((total, set) => total + set.allowances, 0);
  }

  address(a: number, b: number, c: number, d: number, port: number, nowMs: number): Match | undefined {
    return this.best((set) => set.findAddress(a, b, c, d, port, nowMs));
  }

  domain(name: string, nowMs: number): Match | undefined {
    return this.best((set) => set.findDomain(name, nowMs));
  }

  mayHaveDomain(text: Uint8Array, length: number): boolean {
    for (const set of this.sets) if (set.mayHaveDomain(text, length)) return true;
    return false;
  }

  url(host: string, target: string, nowMs: number): Match | undefined {
    return this.best((set) => set.findUrl(host, target, nowMs));
  }

  isUrlAllowed(host: string, target: string, nowMs: number): boolean {
    return this.find((set) => set.findUrl(host, target, nowMs))?.hit.allowed === true;
  }

  fingerprint(type: TextType, value: string, nowMs: number): Match | undefined {
    return this.best((set) => set.findText(type, value, nowMs));
  }

  userAgent(value: string, nowMs: number): Match | undefined {
    return this.best((set) => set.findText('user-agent', value, nowMs));
  }

  private best(ask: (set: HitSource) => Hit | undefined): Match | undefined {
    const best = this.find(ask);
    return best === undefined || best.hit.allowed ? undefined : best.owner.matchOf(best.hit);
  }

  private find(ask: (set: HitSource) => Hit | undefined): { hit: Hit; owner: HitSource } | undefined {
    let best: Hit | undefined;
    let owner: HitSource | undefined;
    for (const set of this.sets) {
      const hit = ask(set);
      if (hit === undefined) continue;
      if (best === undefined || hit.exactness > best.exactness || (hit.exactness === best.exactness && hit.allowed && !best.allowed)) {
        best = hit;
        owner = set;
      }
    }
    return best === undefined || owner === undefined ? undefined : { hit: best, owner };
  }
}
