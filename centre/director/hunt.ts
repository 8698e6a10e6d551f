/** `hunt`: values -> what the boxes remember of them, for people or as JSON; and which boxes could not be asked. What boxes say is shown as plain text. */
import { vietnamTime } from '../../firmware/contract/alert-words.ts';
import { type Language, plain, type Words } from '../../firmware/contract/language.ts';
import { UserError } from '../command/user-error.ts';
import { askBoxes, type HuntHost, type Sightings } from './ask-boxes.ts';
import { withDirector } from './config-set.ts';
import { type BoxFlags, chosenBoxes, type DirectorFlags, exitInterrupted, untilInterrupted } from './director.ts';
import { linesOfFile } from './settings-file.ts';

export interface HuntFlags extends DirectorFlags, BoxFlags {
  file?: string;
  days: number;
  wait: number;
  author: string;
  lang: Language;
  json?: boolean;
}

const valuesMax = 100_000;
const valueCharactersMax = 2_048;
/** Of one value, for people; `--json` has all. */
const hostsShownMax = 50;
const boxesShownMax = 20;

const labels = {
  seen: { vi: 'số máy', en: 'machines' },
  times: { vi: 'lần', en: 'times' },
  answered: { vi: 'Thiết bị đã trả lời', en: 'Boxes that answered' },
  missing: { vi: 'chưa trả lời', en: 'that did not' },
  notSeen: { vi: 'Giá trị không máy nào gặp', en: 'Values that nobody met' },
  notValue: { vi: 'không phải giá trị hỏi được', en: 'cannot be asked for' },
  more: { vi: 'máy khác (xem --json)', en: 'further machines (see --json)' },
  omitted: { vi: 'Máy không nằm trong câu trả lời', en: 'Machines left out of the answers' },
  partial: { vi: 'Thiết bị chỉ nhớ được một phần', en: 'Boxes that remember a part only' },
  attempt: { vi: 'đã hỏi', en: 'asked' },
  contact: { vi: 'đã có trả lời', en: 'was answered' },
  exchange: { vi: 'đã trao đổi', en: 'exchanged' },
} satisfies Record<string, Words>;

export async function hunt(words: readonly string[], flags: HuntFlags): Promise<void> {
  const values = [...words, ...(flags.file === undefined ? [] : await linesOfFile(flags.file))];
  if (values.length === 0) throw new UserError('nothing to hunt for: name values, or a list with --file');
  if (values.length > valuesMax) throw new UserError(`${values.length} values are too many at once: ${valuesMax} at most`);
  const long = values.find((value) => value.length > valueCharactersMax);
  if (long !== undefined) throw new UserError(`a value has ${long.length} characters: ${valueCharactersMax} at most`);
  await withDirector(flags, async (director) => {
    const boxes = chosenBoxes(director.register, [], flags.tag === undefined ? { all: true } : { tag: flags.tag });
    const { signal, release } = untilInterrupted();
    const isShown = flags.json !== true && process.stderr.isTTY;
    const onProgress = isShown ? (answered: number, expected: number) => process.stderr.write(`\r${answered}/${expected}`) : undefined;
    const sightings = await askBoxes(director, boxes, values, {
      days: flags.days,
      waitMs: flags.wait,
      author: flags.author,
      signal,
      onProgress,
    });
    release();
    if (isShown) process.stderr.write('\r\x1b[K');
    process.stdout.write(flags.json === true ? sightingsAsJson(values, sightings) : `${sightingsInWords(values, sightings, flags.lang)}\n`);
    if (sightings.missing.size > 0) process.exitCode = signal.aborted ? exitInterrupted : 1;
  });
}

/** A line for each value that somebody met, and a last one about the boxes. */
function sightingsAsJson(values: readonly string[], { hosts, notValues, answered, missing, partial, hostsOmitted }: Sightings): string {
  const lines: object[] = [...hosts].map(([value, list]) => ({ value, hosts: list }));
  const isNone = [...notValues].map(([value, note]) => ({ value, note }));
  lines.push({ values: new Set(values).size, notValues: isNone, hostsOmitted, answered, missing: Object.fromEntries(missing), partial });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function sightingsInWords(values: readonly string[], sightings: Sightings, lang: Language): string {
  const { hosts, notValues, answered, missing, partial, hostsOmitted } = sightings;
  const found = [...hosts].flatMap(([value, list]) => [
    `${plain(value)}: ${labels.seen[lang]}: ${list.length}`,
    ...list.slice(0, hostsShownMax).map((host) => `    ${hostInWords(host, lang)}`),
    ...(list.length > hostsShownMax ? [`    ${labels.more[lang]}: ${list.length - hostsShownMax}`] : []),
  ]);
  const notSeen = [...new Set(values)].filter((value) => !hosts.has(value) && !notValues.has(value)).length;
  return [
    ...found,
    ...[...notValues].map(([value, note]) => `${plain(value)}: ${labels.notValue[lang]}${note === '' ? '' : ` (${plain(note)})`}`),
    ...(notSeen === 0 ? [] : [`${labels.notSeen[lang]}: ${notSeen}`]),
    ...(hostsOmitted === 0 ? [] : [`${labels.omitted[lang]}: ${hostsOmitted}`]),
    `${labels.answered[lang]}: ${answered.length}; ${labels.missing[lang]}: ${missing.size}${listed([...missing].map(([box, why]) => `${box}: ${why}`))}`,
    ...(partial.length === 0 ? [] : [`${labels.partial[lang]}: ${partial.length}${listed(partial)}`]),
  ].join('\n');
}

function hostInWords({ box, ip, name, mac, first, last, count, stage, how, remote }: HuntHost, lang: Language): string {
  const who = [ip, name, mac].filter((part) => part !== undefined).map((part) => plain(part));
  const parts = [
    box,
    who.join(' '),
    `${vietnamTime(first)} – ${vietnamTime(last)}`,
    `${count} ${labels.times[lang]}`,
    labels[stage][lang],
    how.join('+'),
    remote === undefined ? '' : plain(remote),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return '';
  return ` (${names.slice(0, boxesShownMax).join(', ')}${names.length > boxesShownMax ? ', …' : ''})`;
}
