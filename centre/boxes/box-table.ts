/**
 * What is known of every box -> a table for people, in Vietnamese or English: those with something wrong first. What a box said of itself is
 * shown as `plain` text. Prints nothing.
 */
import { vietnamTime } from '../../firmware/contract/alert-words.ts';
import type { CentreAlert } from '../../firmware/contract/centre-alert.ts';
import { centreAlertBriefly, durationInWords } from '../../firmware/contract/centre-alert-words.ts';
import { type Language, plain, type Words, wrapped } from '../../firmware/contract/language.ts';
import type { BoxRow } from '../store/store.ts';
import { type BoxLife, type BoxState, boxState, healthFaults } from './box-state.ts';

const columnsMin = 80;
const columnsMax = 140;
const agencyCharactersMax = 24;
const versionCharactersMax = 16;
/** Where no box at all was heard for so long, it is rather the centre that does not listen. */
const nobodyHeardMs = 300_000;
const dayMs = 86_400_000;
const gap = '  ';

const lifeWords: Record<BoxLife, Words> = {
  there: { vi: 'có mặt', en: 'there' },
  silent: { vi: 'IM LẶNG', en: 'SILENT' },
  stopped: { vi: 'đã dừng', en: 'stopped' },
  unknown: { vi: 'chưa rõ', en: 'unknown' },
};

const labels = {
  box: { vi: 'THIẾT BỊ', en: 'BOX' },
  agency: { vi: 'ĐƠN VỊ', en: 'AGENCY' },
  life: { vi: 'TÌNH TRẠNG', en: 'STATE' },
  seen: { vi: 'TÍN HIỆU CUỐI', en: 'SEEN' },
  proven: { vi: 'NHÌN THẤY', en: 'PROVEN' },
  outbox: { vi: 'CÒN CHỜ', en: 'WAITING' },
  alerts: { vi: 'CẢNH BÁO', en: 'ALERTS' },
  versions: { vi: 'PHIÊN BẢN', en: 'VERSIONS' },
  never: { vi: 'chưa', en: 'never' },
  intel: { vi: 'danh sách', en: 'intel' },
  sees: { vi: 'nhìn thấy lưu lượng lần cuối', en: 'last proved that it sees' },
  silentSince: { vi: 'không có tín hiệu từ', en: 'no sign of life since' },
  stoppedSince: { vi: 'dừng có kế hoạch từ', en: 'stopped on purpose at' },
  none: { vi: 'Chưa nhận được tín hiệu của thiết bị nào.', en: 'No box has been heard of yet.' },
} satisfies Record<string, Words>;

export interface ListedBox {
  row: BoxRow;
  state: BoxState;
  /** Open ones that the centre raised itself. */
  centreAlerts: CentreAlert[];
  /** Of `healthFaults`, by its last health. */
  faults: string[];
}

/** `nowMs` by the clock of the centre, ms since 1970. Those with something wrong come first, then by name. */
export function listBoxes(rows: readonly BoxRow[], centreAlerts: readonly CentreAlert[], nowMs: number): ListedBox[] {
  const alertsOf = Map.groupBy(centreAlerts, ({ box }) => box);
  const listed = rows.map((row) => {
    const state = boxState(row, nowMs);
    const { health } = row;
    // What a box that is away said last of itself is no news.
    const faults =
      health === undefined || state.life !== 'there' ? [] : healthFaults.filter(({ when }) => when(health)).map(({ code }) => code);
    return { row, state, centreAlerts: alertsOf.get(row.box) ?? [], faults };
  });
  return listed.sort((one, other) => weight(other) - weight(one) || (one.row.box < other.row.box ? -1 : 1));
}

function weight({ state, centreAlerts, faults }: ListedBox): number {
  return state.life === 'silent' ? 2 : centreAlerts.length + faults.length > 0 ? 1 : 0;
}

/** Lines of at most `columns` characters, within 80 to 140. */
export function boxTable(boxes: readonly ListedBox[], lang: Language, nowMs: number, columns: number): string {
  if (boxes.length === 0) return labels.none[lang];
  const width = Math.min(Math.max(columns, columnsMin), columnsMax);
  const tableOf = (isWide: boolean) => aligned([headsOf(lang, isWide), ...boxes.map((box) => cellsOf(box, lang, nowMs, isWide))]);
  const wide = tableOf(true);
  const isWide = wide.every((line) => line.length <= width);
  const [head = '', ...rows] = isWide ? wide : tableOf(false);
  const lines = boxes.flatMap((box, index) => [
    rows[index] ?? '',
    // What has no column of its own here stands below.
    ...(isWide ? [] : detail(box, lang).map((text) => indented(text, width))),
    ...wrongs(box, lang).map((text) => indented(`! ${text}`, width)),
  ]);
  return [head, ...lines, '', ...totals(boxes, lang, nowMs)].join('\n');
}

