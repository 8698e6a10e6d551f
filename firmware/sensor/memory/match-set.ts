/**
 * A set of indicators against everything that is remembered: what a new release finds in the past. By the questions that the detectors ask, so that it
 * answers as they would have. URLs, JA3s and user agents find nothing: no path, JA3 or user agent is kept.
 */
import type { Indicators, Match } from '../intel/indicator.ts';
import { type BlockSource, collect, type SeenSum } from './collect.ts';
import { isAddress, kindJa4, kindName, sha1Bytes } from './sighting.ts';
import type { ValueCursor } from './value-section.ts';

export interface RetroHit {
  match: Match;
  seen: SeenSum;
}

export interface SetMatch {
  hits: RetroHit[];
  /** Hits over the cap. */
  omitted: number;
}

export interface MatchSetOptions {
  /** What this set knew already is no news. */
  previous?: Indicators;
  /** Whether an indicator still counts, ms since 1970. */
  nowMs: number;
}

/** A set that meets more than so many machines is no set of indicators. */
const hitsMax = 10_000;

interface MatchTarget {
  id: string;
  match: Match;
}

export async function matchSet(source: BlockSource, indicators: Indicators, { previous, nowMs }: MatchSetOptions): Promise<SetMatch> {
  const ask = (value: ValueCursor): MatchTarget[] | undefined => {
    const match = matchOf(value, indicators, nowMs);
    if (match === undefined || (previous !== undefined && matchOf(value, previous, nowMs) !== undefined)) return undefined;
    return [{ id: `${match.type}|${match.value}`, match }];
  };
  const { found, omitted } = await collect(source, ask, hitsMax);
  const hits = [...found.values()].flatMap(({ target: { match }, sums }) => [...sums.values()].map((seen) => ({ match, seen })));
  return { hits, omitted };
}

function matchOf(value: ValueCursor, indicators: Indicators, nowMs: number): Match | undefined {
  const { kind, text, length } = value;
  const { counts } = indicators;
  if (isAddress(kind)) return indicators.address(value.a, value.b, value.c, value.d, value.port, nowMs);
  if (kind === kindName) {
    // No text is made for the many names that are on no list.
    return indicators.mayHaveDomain(text, length) ? indicators.domain(text.toString('latin1', 0, length), nowMs) : undefined;
  }
  if (kind === kindJa4) return counts.ja4 === 0 ? undefined : indicators.fingerprint('ja4', text.toString('latin1', 0, length), nowMs);
  const bySha256 =
    counts['cert-sha256'] === 0 ? undefined : indicators.fingerprint('cert-sha256', text.toString('hex', sha1Bytes, length), nowMs);
  if (bySha256 !== undefined || counts['cert-sha1'] === 0) return bySha256;
  return indicators.fingerprint('cert-sha1', text.toString('hex', 0, sha1Bytes), nowMs);
}
