/** `vonggac-centre intel sources`, `show` and `forget`: what the library says, for people and for programs. */
import { rmSync } from 'node:fs';
import { type Language, plain, type Words } from '../../../firmware/contract/language.ts';
import { openCentreFolder } from '../../centre-folder.ts';
import { Progress } from '../import/progress.ts';
import { kindWords, numberIn } from '../import/words.ts';
import { withFaultsForUser } from '../release/fault-for-user.ts';
import { ownNamesOf } from '../release/own-names.ts';
import { type PoisonReason, PoisonTest, poisonOfEntry } from '../release/poison.ts';
import { poisonWords } from '../release/poison-words.ts';
import { buildProgressInWords } from '../release/release-words.ts';
import { openLibrary } from './library.ts';
import { type Concern, kinds, type LibraryEntry, type LibraryProvenance, type SourceSummary } from './library-entry.ts';
import { parsedEntry } from './parsed-entry.ts';
import { refusedPath } from './source-file.ts';

export interface LibraryFlags {
  centre?: string;
  json?: boolean;
  lang: Language;
}

const words = {
  none: {
    en: 'nothing was imported yet: vonggac-centre intel import FILE|URL',
    vi: 'chưa nhập danh sách nào: vonggac-centre intel import TỆP|URL',
  },
  unknown: { en: 'is in no list', vi: 'không có trong danh sách nào' },
  allowed: { en: 'allowed', vi: 'được phép' },
  leftOut: { en: 'LEFT OUT of every release', vi: 'BỊ LOẠI khỏi mọi bản phát hành' },
  unmatched: { en: 'cannot be matched on the network', vi: 'không so khớp được trên mạng' },
  revoked: { en: 'taken back by the source', vi: 'nguồn đã thu hồi' },
  offline: { en: 'offline by the source', vi: 'nguồn báo không còn hoạt động' },
  notForDetection: { en: 'not meant for detection (to_ids false)', vi: 'không dùng để phát hiện (to_ids false)' },
  expired: { en: 'expired', vi: 'hết hạn' },
  firstSeen: { en: 'first seen', vi: 'thấy lần đầu' },
  lastSeen: { en: 'last seen', vi: 'thấy lần cuối' },
  until: { en: 'valid until', vi: 'hiệu lực đến' },
  since: { en: 'in this list since', vi: 'có trong danh sách từ' },
  imported: { en: 'imported', vi: 'nhập lúc' },
  confidence: { en: 'confidence', vi: 'độ tin cậy' },
  refused: { en: 'not taken', vi: 'không nhận' },
} as const satisfies Record<string, Words>;

const concernWords: Readonly<Record<Concern, Words>> = {
  'public-suffix': {
    en: 'a public suffix: it would condemn every name below it',
    vi: 'hậu tố công cộng: sẽ quy kết mọi tên miền bên dưới',
  },
  'shared-suffix': { en: 'anybody gets names below it', vi: 'ai cũng có thể có tên miền bên dưới' },
};

function libraryOf(flags: LibraryFlags) {
  return openLibrary(openCentreFolder(flags.centre).file('intelligence'));
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** To the minute, UTC. */
function time(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 16).replace('T', ' ');
}

export function printSources(flags: LibraryFlags): void {
  const sources = libraryOf(flags).sources();
  if (flags.json === true) print([JSON.stringify({ sources: sources.map(sourceForPrograms) })]);
  else if (sources.length === 0) print([words.none[flags.lang]]);
  else for (const source of sources) print(sourceLines(source, flags.lang));
}

function sourceForPrograms({ importedFirstMs, importedLastMs, ...rest }: SourceSummary) {
  return { ...rest, importedFirst: new Date(importedFirstMs).toISOString(), importedLast: new Date(importedLastMs).toISOString() };
}

function sourceLines(source: SourceSummary, lang: Language): string[] {
  const counts = [...kinds, 'allow' as const]
    .filter((kind) => source.counts[kind] > 0)
    .map((kind) => `${kindWords[kind][lang]} ${numberIn(lang, source.counts[kind])}`);
  const refused = source.refused > 0 ? [`${words.refused[lang]} ${numberIn(lang, source.refused)}`] : [];
  return [
    `${source.source}  ${source.format}  ${words.imported[lang]} ${time(source.importedLastMs)} UTC`,
    `  ${plain(source.from)}`,
    `  ${[...counts, ...refused].join(', ')}`,
  ];
}

