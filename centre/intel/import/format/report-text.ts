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
const emailPattern = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/;

export function readReportText(input: Input, harvest: Harvest): void {
  eachLine(input, harvest, (line, number) => {
    for (const word of line.split(/[\s|<>"“”`]+|\]\(/)) if (word !== '') readWord(word, number, harvest);
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
}

/** Without the sentence's punctuation, then without its brackets; a bracket may be part of a defanged value or of an IPv6 address. */
function formsOf(word: string): string[] {
  const bare = word.replace(/[.,;:!?'’…]+$/, '').replace(/^['‘]+/, '');
  const whole = refang(bare);
  const inner = whole.replace(/^[([{]+/, '').replace(/[)\]}]+[.,;:!?]*$/, '');
  return [bare, inner].filter((form, index) => form !== '' && (index === 0 || inner !== whole));
}

function isMeant(reading: Exclude<Reading, string>, wasDefanged: boolean): boolean {
  if (reading.kind === 'url' && /^[a-z]+:\/\//.test(reading.value)) return true;
  if (wasDefanged || (reading.kind !== 'domain' && reading.kind !== 'url')) return true;
  return parse(reading.value, { validateHostname: false }).isIcann === true;
}
