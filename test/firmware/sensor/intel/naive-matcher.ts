/**
 * The reference for `IndicatorSet`: the rules of exactness, allowance and expiry written the slow and plain way, over strings and big integers.
 * Holds whatever `parse-value.ts` makes of a value, so it does not test parsing.
 */
import type { ParsedValue } from '../../../../firmware/sensor/intel/parsed-value.ts';

export interface NaiveEntry {
  value: ParsedValue;
  allow: boolean;
  validUntilMs?: number;
}

export interface Verdict {
  exactness: number;
  allow: boolean;
}

type Fits = (value: ParsedValue) => number;

function addressNumber(words: readonly number[]): bigint {
  return words.reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
}

/** The best of all live entries; `fits` gives the exactness of a value, or -1 where it does not cover what was observed. */
function best(entries: readonly NaiveEntry[], nowMs: number, fits: Fits): Verdict | undefined {
  return entries
    .filter((entry) => entry.validUntilMs === undefined || entry.validUntilMs >= nowMs)
    .map((entry) => ({ exactness: fits(entry.value), allow: entry.allow }))
    .filter((verdict) => verdict.exactness >= 0)
    .sort((one, other) => other.exactness - one.exactness || Number(other.allow) - Number(one.allow))[0];
}

export function naiveAddress(entries: readonly NaiveEntry[], words: readonly number[], port: number, nowMs: number): Verdict | undefined {
  const isFour = (w: readonly number[]) => addressNumber(w) >> 32n === 0xffffn;
  return best(entries, nowMs, (value) => {
    const own = [value.a, value.b, value.c, value.d];
    if (value.type === 'address-port') return value.port === port && addressNumber(own) === addressNumber(words) ? 129 : -1;
    if (value.type !== 'address' || isFour(own) !== isFour(words)) return -1;
    const shift = BigInt((isFour(words) ? 32 : 128) - value.prefixLength);
    return addressNumber(own) >> shift === addressNumber(words) >> shift ? value.prefixLength : -1;
  });
}

export function naiveDomain(entries: readonly NaiveEntry[], name: string, nowMs: number): Verdict | undefined {
  return best(entries, nowMs, (value) => {
    if (value.type !== 'domain') return -1;
    const labels = value.text.split('.').length;
    if (value.exact) return name === value.text ? 2 * labels + 1 : -1;
    return `.${name}`.endsWith(`.${value.text}`) ? 2 * labels : -1;
  });
}

export function naiveUrl(entries: readonly NaiveEntry[], authority: string, target: string, nowMs: number): Verdict | undefined {
  return best(entries, nowMs, (value) => {
    if (value.type !== 'url') return -1;
    const path = value.text.slice(value.text.indexOf('/'));
    if (value.text.slice(0, value.text.indexOf('/')) !== authority || !target.startsWith(path)) return -1;
    const rest = target.slice(path.length);
    const isBoundary = rest === '' || /[/=]$/.test(path) || /^[/?#&.;=]/.test(rest);
    return isBoundary ? path.length : -1;
  });
}