/** Exit status 1: no list has the value, and none covers it. */
export function printValue(value: string, flags: LibraryFlags): void {
  const folder = openCentreFolder(flags.centre);
  const progress = new Progress(flags.json === true);
  const library = openLibrary(folder.file('intelligence'));
  const entries = library.show(value, (read) => progress.show(() => buildProgressInWords(read, flags.lang)));
  progress.end();
  const test = new PoisonTest(ownNamesOf(folder.centre));
  const poisonOf = (entry: LibraryEntry) => (entry.isAllowance ? undefined : poisonOfEntry(test, entry, parsedEntry(entry)));
  if (entries.length === 0) process.exitCode = 1;
  if (flags.json === true) print([JSON.stringify({ value, entries: entries.map((entry) => entryForPrograms(entry, poisonOf(entry))) })]);
  else if (entries.length === 0) print([`${plain(value)} ${words.unknown[flags.lang]}`]);
  else for (const entry of entries) print(entryLines(entry, poisonOf(entry), flags.lang));
}

function entryForPrograms({ provenances, ...entry }: LibraryEntry, leftOut: PoisonReason | undefined) {
  const parsed = parsedEntry(entry);
  const times = ['firstSeenMs', 'lastSeenMs', 'validUntilMs', 'importedFirstMs', 'importedLastMs'] as const;
  const said = provenances.map((provenance) => {
    const shown: Record<string, unknown> = { ...provenance };
    for (const name of times) {
      delete shown[name];
      const milliseconds = provenance[name];
      if (milliseconds !== undefined) shown[name.slice(0, -2)] = new Date(milliseconds).toISOString();
    }
    return shown;
  });
  return {
    ...entry,
    ...(leftOut === undefined ? {} : { leftOut }),
    ...(typeof parsed === 'string' ? { unmatched: parsed } : {}),
    provenances: said,
  };
}

function entryLines(entry: LibraryEntry, leftOut: PoisonReason | undefined, lang: Language): string[] {
  const parsed = parsedEntry(entry);
  const marks = [
    kindWords[entry.kind][lang],
    ...(entry.isAllowance ? [words.allowed[lang]] : []),
    ...(leftOut === undefined ? [] : [`${words.leftOut[lang]}: ${poisonWords[leftOut][lang]}`]),
    ...(entry.concern === undefined || leftOut !== undefined ? [] : [concernWords[entry.concern][lang]]),
    ...(typeof parsed === 'string' ? [`${words.unmatched[lang]} (${parsed})`] : []),
  ];
  return [`${plain(entry.value)}  [${marks.join(', ')}]`, ...entry.provenances.flatMap((provenance) => provenanceLines(provenance, lang))];
}

function provenanceLines(said: LibraryProvenance, lang: Language): string[] {
  const dated = (label: keyof typeof words, at: number | undefined) => (at === undefined ? [] : [`${words[label][lang]} ${time(at)}`]);
  const isExpired = said.validUntilMs !== undefined && said.validUntilMs < Date.now();
  const marks = [
    ...(said.isRevoked === true ? [words.revoked[lang]] : []),
    ...(isExpired ? [words.expired[lang]] : []),
    ...(said.isOffline === true ? [words.offline[lang]] : []),
    ...(said.isNotForDetection === true ? [words.notForDetection[lang]] : []),
  ];
  const head = [
    said.source,
    said.origin,
    said.family,
    `${words.confidence[lang]} ${said.confidence}`,
    said.tlp && `TLP:${said.tlp.toUpperCase()}`,
  ];
  const times = [
    ...dated('since', said.importedFirstMs),
    ...dated('imported', said.importedLastMs),
    ...dated('firstSeen', said.firstSeenMs),
    ...dated('lastSeen', said.lastSeenMs),
    ...dated('until', said.validUntilMs),
  ];
  const lines = [`  ${plain(head.filter((part) => part !== undefined).join(', '))}`, `    ${[...times, ...marks].join(', ')}`];
  return said.reference === undefined ? lines : [...lines, `    ${plain(said.reference, 300)}`];
}

export async function forget(source: string, value: string | undefined, flags: LibraryFlags): Promise<void> {
  const library = libraryOf(flags);
  const gone = await withFaultsForUser(async () => library.forget(source, value));
  if (value === undefined) rmSync(refusedPath(library.folder, source), { force: true });
  const what = value === undefined ? source : `${source} ${plain(value)}`;
  if (flags.json === true) print([JSON.stringify({ source, ...(value === undefined ? {} : { value }), values: gone })]);
  else
    print([flags.lang === 'vi' ? `${what}: đã xoá ${numberIn('vi', gone)} giá trị` : `${what}: ${numberIn('en', gone)} values taken out`]);
}
