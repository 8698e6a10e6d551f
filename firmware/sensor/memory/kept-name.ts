/** Which names are remembered: those of two labels and more that an indicator can be. Reverse look-ups are many, and on no list. */

const dot = 0x2e;
const reverseZone = Buffer.from('.arpa');

/** Of `text[0, length)`. */
export function isKept(text: Uint8Array, length: number): boolean {
  if (length > 5 && text[length - 1] === reverseZone[4] && text[length - 5] === reverseZone[0]) {
    let at = 1;
    while (at < 5 && text[length - 5 + at] === reverseZone[at]) at++;
    if (at === 5) return false;
  }
  for (let at = 0; at < length; at++) if (text[at] === dot) return at + 1 < length;
  return false;
}
