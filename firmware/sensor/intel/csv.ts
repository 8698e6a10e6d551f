/** Splits one record of a CSV file (RFC 4180) into its fields, trimmed. Does not know of lines: a caller joins those that one quote spans. */

const quote = 0x22;

/** The fields, or undefined when a quote is still open at the end of the text. Spaces around a field and its quotes are dropped. */
export function splitRecord(text: string, delimiter: string): string[] | undefined {
  if (!text.includes('"')) return text.split(delimiter).map((field) => field.trim());
  const fields: string[] = [];
  let at = 0;
  while (at <= text.length) {
    while (text.charCodeAt(at) === 0x20) at++;
    if (text.charCodeAt(at) !== quote) {
      const end = text.indexOf(delimiter, at);
      fields.push(text.slice(at, end < 0 ? text.length : end).trim());
      at = end < 0 ? text.length + 1 : end + 1;
      continue;
    }
    const close = closingQuote(text, at + 1);
    if (close < 0) return undefined;
    const end = text.indexOf(delimiter, close + 1);
    const inside = text.slice(at + 1, close).replaceAll('""', '"');
    // What stands between the closing quote and the delimiter breaks the format; it is kept so that the value is refused aloud.
    fields.push((inside + text.slice(close + 1, end < 0 ? text.length : end)).trim());
    at = end < 0 ? text.length + 1 : end + 1;
  }
  return fields;
}

/** Index of the quote that ends a field; a doubled quote stands for one. -1 when there is none. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text.charCodeAt(at + 1) === quote) at = text.indexOf('"', at + 2);
  return at;
}
