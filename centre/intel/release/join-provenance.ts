/**
 * What several sources say of one value -> the one thing that a box is told: whether it is used at all, how sure, from whom, until when. Pure. Weak
 * kinds are weighed down here, and nowhere else.
 */
import { type Provenance, tlps } from '../../../firmware/sensor/intel/indicator.ts';
import type { Kind, LibraryProvenance } from '../library/library-entry.ts';

export const leftOutReasons = ['revoked', 'not-for-detection', 'expired', 'weak'] as const;
export type LeftOutReason = (typeof leftOutReasons)[number];

/**
 * The most that a kind is trusted, whoever says it. A JA3 is that of every program with the same TLS library, and the one public list of them stands
 * still since 2021. A User-Agent is whatever a program cares to send. A JA4 is finer, and yet no name of one program.
 */
const confidenceMax: Readonly<Partial<Record<Kind, number>>> = { ja3: 40, user_agent: 40, ja4: 60 };
/** Each further source takes a fifth of the doubt away: lists copy from each other, so they are no independent witnesses. */
const agreementShare = 0.2;
/** What more sources add is not worth the telling. */
const agreeingMax = 4;
const sourcesShownMax = 3;

export interface JoinOptions {
  nowMs: number;
  /** What is less sure is left out. */
  confidenceFloor: number;
}

/** `provenances`: at least one. */
export function joinProvenance(
  kind: Kind,
  provenances: readonly LibraryProvenance[],
  { nowMs, confidenceFloor }: JoinOptions,
): Provenance | LeftOutReason {
  const standing = provenances.filter(({ isRevoked }) => isRevoked !== true);
  if (standing.length === 0) return 'revoked';
  const usable = standing.filter(({ isNotForDetection }) => isNotForDetection !== true);
  if (usable.length === 0) return 'not-for-detection';
  const live = usable.filter(({ validUntilMs }) => validUntilMs === undefined || validUntilMs > nowMs);
  if (live.length === 0) return 'expired';
  const confidence = Math.min(confidenceMax[kind] ?? 100, agreedConfidence(live));
  return confidence < confidenceFloor ? 'weak' : toldOf(live, confidence);
}

function agreedConfidence(live: readonly LibraryProvenance[]): number {
  if (live.length === 1) return Math.round(live[0]!.confidence);
  const best = Math.max(...live.map(({ confidence }) => confidence));
  const agreeing = Math.min(agreeingMax, new Set(live.map(({ source }) => source)).size);
  return Math.round(100 - (100 - best) * (1 - agreementShare) ** (agreeing - 1));
}

function toldOf(live: readonly LibraryProvenance[], confidence: number): Provenance {
  // The surer ones first; of equally sure ones the order of the sources' names decides, which is the library's.
  const bySureness = live.length === 1 ? live : [...live].sort((one, other) => other.confidence - one.confidence);
  const provenance: Provenance = { confidence, source: namesOf(live) };
  const family = bySureness.find((said) => said.family !== undefined)?.family;
  const reference = bySureness.find((said) => said.reference !== undefined)?.reference;
  // The strictest: what is told names all of them.
  const tlp = Math.max(...live.map((said) => (said.tlp === undefined ? -1 : tlps.indexOf(said.tlp))));
  const firstSeen = Math.min(...live.map(({ firstSeenMs }) => firstSeenMs ?? Number.POSITIVE_INFINITY));
  // The longest: it holds while one source stands by it.
  const validUntil = Math.max(...live.map(({ validUntilMs }) => validUntilMs ?? Number.POSITIVE_INFINITY));
  if (family !== undefined) provenance.family = family;
  if (reference !== undefined) provenance.reference = reference;
  if (tlp >= 0) provenance.tlp = tlps[tlp]!;
  if (Number.isFinite(firstSeen)) provenance.firstSeenMs = firstSeen;
  if (Number.isFinite(validUntil)) provenance.validUntilMs = validUntil;
  return provenance;
}

function namesOf(live: readonly LibraryProvenance[]): string {
  if (live.length === 1) return live[0]!.source;
  const names = [...new Set(live.map(({ source }) => source))];
  const more = names.length - sourcesShownMax;
  return more > 0 ? `${names.slice(0, sourcesShownMax).join(', ')} +${more}` : names.join(', ');
}
