/**
 * IP addresses as four signed 32-bit words (IPv4 as `::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), and back to text for people.
 * Words keep the packet path free of strings; text is made only when something is written.
 */

/** Third word of an IPv4 address in its mapped form. */
export const mappedWord = 0xffff;

export type AddressWords = readonly [a: number, b: number, c: number, d: number];

export function isIPv4(a: number, b: number, c: number): boolean {
  return a === 0 && b === 0 && c === mappedWord;
}

/** Text by RFC 5952: dotted for IPv4, lower case with the longest run of zeros shortened for IPv6. */
export function formatAddress(a: number, b: number, c: number, d: number): string {
  if (isIPv4(a, b, c)) return `${d >>> 24}.${(d >>> 16) & 255}.${(d >>> 8) & 255}.${d & 255}`;
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  let bestStart = -1;
  let bestLength = 1; // RFC 5952 §4.2.2: a single zero group is not shortened
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (bestStart < 0) return text(groups);
  return `${text(groups.slice(0, bestStart))}::${text(groups.slice(bestStart + bestLength))}`;
}

function parseIPv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    word = (word << 8) | Number(part);
  }
  return word;
}

/** The groups of one side of `::`; a dotted end of the whole address counts as two. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const dotted = mayEndDotted && index === parts.length - 1 && part.includes('.') ? parseIPv4(part) : undefined;
    if (dotted !== undefined) groups.push(dotted >>> 16, dotted & 0xffff);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** Reads dotted IPv4 or any RFC 4291 §2.2 form of IPv6; undefined when it is neither. */
export function parseAddress(text: string): AddressWords | undefined {
  if (text.length > 45) return undefined;
  if (!text.includes(':')) {
    const word = parseIPv4(text);
    return word === undefined ? undefined : [0, 0, mappedWord, word];
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (index: number) => (groups[index]! << 16) | groups[index + 1]!;
  return [word(0), word(2), word(4), word(6)];
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** `high` the first 16 bits, `low` the last 32. */
export function formatMac(high: number, low: number): string {
  const hex = (value: number) => hexBytes[value & 255]!;
  return `${hex(high >>> 8)}:${hex(high)}:${hex(low >>> 24)}:${hex(low >>> 16)}:${hex(low >>> 8)}:${hex(low)}`;
}
