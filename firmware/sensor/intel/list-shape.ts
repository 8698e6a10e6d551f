/**
 * Tells by its form what a line of a list is where nothing names its type: a row of CSV, or the text of a User-Agent header. Both are
 * guesses, made so that a wrong one is refused aloud rather than taken for an indicator.
 */

/** Commas and the like outside these belong to no User-Agent. */
const comments = /\([^()]*\)/g;

/** `Mozilla/…`, or a product with its version (RFC 9110 §10.1.5) and more behind it; a path of a host has a dot before the slash. */
export function isLikeUserAgent(text: string): boolean {
  return /^(?:Mozilla\/\S*|[A-Za-z][\w-]*\/\d[\w.+-]*) +\S/.test(text);
}

/** A field that no URL goes on with: empty, quoted, with a space, a word, a date, another URL. */
const fieldOfRow = /^(?:|".*|.*\s.*|[A-Za-z][A-Za-z_-]{2,}|\d{4}-\d\d-\d\d.*|[a-z]+:\/\/.*)$/i;

/** Whether the line holds more than one value. The prefixes `url:` and `ua:` say that it does not. */
export function isLikeRow(text: string): boolean {
  if (!/[,;\t]/.test(text) || /^(?:url|ua):/i.test(text)) return false;
  if (isLikeUserAgent(text)) return /[,;\t]/.test(text.replace(comments, ''));
  if (!/^h(?:tt|xx)ps?\[?:/i.test(text)) return true;
  // Paths do hold commas and semicolons.
  return text
    .split(/[,;\t]/)
    .slice(1)
    .some((field) => fieldOfRow.test(field.trim()));
}
