/**
 * Hash -> slots that may hold the flow: chains in two small arrays of their own, so that a flood of new flows walks them without touching
 * the records themselves. It does not know what a flow is.
 */

/** Buckets for each slot: more of them shorten the chains, and cost more in cache misses than that saves. */
const bucketsPerSlot = 1;
const noSlot = -1;

export class FlowIndex {
  private readonly heads: Int32Array;
  /** For each slot, the next one of its chain and its hash. */
  private readonly links: Int32Array;

  constructor(capacity: number) {
    this.heads = new Int32Array(1 << (32 - Math.clz32(capacity * bucketsPerSlot - 1))).fill(noSlot);
    this.links = new Int32Array(capacity * 2);
  }

  /** First slot with this very hash; -1 when there is none. */
  first(hash: number): number {
    return this.seek(this.heads[hash & (this.heads.length - 1)]!, hash);
  }

  /** The next slot with this very hash behind `slot`. */
  after(slot: number, hash: number): number {
    return this.seek(this.links[slot << 1]!, hash);
  }

  private seek(from: number, hash: number): number {
    const { links } = this;
    let slot = from;
    while (slot !== noSlot && links[(slot << 1) | 1] !== hash) slot = links[slot << 1]!;
    return slot;
  }

  insert(slot: number, hash: number): void {
    const bucket = hash & (this.heads.length - 1);
    this.links[slot << 1] = this.heads[bucket]!;
    this.links[(slot << 1) | 1] = hash;
    this.heads[bucket] = slot;
  }

  /** `slot` must be in. */
  remove(slot: number): void {
    const { heads, links } = this;
    const bucket = links[(slot << 1) | 1]! & (heads.length - 1);
    const next = links[slot << 1]!;
    if (heads[bucket] === slot) {
      heads[bucket] = next;
      return;
    }
    let before = heads[bucket]!;
    while (links[before << 1] !== slot) before = links[before << 1]!;
    links[before << 1] = next;
  }
}
