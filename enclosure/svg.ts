/** Shapes and texts in millimetres -> SVG. All text is escaped here and nowhere else. Places nothing by itself. */
import { plain } from '../firmware/contract/language.ts';
import { type Fitted, fitted, linesOf, type Weight } from './text-width.ts';

export const fontFamily = 'DejaVu Sans';
/** Of the size: from one line to the next. Vietnamese capitals carry two accents. */
const lineHeight = 1.32;
/** Longest text of one field: more does not fit on paper either. */
const charactersMax = 400;

export function escaped(text: string): string {
  const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return plain(text, charactersMax).replace(/[&<>"']/g, (sign) => signs[sign] ?? '');
}

const number = (value: number) => String(Math.round(value * 1_000) / 1_000);

export interface TextStyle {
  size: number;
  weight?: Weight;
  fill?: string;
  anchor?: 'start' | 'middle' | 'end';
}

/** `y` is the base line. */
export function text(
  x: number,
  y: number,
  content: string,
  { size, weight = 'regular', fill = '#111', anchor = 'start' }: TextStyle,
): string {
  const place = `x="${number(x)}" y="${number(y)}" font-size="${number(size)}"`;
  return `<text ${place} font-weight="${weight === 'bold' ? 700 : 400}" fill="${fill}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

export interface Block {
  svg: string;
  /** Base line of the line after it. */
  nextY: number;
}

/** Lines below one another; `y` is the top of the block. */
function stacked(x: number, y: number, { lines, size }: Pick<Fitted, 'lines' | 'size'>, style: Omit<TextStyle, 'size'>): Block {
  const svg = lines.map((line, index) => text(x, y + size + index * size * lineHeight, line, { ...style, size })).join('\n');
  return { svg, nextY: y + lines.length * size * lineHeight };
}

/** A text in lines of at most `width`; `y` is its top. */
export function paragraph(x: number, y: number, width: number, content: string, style: TextStyle): Block {
  const lines = linesOf(plain(content, charactersMax), style.size, style.weight ?? 'regular', width);
  return stacked(x, y, { lines, size: style.size }, style);
}

export interface ShrinkingStyle extends Omit<TextStyle, 'size'> {
  sizes: { most: number; least: number };
  linesMax: number;
  /** A number that is cut calls nobody. */
  mustBeWhole?: boolean;
}

/** A text that may shrink, and is cut in the end: for what people configure. `y` is its top. @throws Error where it must be whole and cannot. */
export function shrinking(x: number, y: number, width: number, content: string, style: ShrinkingStyle): Block {
  const { sizes, linesMax, mustBeWhole = false, ...rest } = style;
  const fit = fitted(plain(content, charactersMax), style.weight ?? 'regular', width, linesMax, sizes);
  if (fit.isCut && mustBeWhole) throw new Error(`too long to be printed whole: ${plain(content)}`);
  return stacked(x, y, fit, rest);
}

export function box(
  x: number,
  y: number,
  width: number,
  height: number,
  look: { fill?: string; stroke?: string; radius?: number } = {},
): string {
  const { fill = 'none', stroke = 'none', radius = 0 } = look;
  const place = `x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" rx="${number(radius)}"`;
  return `<rect ${place} fill="${fill}" stroke="${stroke}" stroke-width="0.2"/>`;
}

export function circle(x: number, y: number, radius: number, look: { fill?: string; stroke?: string; strokeWidth?: number } = {}): string {
  const { fill = 'none', stroke = 'none', strokeWidth = 0.2 } = look;
  return `<circle cx="${number(x)}" cy="${number(y)}" r="${number(radius)}" fill="${fill}" stroke="${stroke}" stroke-width="${strokeWidth}"/>`;
}

/** A page of that size in millimetres, white. */
export function page(width: number, height: number, title: string, content: readonly string[]): string {
  const size = `width="${number(width)}mm" height="${number(height)}mm" viewBox="0 0 ${number(width)} ${number(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${fontFamily}">`,
    `<title>${escaped(title)}</title>`,
    box(0, 0, width, height, { fill: '#fff' }),
    ...content,
    '</svg>',
    '',
  ].join('\n');
}
