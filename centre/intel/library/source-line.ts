/**
 * One line of a source file: a value and one thing that the source says of it, as text. `key TAB since TAB what is said`, where the key begins with
 * a letter for the kind and one for indicator or allowance, so that sorted lines are sorted entries. Knows no file.
 */
import { type Tlp, tlps } from '../../../firmware/sensor/intel/indicator.ts';
import { type Concern, type Kind, kinds, type LibraryProvenance } from './library-entry.ts';

/** What a source says of a value, as its list gave it. */
export type SaidOfValue = Omit<LibraryProvenance, 'source' | 'importedFirstMs' | 'importedLastMs'> & { concern?: Concern };

const kindLetters = Object.fromEntries(kinds.map((kind, index) => [kind, String.fromCharCode(0x61 + index)])) as Record<Kind, string>;
const indicatorMark = '-';
/** Sorts behind the other. */
const allowanceMark = 'A';
const concernLetters: Record<Concern, string> = { 'public-suffix': 'p', 'shared-suffix': 's' };
/** Bounds what a hostile list can make us carry for each value. */
const textLengthMax = 300;

export function keyOf(kind: Kind, value: string, isAllowance: boolean): string {
  return kindLetters[kind] + (isAllowance ? allowanceMark : indicatorMark) + value;
}

export function kindOfKey(key: string): Kind {
  const kind = kinds[key.charCodeAt(0) - 0x61];
  if (kind === undefined) throw new Error('a kind that is not known');
  return kind;
}

export function isAllowanceKey(key: string): boolean {
  return key[1] === allowanceMark;
}

export function valueOfKey(key: string): string {
  return key.slice(2);
}

/** Texts of a list may hold anything: no tab or line end gets into the file. */
function clean(text: string | undefined): string {
  return text === undefined
    ? ''
    : text
        .slice(0, textLengthMax)
        .toWellFormed()
        .replace(/\p{Cc}+/gu, ' ')
        .trim();
}

function time(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : String(Math.round(milliseconds));
}

/** Begins with a tab. */
export function tailOf(said: SaidOfValue): string {
  const flags =
    (said.isRevoked === true ? 'r' : '') +
    (said.isOffline === true ? 'o' : '') +
    (said.isNotForDetection === true ? 'n' : '') +
    (said.concern === undefined ? '' : concernLetters[said.concern]);
  const cells = [said.confidence, flags, said.tlp ?? '', time(said.firstSeenMs), time(said.lastSeenMs), time(said.validUntilMs)];
  const tail = `\t${cells.join('\t')}\t${clean(said.family)}\t${clean(said.origin)}\t${clean(said.reference)}`;
  return tail.replace(/\t+$/, '');
}

function numberOf(cell: string): number {
  const number = Number(cell);
  if (!Number.isFinite(number)) throw new Error('a number that is none');
  return number;
}

/** `tail` without its first tab. Throws where a file was tampered with so that a number is none. */
export function readTail(tail: string): SaidOfValue {
  const [confidence = '', flags = '', tlp = '', first = '', last = '', until = '', family = '', origin = '', reference = ''] =
    tail.split('\t');
  const said: SaidOfValue = { confidence: numberOf(confidence) };
  if (first !== '') said.firstSeenMs = numberOf(first);
  if (last !== '') said.lastSeenMs = numberOf(last);
  if (until !== '') said.validUntilMs = numberOf(until);
  if (family !== '') said.family = family;
  if (origin !== '') said.origin = origin;
  if (reference !== '') said.reference = reference;
  if (tlp !== '' && tlps.includes(tlp as Tlp)) said.tlp = tlp as Tlp;
  if (flags === '') return said;
  if (flags.includes('r')) said.isRevoked = true;
  if (flags.includes('o')) said.isOffline = true;
  if (flags.includes('n')) said.isNotForDetection = true;
  if (flags.includes('p')) said.concern = 'public-suffix';
  if (flags.includes('s')) said.concern = 'shared-suffix';
  return said;
}
