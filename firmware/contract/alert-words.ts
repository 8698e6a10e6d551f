/**
 * An alert -> sentences for people: which machine, what it contacted, how sure we are, what to do. Vietnamese or English, in 100 columns.
 * Names in an alert come from hostile traffic: everything that could steer a terminal is taken out before it is shown.
 */
import type { Alert, AlertKind, Reason, Stage } from './alert.ts';
import { type Language, plain, type Words, wrapped } from './language.ts';

/** Vietnam has one time zone and no summer time. */
const vietnamOffsetMs = 7 * 3_600_000;
export const columns = 100;
export const indent = 3;

export const kindWords: Record<AlertKind, Words> = {
  'c2.address': { vi: 'liên lạc với máy chủ điều khiển mã độc', en: 'contact with a malware control server' },
  'c2.domain': { vi: 'liên lạc với tên miền của mã độc', en: 'contact with a malware domain' },
  'c2.url': { vi: 'truy cập địa chỉ web của mã độc', en: 'request to a malware web address' },
  'c2.tls': { vi: 'kết nối mã hóa theo kiểu của mã độc', en: 'encrypted connection in the manner of a malware' },
  'c2.certificate': { vi: 'máy chủ dùng chứng thư của mã độc', en: 'server with the certificate of a malware' },
  'c2.user-agent': { vi: 'chương trình tự xưng như mã độc', en: 'program that names itself as a malware does' },
  'c2.beacon': { vi: 'gọi đều đặn về một máy chủ', en: 'regular calls to one server' },
  'c2.dns-tunnel': { vi: 'nghi truyền dữ liệu qua DNS', en: 'suspected data transfer through DNS' },
  'c2.dga': { vi: 'hỏi nhiều tên miền tự sinh', en: 'queries for many made-up names' },
  'assistance.requested': { vi: 'cơ quan gọi hỗ trợ từ bảng đèn', en: 'somebody at the agency calls for help from the panel' },
};

/** The remote side began it: whether anything came of it, the stage tells. */
const inboundWords: Words = {
  vi: 'bên ngoài có dấu hiệu mã độc tìm đến máy của ta',
  en: 'an outside machine with a sign of malware came to ours',
};
const knockWords: Words = { vi: 'chưa được trả lời', en: 'it got no answer' };

export const stageWords: Record<Stage, Words> = {
  attempt: { vi: 'mới thử liên lạc', en: 'attempt only' },
  contact: { vi: 'đã được trả lời', en: 'it was answered' },
  exchange: { vi: 'đã trao đổi dữ liệu hai chiều', en: 'data went both ways' },
};

export const severityWords: readonly Words[] = [
  { vi: 'LƯU Ý', en: 'NOTICE' },
  { vi: 'ĐÁNG NGỜ', en: 'SUSPICIOUS' },
  { vi: 'NGHIÊM TRỌNG', en: 'SERIOUS' },
  { vi: 'KHẨN CẤP', en: 'CRITICAL' },
];

/** The button of the panel, held for eight seconds. */
const assistanceKind: AlertKind = 'assistance.requested';

const labels = {
  from: { vi: 'Nơi gọi', en: 'From' },
  found: { vi: 'Thiết bị tự kiểm tra', en: 'The box found' },
  machine: { vi: 'Máy', en: 'Machine' },
  contacted: { vi: 'Liên lạc với', en: 'Contacted' },
  came: { vi: 'Đến từ', en: 'Came from' },
  itsPort: { vi: 'vào cổng của máy', en: 'to its port' },
  sign: { vi: 'Dấu hiệu', en: 'Indicator' },
  certainty: { vi: 'Mức tin cậy', en: 'How sure' },
  when: { vi: 'Thời gian', en: 'When' },
  todo: { vi: 'Cần làm', en: 'What to do' },
  reasons: { vi: 'vì thấy', en: 'because of' },
  port: { vi: 'cổng', en: 'port' },
  sent: { vi: 'gửi', en: 'sent' },
  received: { vi: 'nhận', en: 'received' },
  seenAs: { vi: 'thấy dưới dạng', en: 'seen as' },
  first: { vi: 'lần đầu', en: 'first' },
  last: { vi: 'lần cuối', en: 'last' },
  zone: { vi: 'giờ Việt Nam', en: 'Vietnam time' },
  family: { vi: 'mã độc', en: 'malware' },
  source: { vi: 'nguồn', en: 'source' },
  box: { vi: 'thiết bị', en: 'box' },
  unknown: { vi: 'không rõ', en: 'unknown' },
  threshold: { vi: 'ngưỡng', en: 'threshold' },
  closed: { vi: 'đã khép lại', en: 'closed' },
  duty: { vi: 'đang trực tăng cường', en: 'heightened watch' },
  past: { vi: 'trong trí nhớ của thiết bị', en: 'in the memory of the box' },
  update: { vi: 'Cập nhật', en: 'Update' },
} satisfies Record<string, Words>;

