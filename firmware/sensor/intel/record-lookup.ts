/** Reads the records of a compiled set in place: whether one counts at a time, and what it says. Makes strings only when asked for a hit. */
import { type Provenance, tlps } from './indicator.ts';
import { allowFlag, recordField, recordWords, tlpMask, tlpShift, underMax } from './record-layout.ts';

export class RecordLookup {
  private readonly records: Int32Array;
  private readonly stringOffsets: Uint32Array;
  private readonly stringBytes: Buffer;

  constructor(records: Int32Array, stringOffsets: Uint32Array, stringBytes: Uint8Array) {
    this.records = records;
    this.stringOffsets = stringOffsets;
    this.stringBytes = Buffer.from(stringBytes.buffer, stringBytes.byteOffset, stringBytes.byteLength);
  }

  /** The record itself, or the first beneath it that has not ended, or 0 where none counts at this time. */
  live(record: number, nowMs: number): number {
    let live = record;
    for (let depth = 0; depth < underMax; depth++) {
      if (live === 0 || this.isLive(live, nowMs)) return live;
      live = this.records[live * recordWords + recordField.under]!;
    }
    return 0;
  }

  isAllowance(record: number): boolean {
    return (this.records[record * recordWords + recordField.flags]! & allowFlag) !== 0;
  }

  provenance(record: number): Provenance {
    const at = record * recordWords;
    const flags = this.records[at + recordField.flags]!;
    const tlp = tlps[((flags >> tlpShift) & tlpMask) - 1];
    const firstSeen = this.records[at + recordField.firstSeen]! >>> 0;
    const validUntil = this.records[at + recordField.validUntil]! >>> 0;
    const provenance: Provenance = { confidence: flags & 0xff };
    const family = this.text(this.records[at + recordField.family]!);
    const source = this.text(this.records[at + recordField.source]!);
    const reference = this.text(this.records[at + recordField.reference]!);
    if (family !== '') provenance.family = family;
    if (source !== '') provenance.source = source;
    if (tlp !== undefined) provenance.tlp = tlp;
    if (firstSeen !== 0) provenance.firstSeenMs = firstSeen * 1000;
    if (validUntil !== 0) provenance.validUntilMs = validUntil * 1000;
    if (reference !== '') provenance.reference = reference;
    return provenance;
  }

  private isLive(record: number, nowMs: number): boolean {
    const validUntil = this.records[record * recordWords + recordField.validUntil]!;
    return validUntil === 0 || (validUntil >>> 0) * 1000 >= nowMs;
  }

  private text(number: number): string {
    return this.stringBytes.toString('utf8', this.stringOffsets[number], this.stringOffsets[number + 1]);
  }
}
