/**
 * Splits one record of a CSV file (RFC 4180) into the fields that somebody wants; the others stay empty. Big lists have many columns of which few
 * mean something to us. Does not know of lines: a caller joins those that one quote spans.
 */

const quote = 0x22;
const space = 0x20;

/** False when a quote is still open at the end. `out` has the length of `wanted`; spaces around a field and its quotes are dropped. */
export function splitWanted(text: string, delimiter: string, wanted: readonly boolean[], out: string[]): boolean {
  let at = 0;
  for (let field = 0; field < wanted.length; field++) {
    if (at > text.length) {
      out[field] = '';
      continue;
    }
    while (text.charCodeAt(at) === space) at++;
    const isQuoted = text.charCodeAt(at) === quote;
    const close = isQuoted ? closingQuote(text, at + 1) : at;
    if (close < 0) return false;
    const found = text.indexOf(delimiter, isQuoted ? close + 1 : at);
    const end = found < 0 ? text.length : found;
    if (wanted[field] !== true) out[field] = '';
    else if (isQuoted) out[field] = unquoted(text, at + 1, close, end);
    else out[field] = text.slice(at, end).trim();
    at = end + 1;
  }
  return true;
}

/** What stands between the closing quote and the delimiter breaks the format; it is kept so that the value is refused aloud. */
function unquoted(text: string, start: number, close: number, end: number): string {
  const inside = text.slice(start, close);
  const whole = inside.includes('"') ? inside.replaceAll('""', '"') : inside;
  return (close + 1 === end ? whole : whole + text.slice(close + 1, end)).trim();
}

/** Index of the quote that ends a field; a doubled quote stands for one. -1 when there is none. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text.charCodeAt(at + 1) === quote) at = text.indexOf('"', at + 2);
  return at;
}
