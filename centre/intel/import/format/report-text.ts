/**
 * Reads the values that stand in a text for people, defanged or not: each word that has the form of one. Hashes and e-mail addresses are refused,
 * other words are no entries. A name that was not defanged needs a suffix that exists: `readme.txt` is none.
 */
import { parse } from 'tldts';
import type { Harvest, Said } from '../harvest.ts';
import { eachLine, type Input } from '../input.ts';
import { isHash, readAny } from '../value/any-value.ts';
import { valueLengthMax } from '../value/name-and-url.ts';
import type { Reading } from '../value/reading.ts';
import { refang } from '../value/refang.ts';

const nothingSaid: Said = {};
/** A comma may be part of a URL; one before the next URL is not. */
const separators = /[\s|<>"“”`]+|\]\(|[,;](?=h(?:xx|tt)ps?[:[])/i;
const punctuation = /(?:[.,;:!?'’…]|\*\*)+$/;
const emailPattern = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/;

export function readReportText(input: Input, harvest: Harvest): void {
  eachLine(input, harvest, (line, number) => {
    for (const word of line.split(separators)) if (word !== '') readWord(word, number, harvest);
  });
}

function readWord(word: string, number: number, harvest: Harvest): void {
  if (word.length > valueLengthMax) return;
  for (const form of formsOf(word)) {
    const value = refang(form);
    if (isHash(value)) {
      harvest.refuse('file-hash', value, number);
      return;
    }
    if (emailPattern.test(value)) {
      harvest.refuse('email', value, number);
      return;
    }
    const reading = readAny(value);
    if (typeof reading === 'string' || !isMeant(reading, value !== form)) continue;
    harvest.take(reading.kind, reading.value, nothingSaid);
    return;
  }
  const parts = word.split(/[,;]/).filter((part) => part !== '');
  if (parts.length > 1) for (const part of parts) readWord(part, number, harvest);
}

/** Without the sentence's punctuation, then without its brackets; a bracket may be part of a defanged value, of an IPv6 address or of a URL. */
function formsOf(word: string): string[] {
  const bare = withoutEnd(word.replace(/^(?:['‘]|\*\*)+/, ''));
  const whole = refang(bare);
  const inner = whole.replace(/^[([{]+/, '').replace(/[)\]}]+[.,;:!?]*$/, '');
  return [bare, inner].filter((form, index) => form !== '' && (index === 0 || inner !== whole));
}

/** A bracket that ends a word and was not opened in it is the sentence's. */
function withoutEnd(word: string): string {
  let bare = word.replace(punctuation, '');
  while (/[)\]}]$/.test(bare) && !isClosing(refang(bare))) bare = bare.slice(0, -1).replace(punctuation, '');
  return bare;
}

/** Whether the bracket at the end of the text ends one that was opened in it. */
function isClosing(text: string): boolean {
  const end = text.at(-1) ?? '';
  const start = ({ ')': '(', ']': '[', '}': '{' } as Readonly<Record<string, string>>)[end];
  // What was no more than a defanged dot is gone.
  return start === undefined || text.split(start).length >= text.split(end).length;
}

function isMeant(reading: Exclude<Reading, string>, wasDefanged: boolean): boolean {
  if (reading.kind === 'url' && /^[a-z]+:\/\//.test(reading.value)) return true;
  if (wasDefanged || (reading.kind !== 'domain' && reading.kind !== 'url')) return true;
  return parse(reading.value, { validateHostname: false }).isIcann === true;
}
