import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { cardSvg } from '../../enclosure/card.ts';
import { type Contacts, contactsSchema, readContacts } from '../../enclosure/contacts.ts';
import { labelSvg } from '../../enclosure/label.ts';
import { lampOrder, lampWords } from '../../enclosure/panel-words.ts';
import { readParameters } from '../../enclosure/parameters.ts';
import { fitted, linesOf, widthOf } from '../../enclosure/text-width.ts';
import { lampNames } from '../../firmware/agent/panel/display.ts';
import { describeLamps } from '../../firmware/agent/panel/terminal.ts';
import { missingPaperTools, overlaps, printed, touchesCircle } from './printed-words.ts';

const exampleFile = fileURLToPath(new URL('../../enclosure/contacts.example.json', import.meta.url));
const example = readContacts(exampleFile);

const long: Contacts = {
  agency:
    'Ủy ban nhân dân huyện Nghĩa Đàn Phòng Văn hóa và Thông tin phụ trách chuyển đổi số, an toàn thông tin mạng và bưu chính viễn thông',
  itCentre: {
    name: 'Trung tâm Công nghệ thông tin và Truyền thông trực thuộc Sở Khoa học và Công nghệ tỉnh, bộ phận ứng cứu sự cố an toàn thông tin mạng',
    phone: '+84 (0) 205 3 000 000, +84 900 000 000',
    email: 'ungcuusuco.trungtamcongnghethongtin.truyenthong@mottinhratdaitenmien.example.vn',
  },
  national: {
    name: 'TRUNG TÂM GIÁM SÁT VÀ ĐIỀU PHỐI ỨNG CỨU SỰ CỐ AN TOÀN KHÔNG GIAN MẠNG QUỐC GIA, ĐƯỜNG DÂY NÓNG TIẾP NHẬN THÔNG BÁO SỰ CỐ',
    phone: '+84 000 000 000 / +84 000 000 001',
  },
};
const oneWord: Contacts = {
  agency: 'W'.repeat(160),
  itCentre: { name: 'Ư'.repeat(160), phone: '0'.repeat(40), email: 'm'.repeat(80) },
  national: { name: '漢'.repeat(160), phone: '8'.repeat(40) },
};
const hostile: Contacts = {
  agency: '</text><script>alert(1)</script>&lt;"\'',
  itCentre: { name: '<image href="file:///etc/passwd"/>', phone: '\u202e123', email: 'a&b@c' },
  national: { name: '\u0000\u001b[31m', phone: ']]>' },
};
const cases = Object.entries({ example, long, oneWord, hostile });

describe('contacts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-contacts-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('say in one line what is wrong, and where', () => {
    const file = join(folder, 'contacts.json');
    writeFileSync(file, JSON.stringify({ ...example, itCentre: { ...example.itCentre, phone: ' ' } }));
    expect(() => readContacts(file)).toThrow(/contacts\.json: itCentre\.phone: /);
    writeFileSync(file, '{');
    expect(() => readContacts(file)).toThrow(/contacts\.json: /);
    expect(() => readContacts(join(folder, 'none.json'))).toThrow(/none\.json: /);
  });

  it('refuse names that no label can hold, and fields that nobody would print', () => {
    expect(contactsSchema.safeParse({ ...example, agency: 'x'.repeat(161) }).success).toBe(false);
    expect(contactsSchema.safeParse({ ...example, fax: '1' }).success).toBe(false);
  });

  it('stand as placeholders in the example, so that no number is taken for a fact', () => {
    expect(JSON.stringify(example)).not.toMatch(/\d/);
  });
});

describe('the names of the lamps', () => {
  it('are those of the terminal, in its order', () => {
    const dark = { lamps: { ready: 'off', attention: 'off', c2: 'off', traffic: 'off' }, buzzer: false, faults: [] } as const;
    expect(lampOrder).toEqual(lampNames);
    for (const lang of ['vi', 'en'] as const) {
      const shown = describeLamps(dark, lang).slice(2, -2).split(' | ');
      expect(shown.map((cell) => cell.split(' · ')[0])).toEqual(lampOrder.map((lamp) => lampWords[lamp].name[lang]));
    }
  });

  it('are engraved in the lid', () => {
    const lid = readFileSync(fileURLToPath(new URL('../../enclosure/parts/lid.scad', import.meta.url)), 'utf8');
    const engraved = /lamp_names = (\[.*\]);/.exec(lid)?.[1] ?? '';
    const names = lampOrder.map((lamp) => lampWords[lamp].name).map(({ vi, en }) => [vi, en === vi ? '' : en]);
    expect(JSON.parse(engraved)).toEqual(names);
  });
});

