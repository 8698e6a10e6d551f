/**
 * An alert of the centre itself -> sentences for people: which box, what is wrong with it, why we think so, what to do. Vietnamese or
 * English. What a box said of itself is shown as `plain` text.
 */
import { columns, indent, row, severityWords, vietnamTime } from './alert-words.ts';
import type { CentreAlert, CentreAlertKind } from './centre-alert.ts';
import type { CaptureState } from './health.ts';
import { type Language, plain, type Words, wrapped } from './language.ts';
import type { LossReason } from './loss.ts';

export const centreKindWords: Record<CentreAlertKind, Words> = {
  'box.silent': { vi: 'thiết bị mất liên lạc', en: 'the box gives no sign of life' },
  'box.blind': { vi: 'thiết bị còn hoạt động nhưng không nhìn thấy lưu lượng', en: 'the box lives but does not see the traffic' },
  'box.hole': { vi: 'thiếu bản tin của thiết bị', en: 'messages of the box are missing' },
  'box.loss': { vi: 'thiết bị đã phải bỏ cảnh báo', en: 'the box had to drop alerts' },
  'box.clock': { vi: 'đồng hồ của thiết bị sai', en: 'the clock of the box is off' },
  'box.outbox': { vi: 'thiết bị không giữ được bản tin một cách an toàn', en: 'the box cannot keep its messages safely' },
  'box.stale': { vi: 'danh sách địa chỉ độc hại của thiết bị cũ hoặc thiếu', en: 'the indicators of the box are old or missing' },
  'box.refused': { vi: 'thiết bị gửi bản tin không hợp lệ', en: 'the box sent messages that are not valid' },
  'box.clone': { vi: 'có hai máy dùng chung tên và chứng thư của thiết bị', en: 'two machines use the id of the box' },
  'certificate.refused': { vi: 'Trung tâm đã từ chối một yêu cầu cấp chứng thư', en: 'somebody was refused a certificate' },
  'broker.denied': { vi: 'máy chủ MQTT đã từ chối kết nối', en: 'the broker turned somebody away' },
};

interface Measure {
  /** As JSON has it, in English. */
  name: string;
  /** As people read it. */
  words: Words;
  /** A number of seconds, which people read as minutes, hours or days. */
  isDuration?: true;
  /** What its values mean. */
  values?: Readonly<Record<string, Words>>;
}

const lossReasonWords: Record<LossReason, Words> = {
  quota: { vi: 'hộp thư đi đã đầy', en: 'its outbox was full' },
  disk: { vi: 'ổ đĩa gần đầy', en: 'its disk was nearly full' },
  merged: { vi: 'đã có bản mới hơn của cùng cảnh báo', en: 'a later revision of the same alert was waiting' },
  damaged: { vi: 'hộp thư đi bị hỏng hoặc mất, không rõ trong đó có gì', en: 'its outbox was damaged or gone; nobody knows what it held' },
  memory: { vi: 'không ghi được ổ đĩa và bộ nhớ có hạn', en: 'the disk could not be written, and memory is bounded' },
  foreign: {
    vi: 'hộp thư đi thuộc về thiết bị có tên khác, đã để riêng và không gửi',
    en: 'its outbox belonged to a box of another name; it was set aside and is not sent',
  },
  refused: { vi: 'bản tin lớn hơn mức máy chủ MQTT nhận', en: 'it was larger than the broker accepts' },
};

const captureStateWords: Record<CaptureState, Words> = {
  starting: { vi: 'mãi chưa khởi động xong', en: 'it does not come up' },
  running: { vi: 'đang chạy', en: 'running' },
  waiting: { vi: 'cổng giám sát bị ngắt hoặc không còn', en: 'the interface is down or gone' },
  ended: { vi: 'đã đọc hết tệp', en: 'the file was read to its end' },
  failed: { vi: 'đã dừng vì lỗi', en: 'given up' },
};

