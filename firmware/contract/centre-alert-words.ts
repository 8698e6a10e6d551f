/**
 * An alert of the centre itself -> sentences for people: which box, what is wrong with it, why we think so, what to do. Vietnamese or
 * English. What a box said of itself is shown as `plain` text.
 */
import { columns, indent, row, severityWords, vietnamTime } from './alert-words.ts';
import type { CentreAlert, CentreAlertKind } from './centre-alert.ts';
import { type Language, plain, type Words, wrapped } from './language.ts';

export const centreKindWords: Record<CentreAlertKind, Words> = {
  'box.silent': { vi: 'thiết bị mất liên lạc', en: 'the box gives no sign of life' },
  'box.blind': { vi: 'thiết bị còn hoạt động nhưng không nhìn thấy lưu lượng', en: 'the box lives but does not see the traffic' },
  'box.hole': { vi: 'thiếu bản tin của thiết bị', en: 'messages of the box are missing' },
  'box.loss': { vi: 'thiết bị đã phải bỏ cảnh báo', en: 'the box had to drop alerts' },
  'box.clock': { vi: 'đồng hồ của thiết bị sai', en: 'the clock of the box is off' },
  'box.outbox': { vi: 'thiết bị không giữ được bản tin một cách an toàn', en: 'the box cannot keep its messages safely' },
  'box.refused': { vi: 'thiết bị gửi bản tin không hợp lệ', en: 'the box sent messages that are not valid' },
  'broker.denied': { vi: 'máy chủ MQTT đã từ chối kết nối', en: 'the broker turned somebody away' },
};

/** What the centre measures. JSON carries the English name; people read their own language. */
export const centreMeasures = {
  silentSeconds: { vi: 'số giây không có tín hiệu', en: 'seconds without a sign of life' },
  lostSeconds: { vi: 'số giây từ khi mất kết nối', en: 'seconds since the broker lost it' },
  stoppedSeconds: { vi: 'số giây từ khi dừng có kế hoạch', en: 'seconds since its planned stop' },
  lastSign: { vi: 'tín hiệu cuối cùng', en: 'last sign of life' },
  boxesSilent: { vi: 'số thiết bị cùng mất liên lạc', en: 'boxes silent at once' },
  boxesHeard: { vi: 'số thiết bị còn tín hiệu', en: 'boxes still heard' },
  captureState: { vi: 'trạng thái bắt gói tin', en: 'state of the capture' },
  captureError: { vi: 'lỗi bắt gói tin', en: 'why it does not capture' },
  quietSeconds: { vi: 'số giây không có gói tin', en: 'seconds without a packet' },
  healthSeconds: { vi: 'số giây không báo tình trạng', en: 'seconds without a health report' },
  missing: { vi: 'số bản tin còn thiếu', en: 'messages missing' },
  missingNumbers: { vi: 'số thứ tự', en: 'their numbers' },
  holeSeconds: { vi: 'số giây đã thiếu', en: 'seconds that they are missing' },
  waiting: { vi: 'bản tin còn chờ ở thiết bị', en: 'messages waiting at the box' },
  alertsLost: { vi: 'cảnh báo bị bỏ (0: không rõ)', en: 'alerts dropped (0: not known)' },
  lossReason: { vi: 'lý do', en: 'reason' },
  clockSeconds: { vi: 'đồng hồ nhanh hơn Trung tâm (giây)', en: 'seconds that its clock is ahead of ours' },
  boxesAlike: { vi: 'số thiết bị lệch như nhau', en: 'boxes that are off alike' },
  unsyncedSeconds: { vi: 'số giây chưa đồng bộ giờ', en: 'seconds without synchronisation' },
  outboxMode: { vi: 'nơi giữ bản tin', en: 'where messages wait' },
  outboxError: { vi: 'lỗi ổ đĩa', en: 'fault of the disk' },
  begunAnew: { vi: 'số lần phải tạo lại hộp thư đi', en: 'outboxes begun anew' },
  oldestSeconds: { vi: 'bản tin cũ nhất đã chờ (giây)', en: 'seconds that the oldest message has waited' },
  refused: { vi: 'bản tin bị từ chối', en: 'messages refused' },
  lastRefusal: { vi: 'lần cuối', en: 'the last one' },
  denied: { vi: 'số lần từ chối', en: 'times turned away' },
} satisfies Record<string, Words>;

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

const measuredVietnamese = new Map(Object.values(centreMeasures).map(({ en, vi }) => [en, vi]));

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

function reasonInWords({ measured, value, threshold }: CentreAlert['reasons'][number], lang: Language): string {
  const name = lang === 'vi' ? (measuredVietnamese.get(measured) ?? measured) : measured;
  const limit = threshold === undefined ? '' : ` (${labels.threshold[lang]} ${plain(String(threshold))})`;
  return `${plain(name)} = ${plain(String(value))}${limit}`;
}

function when({ tsFirst, tsLast, state }: CentreAlert, lang: Language): string {
  const end = state === 'closed' ? `, ${labels.until[lang]} ${vietnamTime(tsLast)}` : '';
  return `${labels.since[lang]} ${vietnamTime(tsFirst)}${end} (${labels.zone[lang]})`;
}