/** Reasons that other rows already tell: the headline, `Contacted`, `When`, the percentage and the reason before. */
const toldElsewhere = new Set([
  'stage reached',
  'connection begun by the remote side; stage reached',
  'bytes out and in of the latest flow',
  'times seen',
  'confidence of the list',
]);

/** What detectors measure is named in English; a name that is not here is shown as it is. */
const measuredVietnamese: Readonly<Record<string, string>> = {
  'connection to an address on the list': 'kết nối tới địa chỉ trong danh sách',
  'connection from an address on the list': 'kết nối đến từ địa chỉ trong danh sách',
  'connection to the address that the name resolved to': 'kết nối tới địa chỉ mà tên miền trỏ đến',
  'address in a DNS answer': 'địa chỉ trong câu trả lời DNS',
  'name in a DNS answer': 'tên miền trong câu trả lời DNS',
  'name asked of DNS': 'tên miền được hỏi qua DNS',
  'server name in the ClientHello': 'tên máy chủ trong ClientHello',
  'JA3 of the ClientHello': 'dấu vân JA3 của ClientHello',
  'JA4 of the ClientHello': 'dấu vân JA4 của ClientHello',
  'certificate that the server showed': 'chứng thư mà máy chủ đưa ra',
  'URL asked for': 'địa chỉ web được yêu cầu',
  'host of an HTTP request': 'tên máy chủ trong yêu cầu HTTP',
  'User-Agent header': 'tên chương trình trong yêu cầu HTTP',
};

/** Several lines, all that the reader needs to act. */
export function alertInWords(alert: Alert, lang: Language): string {
  if (alert.kind === assistanceKind) return assistanceInWords(alert, lang);
  const rows: [Words, string][] = [
    [labels.machine, machine(alert, lang)],
    [isInbound(alert) ? labels.came : labels.contacted, contacted(alert, lang)],
    [labels.certainty, certainty(alert, lang)],
    [labels.when, when(alert, lang)],
    [labels.todo, plain(alert.advice[lang], Number.POSITIVE_INFINITY)],
  ];
  if (alert.match !== undefined) rows.splice(2, 0, [labels.sign, sign(alert.match, lang)]);
  const width = Math.max(...rows.map(([label]) => label[lang].length)) + 2;
  const lines = rows.map(([label, text]) => row(`${label[lang]}:`.padEnd(width), text));
  return [wrapped(headline(alert, lang), columns, indent), ...lines].join('\n');
}

/** Nobody contacted anything: who calls, when, and what the doctor of the box found. */
function assistanceInWords(alert: Alert, lang: Language): string {
  const found = alert.reasons.map(({ measured, value }) => plain(`${measured} (${value})`)).join('; ');
  const rows: [Words, string][] = [
    [labels.from, machine(alert, lang)],
    [labels.found, found],
    [labels.when, when(alert, lang)],
    [labels.todo, plain(alert.advice[lang], Number.POSITIVE_INFINITY)],
  ];
  const width = Math.max(...rows.map(([label]) => label[lang].length)) + 2;
  const title = `■ ${severity(alert, lang)}: ${kindWords[alert.kind][lang]} [${alert.kind}]`;
  return [wrapped(title, columns, indent), ...rows.map(([label, text]) => row(`${label[lang]}:`.padEnd(width), text))].join('\n');
}

/** For an alert that was shown before and has become worse: what to do may have changed. */
export function growthInWords(alert: Alert, lang: Language): string {
  const todo = plain(alert.advice[lang], Number.POSITIVE_INFINITY);
  const headline = `${mark(alert)} ${severity(alert, lang)}: ${updateInWords(alert, lang)}`;
  return `${wrapped(headline, columns, indent)}\n${row(`${labels.todo[lang]}: `, todo)}`;
}

/** One line, for a later revision of an alert that was shown before. */
export function updateInWords(alert: Alert, lang: Language): string {
  const state = alert.state === 'closed' ? `, ${labels.closed[lang]}` : '';
  const what = alert.remote.name ?? alert.remote.ip ?? alert.match?.observed ?? '';
  return `${labels.update[lang]}: ${plain(alert.host.ip)} → ${plain(what)}: ${stageInWords(alert, lang)}, ${times(alert.count, lang)}${state}`;
}