describe('lines of text', () => {
  it('are never wider than they may be, whatever the words', () => {
    for (const text of [long.agency, oneWord.itCentre.name, 'a '.repeat(60), 'nghiêng '.repeat(20)]) {
      for (const width of [9, 20, 75]) {
        for (const line of linesOf(text, 2.4, 'bold', width)) expect(widthOf(line, 2.4, 'bold')).toBeLessThanOrEqual(width);
      }
    }
  });

  it('keep every word, in its order', () => {
    expect(linesOf(long.national.name, 3, 'regular', 40).join(' ')).toBe(long.national.name);
    expect(linesOf('', 3, 'regular', 40)).toEqual([]);
  });

  it('shrink before they are cut, and say where they are cut', () => {
    expect(fitted(long.agency, 'regular', 74, 2, { most: 2.6, least: 1.7 }).lines.join(' ')).toBe(long.agency);
    const cut = fitted(oneWord.agency, 'regular', 74, 1, { most: 2.6, least: 1.7 });
    expect(cut.lines).toHaveLength(1);
    expect(cut.lines[0]).toMatch(/W…$/);
    expect(widthOf(cut.lines[0]!, cut.size, 'regular')).toBeLessThanOrEqual(74);
  });
});

describe('numbers and addresses', () => {
  it('are whole on label and card, however long', () => {
    for (const svg of [labelSvg(oneWord), cardSvg(oneWord)]) {
      const text = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, line]) => line).join('');
      for (const whole of [oneWord.itCentre.phone, oneWord.itCentre.email, oneWord.national.phone]) expect(text).toContain(whole);
    }
  });

  it('stop the printing where they cannot be whole', () => {
    const wide = { ...example, national: { ...example.national, phone: '漢'.repeat(40) } };
    expect(() => cardSvg(wide)).toThrow(/too long to be printed whole: 漢/);
    expect(() => labelSvg({ ...example, itCentre: { ...example.itCentre, phone: '漢'.repeat(40) } })).toThrow(/too long/);
  });
});

describe.each(cases)('with the contacts "%s"', (_, contacts) => {
  it('label and card hold no mark-up that comes from them', () => {
    for (const svg of [labelSvg(contacts), cardSvg(contacts)]) {
      const tags = [...svg.matchAll(/<\/?([a-z]+)/g)].map(([, name]) => name);
      expect(new Set(tags).difference(new Set(['svg', 'title', 'rect', 'circle', 'path', 'text']))).toEqual(new Set());
      expect(svg).not.toMatch(/[^\P{C}\n]/u);
    }
  });
});

const isThere = missingPaperTools.length === 0;
describe.skipIf(!isThere)(`on paper (${isThere ? 'rsvg-convert, pdftotext' : `skipped: no ${missingPaperTools.join(', ')}`})`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-paper-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const parameter = readParameters();

  it.each(cases)('the label keeps its words inside, off every hole and off one another (%s)', async (_, contacts) => {
    const { width, height, words } = await printed(labelSvg(contacts), folder);
    const margin = 10;
    expect(width).toBeCloseTo(parameter('case_width') - 3 + 2 * margin, 1);
    const onLabel = words.filter(({ top }) => top > margin);
    expect(onLabel.length).toBeGreaterThan(50);
    const outside = onLabel.filter(
      (word) => word.left < margin + 1 || word.right > width - margin - 1 || word.bottom > height - margin - 1,
    );
    expect(outside).toEqual([]);
    const screwX = parameter('case_width') / 2 - parameter('wall') - parameter('lid_boss') / 2;
    const screwY = parameter('case_height') / 2 - parameter('wall') - parameter('lid_boss') / 2;
    const holes = [
      ...lampOrder.map((lamp) => [parameter(`lamp_x_${lamp}`), parameter('lamp_y'), 3.6] as const),
      // The bezel of the button is 1.5 mm wider than its hole.
      [parameter('button_x'), parameter('button_y'), parameter('button_hole') / 2 + 1.5] as const,
      [parameter('buzzer_x'), parameter('buzzer_y'), 4.6] as const,
      ...[-1, 1].flatMap((sx) => [-1, 1].map((sy) => [sx * screwX, sy * screwY, parameter('screw_head') / 2 + 0.6] as const)),
    ];
    const onHole = onLabel.filter((word) => holes.some(([x, y, radius]) => touchesCircle(word, width / 2 + x, height / 2 - y, radius)));
    expect(onHole).toEqual([]);
    expect(overlaps(words)).toEqual([]);
  });

  it.each(cases)('the card keeps its words inside its margins and off one another (%s)', async (_, contacts) => {
    const { width, height, words } = await printed(cardSvg(contacts), folder);
    expect([Math.round(width), Math.round(height)]).toEqual([297, 210]);
    expect(words.length).toBeGreaterThan(200);
    expect(words.filter((word) => word.left < 9.5 || word.right > 287.5 || word.top < 8 || word.bottom > 202)).toEqual([]);
    expect(overlaps(words)).toEqual([]);
  });

  it('both say all lamps, the button and the contacts, Vietnamese before English', async () => {
    for (const svg of [labelSvg(example), cardSvg(example)]) {
      const { words } = await printed(svg, folder);
      const text = words.map((word) => word.text).join(' ');
      for (const lamp of lampOrder) {
        const { vi, en } = lampWords[lamp].name;
        expect(text).toContain(vi);
        expect(text).toContain(en);
      }
      for (const part of ['Giữ 8 giây', 'Hold 8 s', 'Trung tâm CNTT', 'quốc gia']) expect(text).toContain(part);
      expect(svg.indexOf('Giữ 8 giây')).toBeLessThan(svg.indexOf('Hold 8 s'));
    }
  });
});
