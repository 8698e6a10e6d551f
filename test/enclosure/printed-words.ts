/** An SVG page -> where its words really end up on paper: rsvg-convert makes the PDF, pdftotext says the box of each word, in millimetres. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { renderPdf } from '../../enclosure/openscad.ts';

export const missingPaperTools = ['rsvg-convert', 'pdftotext'].filter((tool) => spawnSync(tool, ['-v']).error !== undefined);

const millimetresPerPoint = 25.4 / 72;
/** Letters and their accents; pdftotext adds the leading of the line above and below. */
const inkShare = 0.62;

export interface Word {
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Printed {
  width: number;
  height: number;
  words: Word[];
}

export async function printed(svg: string, folder: string): Promise<Printed> {
  writeFileSync(`${folder}/page.svg`, svg);
  await renderPdf(`${folder}/page.svg`, `${folder}/page.pdf`);
  const { stdout } = spawnSync('pdftotext', ['-bbox', `${folder}/page.pdf`, '-'], { encoding: 'utf8' });
  const page = /<page width="([\d.]+)" height="([\d.]+)"/.exec(stdout);
  const mm = (points: string | undefined) => Number(points) * millimetresPerPoint;
  const found = stdout.matchAll(/<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)<\/word>/g);
  const words = Array.from(found, ([, left, top, right, bottom, text]) => {
    const leading = ((mm(bottom) - mm(top)) * (1 - inkShare)) / 2;
    return { text: text ?? '', left: mm(left), right: mm(right), top: mm(top) + leading, bottom: mm(bottom) - leading };
  });
  return { width: mm(page?.[1]), height: mm(page?.[2]), words };
}

/** Pairs of words that lie on one another. */
export function overlaps(words: readonly Word[]): string[] {
  const slack = 0.1;
  return words.flatMap((a, index) =>
    words
      .slice(index + 1)
      .filter((b) => a.left < b.right - slack && b.left < a.right - slack && a.top < b.bottom - slack && b.top < a.bottom - slack)
      .map((b) => `${a.text} on ${b.text}`),
  );
}

export function touchesCircle({ left, right, top, bottom }: Word, x: number, y: number, radius: number): boolean {
  const dx = Math.max(left - x, 0, x - right);
  const dy = Math.max(top - y, 0, y - bottom);
  return Math.hypot(dx, dy) < radius;
}
