/**
 * Which days are given up. Pure.
 *
 * A clock may stand at 1970 or be set to 2100 for a while, so the date of a day alone says little. Days are ordered by when they were written, and a
 * day goes when enough whole newer ones have been written; a few minutes under a wrong date are no whole day. By its date a day goes only where
 * somebody vouches for the clock, and not where that has leapt by years.
 */

export interface KeptDay {
  day: number;
  /** Of its last block: counts the writings of the folder. */
  sequence: number;
  writings: number;
  bytes: number;
}

export interface Retention {
  days: number;
  bytesMax: number;
  /** Room that is wanted beside what is there. */
  bytesWanted?: number;
  /** Days since 1970 by a clock that is known to be right. */
  today?: number;
}

/** A day with as many writings counts whole: an hour, with the usual interval. */
const writingsOfWholeDay = 12;
/** A box was switched off for longer, or its clock is wrong: nothing goes by its date then. */
const leapDaysMax = 366;

/** Days to give up, each with why. The newest one, which is being written, never is. */
export function daysToDrop(
  kept: readonly KeptDay[],
  { days, bytesMax, bytesWanted = 0, today }: Retention,
): { day: number; why: 'age' | 'room' }[] {
  const newestFirst = [...kept].sort((one, other) => other.sequence - one.sequence);
  const latest = Math.max(...kept.map(({ day }) => day));
  const isPlausible = today !== undefined && today - latest <= leapDaysMax;
  const dropped: { day: number; why: 'age' | 'room' }[] = [];
  let wholeDays = 0;
  let bytes = bytesWanted;
  let isShort = false;
  for (const [place, { day, writings, bytes: size }] of newestFirst.entries()) {
    const isOld = wholeDays >= days || (isPlausible && today - day >= days);
    if (!isOld) bytes += size;
    isShort ||= bytes > bytesMax;
    if (place > 0 && (isOld || isShort)) dropped.push({ day, why: isOld ? 'age' : 'room' });
    wholeDays += Math.min(1, writings / writingsOfWholeDay);
  }
  return dropped;
}