/** A labelled line of an alert; what does not fit goes on below itself. */
export function row(label: string, text: string): string {
  const start = indent + label.length;
  return `${' '.repeat(indent)}${label}${wrapped(text, columns - start, 0).replaceAll('\n', `\n${' '.repeat(start)}`)}`;
}

function headline(alert: Alert, lang: Language): string {
  const { kind, stage } = alert;
  const what = isInbound(alert) ? inboundWords : kindWords[kind];
  const duty = alert.duty === undefined ? '' : `; ${labels.duty[lang]}: ${plain(alert.duty)}`;
  return `${mark(alert)} ${severity(alert, lang)}: ${what[lang]}, ${stageInWords(alert, lang)} [${kind}, ${stage}]${duty}`;
}

function isInbound({ net }: Alert): boolean {
  return net.direction === 'inbound';
}

function stageInWords(alert: Alert, lang: Language): string {
  return isInbound(alert) && alert.stage === 'attempt' ? knockWords[lang] : stageWords[alert.stage][lang];
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

function contacted({ host, remote, net }: Alert, lang: Language): string {
  const ends = [remote.name, remote.ip].filter((part) => part !== undefined).map((part) => plain(part));
  const who = ends.length === 0 ? labels.unknown[lang] : ends.join(', ');
  const port = remote.port === undefined ? '' : ` ${labels.port[lang]} ${remote.port}`;
  const how = [net.proto, net.app].filter((part) => part !== undefined).map((part) => plain(part));
  const ours = host.port === undefined ? '' : `, ${labels.itsPort[lang]} ${host.port}`;
  return `${who}${port}${ours} (${how.join('/')})${volume(net, lang)}`;
}

function volume({ bytesOut = 0, bytesIn = 0 }: Alert['net'], lang: Language): string {
  return bytesOut + bytesIn === 0 ? '' : `; ${labels.sent[lang]} ${bytesOut} B, ${labels.received[lang]} ${bytesIn} B`;
}

function sign(match: NonNullable<Alert['match']>, lang: Language): string {
  const observed = match.observed === match.value ? '' : `, ${labels.seenAs[lang]} ${plain(match.observed)}`;
  const details = [
    match.family === undefined ? undefined : `${labels.family[lang]} ${plain(match.family)}`,
    match.source === undefined ? undefined : `${labels.source[lang]} ${plain(match.source)}`,
    match.reference === undefined ? undefined : plain(match.reference),
  ].filter((part) => part !== undefined);
  return `${plain(match.type)} ${plain(match.value)}${observed}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

function certainty({ confidence, reasons, match }: Alert, lang: Language): string {
  const told = reasons.filter(({ measured }) => !toldElsewhere.has(measured)).map((reason) => reasonInWords(reason, match, lang));
  return `${confidence} %${told.length === 0 ? '' : `, ${labels.reasons[lang]}: ${told.join('; ')}`}`;
}

/** A value that the row of the indicator shows is not said again. */
function reasonInWords({ measured, value, threshold }: Reason, match: Alert['match'], lang: Language): string {
  const name = lang === 'vi' ? (measuredVietnamese[measured] ?? measured) : measured;
  const isShown = value === match?.observed || value === match?.value;
  const limit = threshold === undefined || threshold === match?.value ? '' : ` (${labels.threshold[lang]} ${plain(String(threshold))})`;
  return `${plain(name)}${isShown ? '' : ` = ${plain(String(value))}`}${limit}`;
}

function when({ tsFirst, tsLast, count, retro }: Alert, lang: Language): string {
  // Of a contact in the past the time of the search says nothing.
  const [first, last] = [vietnamTime(retro?.firstSeen ?? tsFirst), vietnamTime(retro?.lastSeen ?? tsLast)];
  if (retro !== undefined)
    return `${labels.past[lang]}: ${labels.first[lang]} ${first}, ${labels.last[lang]} ${last} (${labels.zone[lang]}), ${times(retro.count, lang)}`;
  return `${labels.first[lang]} ${first}${last === first ? '' : `, ${labels.last[lang]} ${last}`} (${labels.zone[lang]}), ${times(count, lang)}`;
}

function times(count: number, lang: Language): string {
  if (lang === 'vi') return `${count} lần`;
  return count === 1 ? 'once' : `${count} times`;
}

/** As a clock on the wall shows it. */
export function vietnamTime(timestamp: string): string {
  const ms = Date.parse(timestamp);
  if (Number.isNaN(ms)) return plain(timestamp);
  const [date = '', time = ''] = new Date(ms + vietnamOffsetMs).toISOString().slice(0, 19).split('T');
  return `${date.split('-').toReversed().join('/')} ${time}`;
}
