/**
 * A text -> how wide it will be in DejaVu Sans, and its lines in a given width. Widths are the font's own advance widths (head and hmtx tables,
 * in thousandths of the size); a letter that is not listed counts as a full square, so that a line is never wider than said. Draws nothing.
 */

export type Weight = 'regular' | 'bold';

const firstListed = 0x20;
/** U+0020 to U+007E, in order. */
const advances: Readonly<Record<Weight, readonly number[]>> = {
  regular: [
    317, 400, 459, 837, 636, 950, 779, 274, 390, 390, 500, 837, 317, 360, 317, 336, 636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 336,
    336, 837, 837, 837, 530, 1000, 684, 686, 698, 770, 631, 575, 774, 751, 294, 294, 655, 557, 862, 748, 787, 603, 787, 694, 634, 610, 731,
    684, 988, 685, 610, 685, 390, 336, 390, 837, 500, 500, 612, 634, 549, 634, 615, 352, 634, 633, 277, 277, 579, 277, 974, 633, 611, 634,
    634, 411, 520, 392, 633, 591, 817, 591, 591, 524, 636, 336, 636, 837,
  ],
  bold: [
    348, 456, 520, 837, 695, 1001, 872, 306, 457, 457, 522, 837, 379, 415, 379, 365, 695, 695, 695, 695, 695, 695, 695, 695, 695, 695, 399,
    399, 837, 837, 837, 580, 1000, 773, 762, 733, 830, 683, 683, 820, 836, 372, 372, 774, 637, 995, 836, 850, 732, 850, 770, 720, 682, 812,
    773, 1103, 770, 724, 725, 457, 365, 457, 837, 500, 500, 674, 715, 592, 715, 678, 435, 715, 711, 342, 342, 665, 342, 1041, 711, 687, 715,
    715, 493, 595, 478, 711, 651, 923, 645, 651, 582, 711, 365, 711, 837,
  ],
};
/** Vietnamese letters that are wider than their base letter, and signs that the label uses; the wider of both weights. */
const others: Readonly<Record<string, number>> = { Ư: 857, Ơ: 913, Đ: 837, đ: 715, '·': 379, '–': 500, '…': 1000 };
const unknownAdvance = 1_000;
/** Room for another renderer's rounding. */
const margin = 1.02;

/** In the unit of `size`. */
export function widthOf(text: string, size: number, weight: Weight): number {
  let thousandths = 0;
  for (const letter of text.normalize('NFC')) {
    // All other accents stand above or below a letter that keeps its width.
    const base = letter.normalize('NFD').replace(/[\u0300-\u036f]/g, '');
    // The horn of Ư and Ơ makes them wider, whatever accent comes on top.
    const horned = letter.normalize('NFD').includes('\u031b') && /[UO]/.test(base) ? { U: 'Ư', O: 'Ơ' }[base] : undefined;
    thousandths += others[horned ?? letter] ?? advances[weight][base.charCodeAt(0) - firstListed] ?? unknownAdvance;
  }
  return (thousandths / 1_000) * size * margin;
}

/** Breaks at spaces; a word that is wider than a line is broken within. No line is wider than `width`, save that it has one letter at least. */
export function linesOf(text: string, size: number, weight: Weight, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  const fits = (candidate: string) => widthOf(candidate, size, weight) <= width;
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const letter of word.normalize('NFC')) {
      if (line !== '' && !fits(line + letter)) {
        lines.push(line);
        line = '';
      }
      line += letter;
    }
  }
  return line === '' ? lines : [...lines, line];
}

export interface Fitted {
  lines: readonly string[];
  size: number;
  isCut: boolean;
}

/** The largest size, between both, at which the text takes no more than so many lines. At the smallest, what is left over is cut with "…". */
export function fitted(text: string, weight: Weight, width: number, linesMax: number, sizes: { most: number; least: number }): Fitted {
  const step = 0.1;
  // Rounded: tenths added up must not miss the last one.
  for (let size = sizes.most; size >= sizes.least; size = Math.round((size - step) * 10) / 10) {
    const lines = linesOf(text, size, weight, width);
    if (lines.length <= linesMax) return { lines, size, isCut: false };
  }
  const lines = linesOf(text, sizes.least, weight, width).slice(0, linesMax);
  let last = lines.at(-1) ?? '';
  while (last !== '' && widthOf(`${last}…`, sizes.least, weight) > width) last = last.slice(0, -1);
  return { lines: [...lines.slice(0, -1), `${last}…`], size: sizes.least, isCut: true };
}
