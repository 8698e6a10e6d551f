/**
 * An alert -> sentences for the duty officer: which machine, what it contacted, how sure we are, what to do. Vietnamese or English.
 * Names in an alert come from hostile traffic: everything that could steer a terminal is taken out before it is shown.
 */
import type { Alert, AlertKind, Stage } from '../firmware/contract/alert.ts';

export type Language = 'vi' | 'en';
type Both = Record<Language, string>;

/** Vietnam has one time zone and no summer time. */
const vietnamOffsetMs = 7 * 3_600_000;
/** Longest text of one field: a name or a URL longer than this is cut, since the rest says nothing to a reader. */
const fieldCharactersMax = 200;

export const kindWords: Record<AlertKind, Both> = {
  'c2.address': { vi: 'liên lạc với địa chỉ máy chủ điều khiển mã độc', en: 'contact with the address of a malware control server' },
  'c2.domain': { vi: 'liên lạc với tên miền của mã độc', en: 'contact with a malware domain' },
  'c2.url': { vi: 'truy cập địa chỉ web của mã độc', en: 'request to a malware web address' },
  'c2.tls': { vi: 'kết nối mã hóa theo kiểu của mã độc', en: 'encrypted connection in the manner of a malware' },
  'c2.certificate': { vi: 'máy chủ dùng chứng thư của mã độc', en: 'server with the certificate of a malware' },
  'c2.user-agent': { vi: 'chương trình tự xưng như mã độc', en: 'program that names itself as a malware does' },
  'c2.beacon': { vi: 'gọi đều đặn về một máy chủ', en: 'regular calls to one server' },
  'c2.dns-tunnel': { vi: 'nghi truyền dữ liệu qua DNS', en: 'suspected data transfer through DNS' },
  'c2.dga': { vi: 'hỏi nhiều tên miền tự sinh', en: 'queries for many made-up names' },
};

export const stageWords: Record<Stage, Both> = {
  attempt: { vi: 'mới thử liên lạc', en: 'attempt only' },
  contact: { vi: 'đã được trả lời', en: 'it was answered' },
  exchange: { vi: 'đã trao đổi dữ liệu hai chiều', en: 'data went both ways' },
};

const severityWords: readonly Both[] = [
  { vi: 'LƯU Ý', en: 'NOTICE' },
  { vi: 'ĐÁNG NGỜ', en: 'SUSPICIOUS' },
  { vi: 'NGHIÊM TRỌNG', en: 'SERIOUS' },
  { vi: 'KHẨN CẤP', en: 'CRITICAL' },
];

const labels = {
  machine: { vi: 'Máy', en: 'Machine' },
  contacted: { vi: 'Liên lạc với', en: 'Contacted' },
  sign: { vi: 'Dấu hiệu', en: 'Indicator' },
  certainty: { vi: 'Mức tin cậy', en: 'How sure' },
  when: { vi: 'Thời gian', en: 'When' },
  todo: { vi: 'Cần làm', en: 'What to do' },
  reasons: { vi: 'vì', en: 'because' },
  port: { vi: 'cổng', en: 'port' },
  first: { vi: 'lần đầu', en: 'first' },
  last: { vi: 'lần cuối', en: 'last' },
  times: { vi: 'lần', en: 'times' },
  zone: { vi: 'giờ Việt Nam', en: 'Vietnam time' },
  family: { vi: 'mã độc', en: 'malware' },
  source: { vi: 'nguồn', en: 'source' },
  box: { vi: 'thiết bị', en: 'box' },
  unknown: { vi: 'không rõ', en: 'unknown' },
  threshold: { vi: 'ngưỡng', en: 'threshold' },
  closed: { vi: 'đã khép lại', en: 'closed' },
  update: { vi: 'Cập nhật', en: 'Update' },
} satisfies Record<string, Both>;

/** Several lines, all that the officer needs to act. */
export function alertInWords(alert: Alert, lang: Language): string {
  const rows: [Both, string][] = [
    [labels.machine, machine(alert, lang)],
    [labels.contacted, contacted(alert, lang)],
    [labels.certainty, `${alert.confidence} %, ${labels.reasons[lang]}: ${reasons(alert, lang)}`],
    [labels.when, when(alert, lang)],
    [labels.todo, plain(alert.advice[lang], Number.POSITIVE_INFINITY)],
  ];
  if (alert.match !== undefined) rows.splice(2, 0, [labels.sign, sign(alert.match, lang)]);
  const width = Math.max(...rows.map(([label]) => label[lang].length)) + 2;
  return [headline(alert, lang), ...rows.map(([label, text]) => `   ${`${label[lang]}:`.padEnd(width)}${text}`)].join('\n');
}

