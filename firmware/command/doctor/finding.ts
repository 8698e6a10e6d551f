/** What a check found: a code of the table with its values, and how both become lines for a person or JSON for a program. */
import { type Language, plain, type Words, wrapped } from '../../contract/language.ts';
import { networkTexts } from './network-texts.ts';
import { type Degree, machineTexts, type Text } from './texts.ts';

const table = { ...machineTexts, ...networkTexts };
export type Code = keyof typeof table;
export const texts: Readonly<Record<Code, Text>> = table;

export type Values = Readonly<Record<string, string | number>>;

export interface Finding {
  code: Code;
  values: Values;
}

export function finding(code: Code, values: Values = {}): Finding {
  return { code, values };
}

export function degreeOf({ code }: Finding): Degree {
  return texts[code].degree;
}

const marks: Record<Degree, string> = { ok: '✔', note: '·', fault: '✘' };
const nextWord: Words = { vi: 'Cần làm', en: 'What to do' };
const columns = 100;
const markIndent = 2;
const nextIndent = 4;

/** One paragraph: the mark, what was found with its code, and, where there is one, the next step. */
export function inWords(found: Finding, lang: Language): string {
  const text = texts[found.code];
  const first = wrapped(`${marks[text.degree]} ${filled(text.found[lang], found.values, lang)} [${found.code}]`, columns, markIndent);
  if (text.next === undefined) return first;
  const next = wrapped(`${nextWord[lang]}: ${filled(text.next[lang], found.values, lang)}`, columns - nextIndent, 0);
  const margin = ' '.repeat(nextIndent);
  return `${first}\n${margin}${next.replaceAll('\n', `\n${margin}`)}`;
}

/** One line; never translated, but the words of both languages may be in it. */
export function asJson(found: Finding, hasWords = false): string {
  const words = hasWords ? { vi: inWords(found, 'vi'), en: inWords(found, 'en') } : {};
  return JSON.stringify({ code: found.code, degree: degreeOf(found), ...found.values, ...words });
}

function filled(template: string, values: Values, lang: Language): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    // A port is a name, not an amount.
    return typeof value === 'number' && name !== 'port' ? value.toLocaleString(lang) : plain(String(value));
  });
}