/** What the centre measures. */
export const centreMeasures = {
  silent: duration('seconds without a sign of life', 'không có tín hiệu đã', 'no sign of life for'),
  lost: duration('seconds since the broker lost it', 'mất kết nối đã', 'lost by the broker for'),
  stopped: duration('seconds since its planned stop', 'dừng có kế hoạch đã', 'stopped on purpose for'),
  lastSign: measure('last sign of life', 'tín hiệu cuối cùng lúc', 'last sign of life at'),
  boxesSilent: measure('boxes silent at once', 'số thiết bị cùng mất liên lạc', 'boxes silent at once'),
  boxesHeard: measure('boxes still heard', 'số thiết bị còn tín hiệu', 'boxes still heard'),
  captureState: measure('state of the capture', 'bắt gói tin', 'capture', captureStateWords),
  captureError: measure('why it does not capture', 'lỗi', 'because of'),
  quiet: duration('seconds without a packet', 'không có gói tin nào đã', 'not a packet for'),
  noHealth: duration('seconds without a health report', 'không báo tình trạng đã', 'no health report for'),
  missing: measure('messages missing', 'số bản tin còn thiếu', 'messages missing'),
  missingNumbers: measure('their numbers', 'số thứ tự', 'their numbers'),
  newOutbox: measure(
    'new outbox',
    'thiết bị đã bắt đầu một hộp thư đi mới, không rõ trong hộp cũ còn gì chờ gửi; hộp mới',
    'the box began a new outbox; what waited in the old one is unknown; the new one',
  ),
  missingFor: duration('seconds that they are missing', 'đã thiếu', 'missing for'),
  waiting: measure('messages waiting at the box', 'bản tin còn chờ ở thiết bị', 'messages waiting at the box'),
  alertsLost: measure('alerts dropped (0: not known)', 'số cảnh báo bị bỏ', 'alerts dropped', {
    0: { vi: 'không rõ là bao nhiêu', en: 'nobody knows how many' },
  }),
  lossReason: measure('reason', 'lý do', 'because', lossReasonWords),
  clockAhead: measure('seconds that its clock is ahead of ours', 'nhanh hơn giờ Trung tâm (giây)', 'ahead of our clock, in seconds'),
  boxesAlike: measure('boxes that are off alike', 'số thiết bị lệch như nhau', 'boxes that are off alike'),
  unsynced: duration('seconds without synchronisation', 'chưa đồng bộ được giờ đã hơn', 'without synchronisation for more than'),
  outboxMode: measure('where messages wait', 'bản tin chờ trong', 'messages wait in', {
    memory: { vi: 'bộ nhớ, sẽ mất khi mất điện', en: 'memory, gone with the power' },
  }),
  outboxError: measure('fault of the disk', 'lỗi ổ đĩa', 'fault of the disk'),
  begunAnew: measure('outboxes begun anew', 'số lần phải tạo lại hộp thư đi', 'outboxes begun anew'),
  oldest: duration('seconds that the oldest message has waited', 'bản tin cũ nhất đã chờ', 'the oldest message has waited for'),
  indicators: measure('indicators in use', 'số chỉ báo đang dùng', 'indicators in use'),
  indicatorsAge: duration('seconds since its indicators were made', 'danh sách đã cũ', 'its indicators are as old as'),
  indicatorsRefused: measure('why its indicators are not in use', 'không dùng được bản phát hành vì', 'its release is not in use because'),
  refused: measure('messages refused', 'số bản tin bị từ chối', 'messages refused'),
  lastRefusal: measure('the last one', 'lần cuối', 'the last one'),
  cloneSigns: measure('signs of a second machine', 'số dấu hiệu có máy thứ hai', 'signs of a second machine'),
  certificatesRefused: measure('certificates refused', 'số lần từ chối', 'times refused'),
  denied: measure('times turned away', 'số lần từ chối', 'times turned away'),
} satisfies Record<string, Measure>;

function measure(name: string, vi: string, en: string, values?: Measure['values']): Measure {
  return { name, words: { vi, en }, ...(values === undefined ? {} : { values }) };
}

function duration(name: string, vi: string, en: string): Measure {
  return { name, words: { vi, en }, isDuration: true };
}

const units: readonly { seconds: number; words: Words }[] = [
  { seconds: 86_400, words: { vi: 'ngày', en: 'd' } },
  { seconds: 3_600, words: { vi: 'giờ', en: 'h' } },
  { seconds: 60, words: { vi: 'phút', en: 'min' } },
  { seconds: 1, words: { vi: 'giây', en: 's' } },
];

/** In the largest unit that fits, and so many smaller ones; what is left is cut off. */
export function durationInWords(seconds: number, lang: Language, smaller = 0): string {
  let left = Math.max(0, Math.floor(seconds));
  const largest = units.findIndex((unit) => left >= unit.seconds);
  const shown = units.slice(largest === -1 ? -1 : largest).slice(0, smaller + 1);
  const parts = shown.map((unit) => {
    const count = Math.floor(left / unit.seconds);
    left -= count * unit.seconds;
    return { count, text: `${count} ${unit.words[lang]}` };
  });
  return parts
    .filter(({ count }, index) => index === 0 || count > 0)
    .map(({ text }) => text)
    .join(' ');
}