/** Two lines, for an alert that was shown before and has become worse: what to do may have changed. */
export function growthInWords(alert: Alert, lang: Language): string {
  const todo = plain(alert.advice[lang], Number.POSITIVE_INFINITY);
  return `${mark(alert)} ${severity(alert, lang)}: ${updateInWords(alert, lang)}\n   ${labels.todo[lang]}: ${todo}`;
}

/** One line, for a later revision of an alert that was shown before. */
export function updateInWords(alert: Alert, lang: Language): string {
  const state = alert.state === 'closed' ? `, ${labels.closed[lang]}` : '';
  const what = alert.match?.observed ?? alert.remote.name ?? alert.remote.ip ?? '';
  return `${labels.update[lang]}: ${plain(alert.host.ip)} → ${plain(what)}: ${stageWords[alert.stage][lang]}, ${alert.count} ${labels.times[lang]}${state}`;
}

/** Takes out what could steer a terminal or turn text around: control characters, line ends, Unicode direction marks. */
export function plain(text: string, charactersMax: number = fieldCharactersMax): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
  return clean.length <= charactersMax ? clean : `${clean.slice(0, charactersMax)}…`;
}

/** `vi` where the environment says Vietnamese, else `en`. */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const value = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return value.startsWith('vi') ? 'vi' : 'en';
}

function headline(alert: Alert, lang: Language): string {
  const { kind, stage } = alert;
  return `${mark(alert)} ${severity(alert, lang)}: ${kindWords[kind][lang]}, ${stageWords[stage][lang]} [${kind}, ${stage}]`;
}

/** The symbols of the lamps: an attempt alone lights ATTENTION, what went further lights C2. */
function mark({ stage }: Alert): string {
  return stage === 'attempt' ? '▲' : '■';
}

function severity(alert: Alert, lang: Language): string {
  return `${severityWords[alert.severity - 1]?.[lang] ?? ''} (${alert.severity}/4)`;
}

function machine({ host, agency, box }: Alert, lang: Language): string {
  const known = [
    host.name === undefined ? undefined : plain(host.name),
    host.mac === undefined ? undefined : `MAC ${plain(host.mac)}`,
    host.vlan === undefined ? undefined : `VLAN ${host.vlan}`,
  ].filter((part) => part !== undefined);
  const place = agency === undefined ? '' : `${plain(agency)}, `;
  return `${plain(host.ip)}${known.length === 0 ? '' : ` (${known.join(', ')})`}; ${place}${labels.box[lang]} ${plain(box)}`;
}

function contacted({ remote, net }: Alert, lang: Language): string {
  const ends = [remote.name, remote.ip].filter((part) => part !== undefined).map((part) => plain(part));
  const who = ends.length === 0 ? labels.unknown[lang] : ends.join(', ');
  const port = remote.port === undefined ? '' : ` ${labels.port[lang]} ${remote.port}`;
  const volume = net.bytesOut === undefined && net.bytesIn === undefined ? '' : `; ${net.bytesOut ?? 0} B →, ← ${net.bytesIn ?? 0} B`;
  return `${who}${port} (${[net.proto, net.app]
    .filter((part) => part !== undefined)
    .map((part) => plain(part))
    .join('/')})${volume}`;
}

function sign(match: NonNullable<Alert['match']>, lang: Language): string {
  const observed = match.observed === match.value ? '' : ` ← ${plain(match.observed)}`;
  const details = [
    match.family === undefined ? undefined : `${labels.family[lang]} ${plain(match.family)}`,
    match.source === undefined ? undefined : `${labels.source[lang]} ${plain(match.source)}`,
    match.reference === undefined ? undefined : plain(match.reference),
  ].filter((part) => part !== undefined);
  return `${plain(match.type)} ${plain(match.value)}${observed}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

function reasons(alert: Alert, lang: Language): string {
  return alert.reasons
    .map(({ measured, value, threshold }) => {
      const limit = threshold === undefined ? '' : ` (${labels.threshold[lang]} ${plain(String(threshold))})`;
      return `${plain(measured)} = ${plain(String(value))}${limit}`;
    })
    .join('; ');
}

function when({ tsFirst, tsLast, count }: Alert, lang: Language): string {
  const last = tsLast === tsFirst ? '' : `, ${labels.last[lang]} ${vietnamTime(tsLast)}`;
  return `${labels.first[lang]} ${vietnamTime(tsFirst)}${last} (${labels.zone[lang]}), ${count} ${labels.times[lang]}`;
}

function vietnamTime(timestamp: string): string {
  const ms = Date.parse(timestamp);
  if (Number.isNaN(ms)) return plain(timestamp);
  const [date = '', time = ''] = new Date(ms + vietnamOffsetMs).toISOString().slice(0, 19).split('T');
  return `${date.split('-').toReversed().join('/')} ${time}`;
}
