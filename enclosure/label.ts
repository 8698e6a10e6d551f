/**
 * Contacts and the numbers of the lid -> the label that is glued on it, as SVG: lamps where the lid has its holes, their names, the button,
 * whom to call. Vietnamese first, and larger. Drawn at its real size with its cutting lines.
 */
import type { Words } from '../firmware/contract/language.ts';
import type { Contacts } from './contacts.ts';
import { buttonRows, lampOrder, lampWords, phrases } from './panel-words.ts';
import { readParameters } from './parameters.ts';
import { box, circle, page, paragraph, type ShrinkingStyle, shrinking, text } from './svg.ts';

/** Paper around the label, for the knife. */
const marginMm = 10;
/** The label ends before the broken edge of the lid. */
const edgeMm = 1.5;
const grey = '#555';
const cut = '#888';

interface Frame {
  width: number;
  height: number;
  /** From the lid's coordinates (middle, y up) to those of the page. */
  x: (lidX: number) => number;
  y: (lidY: number) => number;
  parameter: (name: string) => number;
}

function frameOfLid(): Frame {
  const parameter = readParameters();
  const width = parameter('case_width') - 2 * edgeMm;
  const height = parameter('case_height') - 2 * edgeMm;
  return { width, height, parameter, x: (lidX) => marginMm + width / 2 + lidX, y: (lidY) => marginMm + height / 2 - lidY };
}

/** Outline, lamps, button, the holes of the buzzer and of the four screws. */
function cuttingLines({ width, height, x, y, parameter }: Frame): string[] {
  const hole = (lidX: number, lidY: number, radius: number) => circle(x(lidX), y(lidY), radius, { fill: '#fff', stroke: cut });
  const screwX = parameter('case_width') / 2 - parameter('wall') - parameter('lid_boss') / 2;
  const screwY = parameter('case_height') / 2 - parameter('wall') - parameter('lid_boss') / 2;
  const screws = [-1, 1].flatMap((sx) => [-1, 1].map((sy) => hole(sx * screwX, sy * screwY, parameter('screw_head') / 2 + 0.6)));
  return [
    box(marginMm, marginMm, width, height, { stroke: cut, radius: parameter('corner_radius') - edgeMm / 2 }),
    ...screws,
    ...lampOrder.map((lamp) => hole(parameter(`lamp_x_${lamp}`), parameter('lamp_y'), parameter('lamp_hole') / 2 + 0.2)),
    // The bezel of the button covers what is cut away.
    hole(parameter('button_x'), parameter('button_y'), parameter('button_hole') / 2 + 0.4),
    hole(parameter('buzzer_x'), parameter('buzzer_y'), 4.6),
  ];
}

function header({ x, y }: Frame, agency: string): string[] {
  const title = text(x(0), y(38.6), 'VỌNG GÁC', { size: 4.6, weight: 'bold', anchor: 'middle' });
  return [title, shrinking(x(0), y(37.6), 74, agency, { anchor: 'middle', fill: grey, linesMax: 2, sizes: { most: 2.6, least: 1.7 } }).svg];
}

function lamps({ x, y, parameter }: Frame): string[] {
  const columnMm = 22;
  return lampOrder.flatMap((lamp) => {
    const { name, short, colour } = lampWords[lamp];
    const middle = x(parameter(`lamp_x_${lamp}`));
    const lampY = parameter('lamp_y');
    const ring = circle(middle, y(lampY), 3.6, { stroke: colour, strokeWidth: 0.8 });
    const vietnamese = text(middle, y(lampY - 7.4), name.vi, { size: 3, weight: 'bold', anchor: 'middle' });
    const english = name.en === name.vi ? '' : text(middle, y(lampY - 10), name.en, { size: 2, anchor: 'middle', fill: grey });
    let top = y(lampY - 10.8);
    const meanings = (['vi', 'en'] as const).flatMap((language) =>
      short.map((words) => {
        const style = language === 'vi' ? { size: 1.9 } : { size: 1.6, fill: grey };
        const line = paragraph(middle, top, columnMm, words[language], { ...style, anchor: 'middle' });
        top = line.nextY;
        return line.svg;
      }),
    );
    return [ring, vietnamese, english, ...meanings];
  });
}

/** Between the buzzer and the button. */
function button({ x, y }: Frame): string[] {
  const left = x(-24);
  const widthMm = 43;
  const title = text(left, y(3), `${phrases.button.vi} · ${phrases.button.en} →`, { size: 2.6, weight: 'bold' });
  let top = y(2);
  const rows = buttonRows.flatMap(({ press, does }) => {
    const line = (words: Words, language: 'vi' | 'en') => `${words[language]}: ${does[language]}`;
    const vietnamese = paragraph(left, top, widthMm, line(press, 'vi'), { size: 2.3, weight: 'bold' });
    const english = paragraph(left, vietnamese.nextY - 0.3, widthMm, line(press, 'en'), { size: 1.8, fill: grey });
    top = english.nextY + 0.3;
    return [vietnamese.svg, english.svg];
  });
  return [title, ...rows];
}

function lostAndContacts({ x, y }: Frame, { itCentre, national }: Contacts): string[] {
  const left = x(-44);
  const widthMm = 88;
  const lostVi = paragraph(left, y(-16.2), widthMm, phrases.lost.vi, { size: 2.1, weight: 'bold' });
  const lostEn = paragraph(left, lostVi.nextY - 0.2, widthMm, phrases.lost.en, { size: 1.7, fill: grey });
  const contactX = x(-37.5);
  const contactMm = 75;
  const place = (top: number, content: string, style: ShrinkingStyle) => shrinking(contactX, top, contactMm, content, style);
  const name = place(y(-21.9), itCentre.name, { weight: 'bold', linesMax: 2, sizes: { most: 2.2, least: 1.6 } });
  const phone = place(name.nextY, itCentre.phone, { weight: 'bold', linesMax: 1, sizes: { most: 4.2, least: 2 }, mustBeWhole: true });
  const email = place(phone.nextY - 0.3, itCentre.email, { linesMax: 2, sizes: { most: 1.7, least: 1.5 }, mustBeWhole: true });
  const other = place(email.nextY + 0.3, national.name, { fill: grey, linesMax: 2, sizes: { most: 1.6, least: 1.3 } });
  const otherPhone = place(other.nextY, national.phone, {
    weight: 'bold',
    linesMax: 1,
    sizes: { most: 2.2, least: 1.5 },
    mustBeWhole: true,
  });
  const line = box(left, y(-21.2), widthMm, 0.2, { fill: '#bbb' });
  return [lostVi.svg, lostEn.svg, line, name.svg, phone.svg, email.svg, other.svg, otherPhone.svg];
}

export function labelSvg(contacts: Contacts): string {
  const frame = frameOfLid();
  const content = [
    ...cuttingLines(frame),
    ...header(frame, contacts.agency),
    ...lamps(frame),
    ...button(frame),
    ...lostAndContacts(frame, contacts),
    text(marginMm, marginMm - 3, 'In đúng cỡ 100 %, cắt theo đường xám · Print at 100 %, cut along the grey lines', {
      size: 2,
      fill: grey,
    }),
  ];
  return page(frame.width + 2 * marginMm, frame.height + 2 * marginMm, `Vọng Gác: ${contacts.agency}`, content);
}
