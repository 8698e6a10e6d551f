/** What people type as the value of an option -> the value: spans and moments in milliseconds, numbers, texts. Throw commander's error for a wrong one. */
import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const spanMsMax = 3_650 * 86_400_000;

/** `90s`, `5m`, `12h`, `30d`. */
export function spanMs(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (unitMs[unit] ?? 0);
  if (!(ms > 0 && ms <= spanMsMax)) throw new InvalidArgumentError('Give a number with s, m, h or d, such as 90s or 30d.');
  return ms;
}

/** RFC 3339, with `Z` or the distance from UTC; a day alone begins at midnight in Vietnam. */
export function momentMs(text: string): number {
  const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00+07:00` : text);
  if (Number.isNaN(ms) || !/^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/.test(text))
    throw new InvalidArgumentError('Give a day such as 2027-02-06, or a moment such as 2027-02-06T08:00:00+07:00.');
  return ms;
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
    return number;
  };
}

export function textUpTo(charactersMax: number): (text: string) => string {
  return (text) => {
    if (text.length === 0 || text.length > charactersMax) throw new InvalidArgumentError(`Give 1 to ${charactersMax} characters.`);
    return text;
  };
}
