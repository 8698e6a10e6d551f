/** Frame times (microseconds since 1970) as RFC 3339 text in UTC with microseconds. */

/** 9999-12-31T23:59:59.999Z: RFC 3339 §5.6 has four digits for the year. */
const lastMilliseconds = 253_402_300_799_999;

/** A time outside the years 1970 to 9999, which only a broken capture has, is cut to them. */
export function formatTimestamp(micros: number): string {
  const milliseconds = Math.min(lastMilliseconds, Math.max(0, Math.floor(micros / 1000)));
  const rest = Math.min(999, Math.max(0, Math.floor(micros - milliseconds * 1000)));
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest.toString().padStart(3, '0')}Z`;
}
