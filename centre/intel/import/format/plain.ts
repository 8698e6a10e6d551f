/** Reads a list of one value a line: the first word of each, comments dropped. `ua:…` takes the whole line. */
import type { Harvest, Said } from '../harvest.ts';
import { eachLine, type Input } from '../input.ts';
import { readAny, userAgentPrefix } from '../value/any-value.ts';

const nothingSaid: Said = {};

export function readPlain(input: Input, harvest: Harvest): void {
  eachLine(input, harvest, (line, number) => {
    const word = firstWord(line);
    if (word === '') return;
    harvest.read(readWord(word), nothingSaid, word, number);
  });
}

function readWord(word: string): ReturnType<typeof readAny> {
  const reading = readAny(word);
  if (typeof reading !== 'string' || userAgentPrefix.test(word)) return reading;
  // A comment may stand at the value without a space.
  const comment = word.search(/[#;]/);
  if (comment > 0) {
    const shorter = readAny(word.slice(0, comment));
    if (typeof shorter !== 'string') return shorter;
  }
  return /[,;|]/.test(word) && typeof readAny(word.split(/[,;|]/, 1)[0]!) !== 'string' ? 'several-values' : reading;
}

/** Empty for a blank line and a comment. */
export function firstWord(line: string): string {
  let start = 0;
  while (line.charCodeAt(start) <= 0x20) start++;
  const first = line.charCodeAt(start);
  if (Number.isNaN(first) || first === 0x23 || first === 0x3b || line.startsWith('//', start)) return '';
  if (userAgentPrefix.test(line.slice(start, start + 3))) return line.trim();
  let end = start;
  while (end < line.length && line.charCodeAt(end) > 0x20) end++;
  return start === 0 && end === line.length ? line : line.slice(start, end);
}
