/** Indicators and allowances of a configuration -> a compiled set in memory. A thousand take some milliseconds. */
import { createHash } from 'node:crypto';
import { SetBuilder } from './compile.ts';
import type { Given } from './given-options.ts';
import type { Provenance } from './indicator.ts';
import { IndicatorSet } from './indicator-set.ts';
import { parseValue } from './parse-value.ts';

/**
 * All of them as one set; undefined where there are none, so that nobody asks an empty one. `source`: who gave them, as alerts name it. What is
 * in `givenFaults` is left out.
 */
export function givenSet(given: Given, source: string): IndicatorSet | undefined {
  const { indicators, allowances } = given;
  if (indicators.length + allowances.length === 0) return undefined;
  // From the content, as for lists: a replay then gives the same.
  const seed = createHash('sha256')
    .update(JSON.stringify([indicators, allowances]))
    .digest();
  const builder = new SetBuilder({ a: seed.readInt32LE(0), b: seed.readInt32LE(4) });
  const add = (value: string, provenance: Provenance, allow: boolean) => {
    const parsed = parseValue(value.trim());
    if (typeof parsed !== 'string') builder.add(parsed, provenance, allow);
  };
  for (const { value, confidence, family, tlp, reference, comment, until } of indicators) {
    const provenance: Provenance = { confidence, source, reference: reference ?? comment, ...validity(until) };
    if (family !== undefined) provenance.family = family;
    if (tlp !== undefined) provenance.tlp = tlp;
    add(value, provenance, false);
  }
  for (const { value, comment, until } of allowances) {
    add(value, { confidence: 100, source, reference: comment, ...validity(until) }, true);
  }
  return IndicatorSet.fromBytes(builder.finish());
}

function validity(until: string | undefined): Pick<Provenance, 'validUntilMs'> {
  return until === undefined ? {} : { validUntilMs: Date.parse(until) };
}
