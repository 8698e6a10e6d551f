/**
 * Contacts -> the quick card that hangs beside the box, as SVG, A4 across: the lamps by place and rhythm, what each picture means, what to do, the
 * button, whom to call. Vietnamese on the left, English on the right, line by line.
 */
import type { Language, Words } from '../firmware/contract/language.ts';
import type { Contacts } from './contacts.ts';
import { buttonRows, type CardRow, cardRows, type Drawn, lampOrder, lampWords, phrases } from './panel-words.ts';
import { box, circle, page, paragraph, type ShrinkingStyle, shrinking, text } from './svg.ts';

/** ISO 216. */
const widthMm = 297;
const heightMm = 210;
const marginMm = 10;
/** The rows above it take what they need; a test sees to it that they end before. */
const footerTop = heightMm - marginMm - 29;
const grey = '#555';
const rule = '#ccc';

/** Left edge and width of each column; both halves have the same three of text. */
const lampsMm = 30;
const halfMm = (widthMm - 2 * marginMm - lampsMm) / 2;
const columns = { see: { from: 0, width: 29 }, means: { from: 31, width: 40 }, act: { from: 73, width: halfMm - 75 } };
const halves: readonly { language: Language; x: number }[] = [
  { language: 'vi', x: marginMm + lampsMm },
  { language: 'en', x: marginMm + lampsMm + halfMm },
];

/** Lit: full. Blinks: half full, with two rays. Flashes: half full. Dark: empty. Whatever it does: a dot. */
function lamp(x: number, y: number, colour: string, drawn: Drawn): string {
  const radius = 2.4;
  const rim = circle(x, y, radius, { stroke: '#333', strokeWidth: 0.3, fill: drawn === 'lit' ? colour : '#fff' });
  if (drawn === 'dark') return rim;
  if (drawn === 'any') return circle(x, y, 0.4, { fill: '#999' });
  if (drawn === 'lit') return rim;
  const half = `<path d="M ${x} ${y - radius} A ${radius} ${radius} 0 0 1 ${x} ${y + radius} Z" fill="${colour}"/>`;
  if (drawn === 'flashes') return `${rim}${half}`;
  const ray = (side: number) => `<path d="M ${x + side * 3} ${y - 1.6} L ${x + side * 3} ${y + 1.6}" stroke="#333" stroke-width="0.4"/>`;
  return `${rim}${half}${ray(-1)}${ray(1)}`;
}

function drawnRow(row: CardRow, top: number): { svg: string[]; nextY: number } {
  const style = { size: 3.05 } as const;
  const cell = (words: Words, key: keyof typeof columns, half: (typeof halves)[number], bold: boolean) =>
    paragraph(half.x + columns[key].from, top, columns[key].width, words[half.language], {
      ...style,
      weight: bold ? 'bold' : 'regular',
      fill: half.language === 'vi' ? '#111' : grey,
    });
  const cells = halves.flatMap((half) => [
    cell(row.see, 'see', half, true),
    cell(row.means, 'means', half, false),
    cell(row.act, 'act', half, half.language === 'vi'),
  ]);
  const nextY = Math.max(top + 9, ...cells.map((block) => block.nextY)) + 1.6;
  const middle = top + 3;
  const pictures = lampOrder.map((name, index) => lamp(marginMm + 3.4 + index * 7, middle, lampWords[name].colour, row.lamps[name]));
  const line = box(marginMm, nextY - 0.9, widthMm - 2 * marginMm, 0.15, { fill: rule });
  return { svg: [...cells.map((block) => block.svg), ...pictures, line], nextY: nextY + 0.6 };
}

function header(agency: string): string[] {
  const titles = halves.flatMap(({ language, x }) =>
    (['see', 'means', 'act'] as const).map((key) =>
      text(x + columns[key].from, 28, phrases[key][language], { size: 3, weight: 'bold', fill: grey }),
    ),
  );
  const names = lampOrder.map((_, index) =>
    text(marginMm + 3.4 + index * 7, 28, String(index + 1), { size: 2.6, weight: 'bold', anchor: 'middle', fill: grey }),
  );
  const legend = lampOrder.map((name, index) => {
    const { vi, en } = lampWords[name].name;
    return `${index + 1} ${vi === en ? vi : `${vi} (${en})`}`;
  });
  return [
    text(marginMm, 17, 'VỌNG GÁC', { size: 7, weight: 'bold' }),
    shrinking(marginMm + 50, 9.5, widthMm - 2 * marginMm - 50, agency, { weight: 'bold', linesMax: 2, sizes: { most: 3.7, least: 3 } }).svg,
    text(marginMm, 22.5, legend.join('  ·  '), { size: 3, weight: 'bold' }),
    ...titles,
    ...names,
    box(marginMm, 29.5, widthMm - 2 * marginMm, 0.3, { fill: '#333' }),
  ];
}

/** The button and whom to call, side by side in both languages. */
function footer(top: number, { itCentre, national }: Contacts): string[] {
  const buttons = halves.flatMap(({ language, x }, index) => {
    const from = index === 0 ? marginMm : x;
    const title = text(from, top + 4, phrases.button[language], { size: 3.4, weight: 'bold' });
    const rows = buttonRows.map(({ press, does }, row) =>
      text(from, top + 9 + row * 4.4, `${press[language]}: ${does[language]}`, { size: 3, fill: language === 'vi' ? '#111' : grey }),
    );
    const arrived = paragraph(from, top + 20, 60, phrases.helpArrived[language], { size: 2.75, fill: language === 'vi' ? '#111' : grey });
    return [title, ...rows, arrived.svg];
  });
  const contactX = marginMm + 68;
  const contactMm = halves[1]!.x - contactX - 4;
  const nationalX = halves[1]!.x + 66;
  const nationalMm = widthMm - marginMm - nationalX;
  const ours = (y: number, content: string, style: ShrinkingStyle) => shrinking(contactX, y, contactMm, content, style);
  const name = ours(top + 1, itCentre.name, { weight: 'bold', linesMax: 2, sizes: { most: 3.6, least: 2.2 } });
  const phone = ours(name.nextY, itCentre.phone, { weight: 'bold', linesMax: 1, sizes: { most: 8, least: 2.6 }, mustBeWhole: true });
  const email = ours(phone.nextY, itCentre.email, { linesMax: 2, sizes: { most: 3.4, least: 2 }, mustBeWhole: true });
  const theirs = (y: number, content: string, style: ShrinkingStyle) => shrinking(nationalX, y, nationalMm, content, style);
  const other = theirs(top + 1, national.name, { weight: 'bold', linesMax: 4, sizes: { most: 3.2, least: 2 } });
  const otherPhone = theirs(other.nextY, national.phone, { weight: 'bold', linesMax: 1, sizes: { most: 5, least: 2 }, mustBeWhole: true });
  return [...buttons, name.svg, phone.svg, email.svg, other.svg, otherPhone.svg];
}

export function cardSvg(contacts: Contacts): string {
  const content = header(contacts.agency);
  let top = 31;
  for (const row of cardRows) {
    const drawn = drawnRow(row, top);
    content.push(...drawn.svg);
    top = drawn.nextY;
  }
  content.push(box(marginMm, footerTop, widthMm - 2 * marginMm, 0.3, { fill: '#333' }), ...footer(footerTop, contacts));
  return page(widthMm, heightMm, `Vọng Gác: ${contacts.agency}`, content);
}