const labels = {
  box: { vi: 'Thiết bị', en: 'Box' },
  because: { vi: 'Căn cứ', en: 'Because of' },
  when: { vi: 'Thời gian', en: 'When' },
  todo: { vi: 'Cần làm', en: 'What to do' },
  since: { vi: 'từ', en: 'since' },
  until: { vi: 'đến', en: 'until' },
  zone: { vi: 'giờ Việt Nam', en: 'Vietnam time' },
  threshold: { vi: 'ngưỡng', en: 'threshold' },
  broker: { vi: 'máy chủ MQTT', en: 'the broker' },
  centre: { vi: 'Trung tâm', en: 'the centre' },
  closed: { vi: 'đã khắc phục, khép lại', en: 'mended, closed' },
  update: { vi: 'Cập nhật', en: 'Update' },
} satisfies Record<string, Words>;

const measures = new Map<string, Measure>(Object.values(centreMeasures).map((one) => [one.name, one]));

/** Several lines, all that the reader needs to act. */
export function centreAlertInWords(alert: CentreAlert, lang: Language): string {
  const { kind, state, advice } = alert;
  const rows: [Words, string][] = [
    [labels.box, subject(alert, lang)],
    [labels.because, alert.reasons.map((reason) => reasonInWords(reason, lang)).join('; ')],
    [labels.when, when(alert, lang)],
    [labels.todo, plain(advice[lang], Number.POSITIVE_INFINITY)],
  ];
  const width = Math.max(...rows.map(([label]) => label[lang].length)) + 2;
  const lines = rows.map(([label, text]) => row(`${label[lang]}:`.padEnd(width), text));
  const closed = state === 'closed' ? `, ${labels.closed[lang]}` : '';
  return [wrapped(`${severity(alert, lang)}: ${centreKindWords[kind][lang]} [${kind}]${closed}`, columns, indent), ...lines].join('\n');
}

/** One line, for a later revision of an alert that was shown before. */
export function centreUpdateInWords(alert: CentreAlert, lang: Language): string {
  return `${labels.update[lang]}: ${subject(alert, lang)}: ${centreAlertBriefly(alert, lang)}`;
}

/** What is wrong, in a line, for a reader who knows which box is meant. */
export function centreAlertBriefly({ kind, state, reasons, tsFirst }: CentreAlert, lang: Language): string {
  const why = reasons.map((reason) => reasonInWords(reason, lang)).join('; ');
  const end = state === 'closed' ? labels.closed[lang] : `${labels.since[lang]} ${vietnamTime(tsFirst)}`;
  return `${centreKindWords[kind][lang]}: ${why}; ${end}`;
}

/** Not the marks of the lamps: this is not about a machine in the agency. */
function severity({ severity: degree }: CentreAlert, lang: Language): string {
  return `◆ ${severityWords[degree - 1]?.[lang] ?? ''} (${degree}/4)`;
}

function subject({ box, agency, kind }: CentreAlert, lang: Language): string {
  const nobody = kind === 'broker.denied' ? labels.broker : labels.centre;
  const name = box === '-' ? nobody[lang] : plain(box);
  return agency === undefined ? name : `${name}, ${plain(agency)}`;
}

/** A measure that is not known here is shown as it is. */
function reasonInWords({ measured, value, threshold }: CentreAlert['reasons'][number], lang: Language): string {
  const known = measures.get(measured);
  const text = (what: string | number) => {
    if (known?.isDuration && typeof what === 'number') return durationInWords(what, lang, 1);
    if (known?.name === centreMeasures.lastSign.name) return vietnamTime(String(what));
    return known?.values?.[what]?.[lang] ?? plain(String(what));
  };
  const limit = threshold === undefined ? '' : ` (${labels.threshold[lang]} ${text(threshold)})`;
  const name = known === undefined ? plain(measured) : known.words[lang];
  return `${name}${known?.isDuration ? ' ' : ': '}${text(value)}${limit}`;
}

function when({ tsFirst, tsLast, state }: CentreAlert, lang: Language): string {
  const end = state === 'closed' ? `, ${labels.until[lang]} ${vietnamTime(tsLast)}` : '';
  return `${labels.since[lang]} ${vietnamTime(tsFirst)}${end} (${labels.zone[lang]})`;
}
