/** One JSON document laid over another: of RFC 7396 all but the removal by null, since a setting that is not named is left as it is. Pure. */

type Document = Readonly<Record<string, unknown>>;

/** Members of `over` take the place of those of `under`, objects member by member, lists as a whole. */
export function laidOver(under: unknown, over: unknown): unknown {
  if (!isDocument(under) || !isDocument(over)) return over;
  const merged: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    // `__proto__` as an own member of JSON would otherwise set the prototype.
    if (name === '__proto__') continue;
    merged[name] = Object.hasOwn(under, name) ? laidOver(under[name], value) : value;
  }
  return merged;
}

export function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
