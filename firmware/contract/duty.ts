/**
 * The duty calendar: days of heightened watch, Tết above all. The letter that this product answers asked for staff on duty over Tết; in these days
 * the box is louder. Pure: whoever asks brings the time.
 */
import { z } from 'zod';

/** First day of the lunar year by Vietnam's own calendar (UTC+7), which differs from China's in some years. */
const tetFirstDays = [
  '2027-02-06',
  '2028-01-26',
  '2029-02-13',
  '2030-02-02',
  '2031-01-23',
  '2032-02-11',
  '2033-01-31',
  '2034-02-19',
  '2035-02-08',
];
const dayMs = 86_400_000;
/** Vietnam has one time zone and no summer time. */
const vietnamOffsetMs = 7 * 3_600_000;

const day = z.iso.date().meta({ description: 'a day in Vietnam, such as 2027-02-06' });

export const dutySchema = z.strictObject({
  tet: z
    .strictObject({
      enabled: z.boolean().default(true).meta({ description: 'watch over Tết' }),
      daysBefore: z.int().min(0).max(30).default(7).meta({ description: 'before the first day of the year' }),
      daysAfter: z.int().min(0).max(30).default(7).meta({ description: 'counted from the first day of the year' }),
    })
    .prefault({})
    .meta({ description: 'heightened watch over Tết, the lunar new year' }),
  periods: z
    .array(
      z
        .strictObject({
          name: z.string().min(1).max(100).meta({ description: 'for people' }),
          from: day,
          to: day.meta({ description: 'the last day' }),
        })
        .refine(({ from, to }) => from <= to, { error: 'ends before it begins' }),
    )
    .max(50)
    .default([])
    .meta({ description: 'further days of heightened watch' }),
});
export type Duty = z.infer<typeof dutySchema>;

/** Name of the period of heightened watch at that time (ms since 1970), undefined outside of any. */
export function dutyAt({ tet, periods }: Duty, nowMs: number): string | undefined {
  const within = (from: string, to: string, before = 0, after = 0) => {
    const startMs = Date.parse(`${from}T00:00:00Z`) - vietnamOffsetMs - before * dayMs;
    return nowMs >= startMs && nowMs < Date.parse(`${to}T00:00:00Z`) - vietnamOffsetMs + (after + 1) * dayMs;
  };
  const tetDay = tet.enabled ? tetFirstDays.find((first) => within(first, first, tet.daysBefore, tet.daysAfter)) : undefined;
  if (tetDay !== undefined) return `Tết ${tetDay.slice(0, 4)}`;
  return periods.find(({ from, to }) => within(from, to))?.name;
}

/** The calendar for whoever asks at every finding: all periods are whole days in Vietnam, so each day is worked out once. */
export class DutyCalendar {
  private readonly duty: Duty;
  private day = Number.NaN;
  private name: string | undefined;

  constructor(duty: Duty) {
    this.duty = duty;
  }

  /** As `dutyAt`. */
  at(nowMs: number): string | undefined {
    const day = Math.floor((nowMs + vietnamOffsetMs) / dayMs);
    if (day !== this.day) {
      this.day = day;
      this.name = dutyAt(this.duty, nowMs);
    }
    return this.name;
  }
}