function indented(text: string, width: number): string {
  return `${gap}${wrapped(text, width - gap.length, gap.length * 2)}`;
}

function headsOf(lang: Language, isWide: boolean): string[] {
  const heads = [labels.box, labels.life, labels.seen, labels.proven, labels.outbox, labels.alerts];
  return [...heads, ...(isWide ? [labels.agency, labels.versions] : [])].map((words) => words[lang]);
}

function cellsOf({ row, state }: ListedBox, lang: Language, nowMs: number, isWide: boolean): string[] {
  const { health, seenMs, provenMs, openAlerts } = row;
  const oldest = health?.outbox.oldestAgeSeconds;
  const waiting = health === undefined ? '-' : `${health.outbox.depth}${oldest === undefined ? '' : ` (${durationInWords(oldest, lang)})`}`;
  const proven = provenMs === undefined ? labels.never[lang] : durationInWords((nowMs - provenMs) / 1_000, lang);
  return [
    plain(row.box),
    lifeWords[state.life][lang],
    seenMs === undefined ? labels.never[lang] : `${durationInWords((nowMs - seenMs) / 1_000, lang)} ${moment(seenMs, nowMs)}`,
    isWide && provenMs !== undefined ? `${proven} ${moment(provenMs, nowMs)}` : proven,
    waiting,
    String(openAlerts),
    ...(isWide ? [short(row.agency ?? '', agencyCharactersMax), versionsOf(row, lang)] : []),
  ];
}

function detail({ row }: ListedBox, lang: Language): string[] {
  const proven = row.provenMs === undefined ? '' : `${labels.sees[lang]} ${vietnamTime(new Date(row.provenMs).toISOString())}`;
  const parts = [plain(row.agency ?? ''), versionsOf(row, lang), proven].filter((part) => part !== '');
  return parts.length === 0 ? [] : [parts.join('; ')];
}

function versionsOf({ presence, health }: BoxRow, lang: Language): string {
  const firmware = presence?.versions.firmware;
  // What it said when it connected may be long ago.
  const intel = health?.intelligence?.bundle ?? presence?.versions.intel;
  const parts = [
    firmware === undefined ? '' : short(firmware, versionCharactersMax),
    intel === undefined ? '' : `${labels.intel[lang]} ${short(intel, versionCharactersMax)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** In words, one line each. What the centre has raised an alert for is not said a second time. */
function wrongs({ row, state, centreAlerts, faults }: ListedBox, lang: Language): string[] {
  const lines = centreAlerts.map((alert) => centreAlertBriefly(alert, lang));
  const isTold = (kind: CentreAlert['kind']) => centreAlerts.some((alert) => alert.kind === kind);
  if (state.sinceMs !== undefined && !isTold('box.silent')) {
    const label = state.life === 'stopped' ? labels.stoppedSince : labels.silentSince;
    lines.unshift(`${label[lang]} ${vietnamTime(new Date(state.sinceMs).toISOString())}`);
  }
  for (const { code, words } of healthFaults) {
    if (!faults.includes(code) || row.health === undefined || (code === 'capture' && isTold('box.blind'))) continue;
    lines.push(plain(words[lang](row.health)));
  }
  return lines;
}

function totals(boxes: readonly ListedBox[], lang: Language, nowMs: number): string[] {
  const count = (life: BoxLife) => boxes.filter(({ state }) => state.life === life).length;
  const wrong = boxes.filter((box) => weight(box) > 0).length;
  const [there, silent, stopped] = [count('there'), count('silent'), count('stopped')];
  const line =
    lang === 'vi'
      ? `${boxes.length} thiết bị: ${there} có mặt, ${silent} im lặng, ${stopped} đã dừng; ${wrong} có vấn đề.`
      : `${boxes.length} ${boxes.length === 1 ? 'box' : 'boxes'}: ${there} there, ${silent} silent, ${stopped} stopped; ${wrong} with something wrong.`;
  const lastMs = Math.max(...boxes.map(({ row }) => row.seenMs ?? 0));
  if (nowMs - lastMs <= nobodyHeardMs) return [line];
  const warning =
    lang === 'vi'
      ? 'Đã lâu không nhận được tín hiệu của bất kỳ thiết bị nào: hãy xem "vonggac-centre ingest" có đang chạy không.'
      : 'No box at all was heard for long: does "vonggac-centre ingest" run?';
  return [line, warning];
}

/** The time of today, or day and minute, as clocks in Vietnam show it. */
function moment(ms: number, nowMs: number): string {
  const [date = '', time = ''] = vietnamTime(new Date(ms).toISOString()).split(' ');
  return nowMs - ms < dayMs ? time : `${date.slice(0, 5)} ${time.slice(0, 5)}`;
}

/** One form for each letter, so that counting characters is counting columns. */
function short(text: string, charactersMax: number): string {
  return plain(text.normalize('NFC'), charactersMax);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd(),
  );
}
