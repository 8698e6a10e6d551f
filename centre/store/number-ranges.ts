/**
 * Which numbers of an outbox are missing: ranges of numbers that came or were declared lost -> the gaps between them, and what is left of
 * older gaps. Pure arithmetic on ends of ranges, never on single numbers: a box may claim to be at nine quadrillion. Touches no database.
 */

/** Both ends belong to it; whole numbers from 1 to 2^53 - 1. */
export interface NumberRange {
  first: number;
  last: number;
}

/** Numbers that are accounted for, and when the centre learnt it. */
export interface KnownRange extends NumberRange {
  receivedMs: number;
}

/** Numbers that are missing, and since when that is known. */
export interface Gap extends NumberRange {
  sinceMs: number;
}

/** The same numbers in ascending order, overlapping and adjacent ranges made one with the earlier time. Ranges that end before they begin are left out. */
export function unionOf(ranges: readonly KnownRange[]): KnownRange[] {
  const sorted = ranges.filter(({ first, last }) => first <= last).sort((one, other) => one.first - other.first);
  const union: KnownRange[] = [];
  for (const range of sorted) {
    const before = union.at(-1);
    if (before === undefined || range.first > before.last + 1) union.push({ ...range });
    else {
      before.last = Math.max(before.last, range.last);
      before.receivedMs = Math.min(before.receivedMs, range.receivedMs);
    }
  }
  return union;
}

export interface Advance {
  /** The highest number known now. */
  last: number;
  /** Numbers above the highest known before that were passed over. */
  gaps: Gap[];
  /** Numbers accounted for that were known of before: they may lie in older gaps. */
  late: NumberRange[];
}

/** What a `unionOf` ranges tells of an outbox whose highest known number was `last` (0: none). */
export function advance(last: number, union: readonly KnownRange[]): Advance {
  const late = union.filter(({ first }) => first <= last).map((range) => ({ first: range.first, last: Math.min(range.last, last) }));
  const gaps: Gap[] = [];
  let sinceMs = Number.POSITIVE_INFINITY;
  // From the top: a gap is known since the first message above it came.
  for (let index = union.length - 1; index >= 0; index--) {
    const range = union[index];
    if (range === undefined || range.last <= last) break;
    sinceMs = Math.min(sinceMs, range.receivedMs);
    const below = Math.max(last, union[index - 1]?.last ?? 0);
    if (range.first > below + 1) gaps.push({ first: below + 1, last: range.first - 1, sinceMs });
  }
  return { last: Math.max(last, union.at(-1)?.last ?? 0), gaps: gaps.reverse(), late };
}

/** What is left of `gaps` without the numbers of `ranges`. Both ascending and without overlap; so is the result. */
export function without(gaps: readonly Gap[], ranges: readonly NumberRange[]): Gap[] {
  const left: Gap[] = [];
  let index = 0;
  for (const { first, last, sinceMs } of gaps) {
    let from = first;
    while ((ranges[index]?.last ?? Number.POSITIVE_INFINITY) < first) index++;
    // A range may reach into the next gap as well: it is looked at again there.
    for (let cut = index; cut < ranges.length; cut++) {
      const range = ranges[cut];
      if (range === undefined || range.first > last) break;
      if (range.first > from) left.push({ first: from, last: range.first - 1, sinceMs });
      from = Math.max(from, range.last + 1);
    }
    if (from <= last) left.push({ first: from, last, sinceMs });
  }
  return left;
}
