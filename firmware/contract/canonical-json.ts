/**
 * A JSON value -> one text for it, whatever the order in which its members were written: what is hashed must be the same on both sides. RFC 8785,
 * which takes the numbers and strings of JavaScript as they are; only the order of the members is ours to make. Throws a `RangeError` beyond
 * `depthMax`, which no document of ours comes near.
 */
import { createHash } from 'node:crypto';

const depthMax = 64;

export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > depthMax) throw new RangeError(`nested more than ${depthMax} deep`);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    // RFC 8785 §3.2.3: by UTF-16 code units, which is how JavaScript compares strings.
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, depth + 1)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** SHA-256 of the canonical text, in hex. */
export function hashOfJson(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
