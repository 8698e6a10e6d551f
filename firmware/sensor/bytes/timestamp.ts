/** Frame times (microseconds since 1970) as RFC 3339 text in UTC with microseconds. */

const lastMicros = 253_402_300_799_999_999; // 9999-12-31T23:59:59.999999Z: RFC 3339 §5.6 has four digits for the year

/** A time outside the years 1970 to 9999, which only a broken capture has, is cut to them. */
export function formatTimestamp(micros: number): string {
  const clamped = Math.min(lastMicros, Math.max(0, Math.floor(micros)));
  const milliseconds = Math.floor(clamped / 1000);
  const rest = (clamped - milliseconds * 1000).toString().padStart(3, '0');
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`;
}
