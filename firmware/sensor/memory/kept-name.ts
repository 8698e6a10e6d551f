/** Which names are remembered: those of two labels and more that an indicator can be. Reverse look-ups are many, and on no list. */

const dot = 0x2e;
const reverseZone = Buffer.from('.arpa');

/** Of `text[start, start + length)`. */
export function isKept(text: Uint8Array, start: number, length: number): boolean {
  const end = start + length;
  if (length > 5 && text[end - 1] === reverseZone[4] && text[end - 5] === reverseZone[0]) {
    let at = 1;
    while (at < 5 && text[end - 5 + at] === reverseZone[at]) at++;
    if (at === 5) return false;
  }
  for (let at = start; at < end; at++) if (text[at] === dot) return at + 1 < end;
  return false;
}
