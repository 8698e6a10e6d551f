/**
 * Lines of the ledger -> sentences for the people of the agency, Vietnamese or English. What came from outside is shown as `plain` text; times are
 * those of Vietnam.
 */
import { vietnamTime } from '../../contract/alert-words.ts';
import { type Language, plain, type Words } from '../../contract/language.ts';
import type { Change, LedgerLine, OrderOutcome } from './ledger-entry.ts';

/** Of a key's id: enough to tell two keys apart. */
const keyDigits = 16;
const changeIndent = '      ';

type Of<Kind extends LedgerLine['kind']> = Extract<LedgerLine, { kind: Kind }>;

const messageWords: Readonly<Record<string, Words>> = {
  alert: { vi: 'cảnh báo', en: 'alert' },
  health: { vi: 'tình trạng thiết bị', en: 'state of health' },
  presence: { vi: 'báo hiện diện', en: 'presence' },
  loss: { vi: 'báo mất bản tin', en: 'record of a loss' },
  evidence: { vi: 'gói tin làm chứng cứ', en: 'packets as evidence' },
  'config/reported': { vi: 'kết quả cấu hình', en: 'state of configuration' },
  'cmd/res': { vi: 'trả lời lệnh', en: 'answer to a command' },
  'intel/reported': { vi: 'tình trạng dữ liệu nhận diện', en: 'state of indicators' },
  'certificate/req': { vi: 'yêu cầu cấp chứng thư', en: 'request for a certificate' },
};

const orderWords: Record<Of<'order'>['order'], Words> = {
  configuration: { vi: 'Lệnh cấu hình', en: 'Order of configuration' },
  command: { vi: 'Lệnh', en: 'Command' },
};

const outcomeWords: Record<OrderOutcome, Words> = {
  accepted: { vi: 'đã nhận, chữ ký đúng', en: 'accepted, the signature is right' },
  applied: { vi: 'đã áp dụng, đang theo dõi thử', en: 'applied, on trial' },
  confirmed: { vi: 'đã qua thời gian thử', en: 'stood its trial' },
  rejected: { vi: 'BỊ TỪ CHỐI', en: 'REFUSED' },
  rolled_back: { vi: 'đã tự quay về cấu hình trước', en: 'turned back to the configuration before' },
  begun: { vi: 'bắt đầu thực hiện', en: 'begun' },
  done: { vi: 'đã thực hiện', en: 'done' },
  refused: { vi: 'BỊ TỪ CHỐI', en: 'REFUSED' },
  failed: { vi: 'KHÔNG thực hiện được', en: 'FAILED' },
};

const identityWords: Record<Of<'identity'>['what'], Words> = {
  enrolled: { vi: 'Đăng ký với Trung tâm', en: 'Enrolment at the centre' },
  certificate: { vi: 'Chứng thư của thiết bị', en: 'Certificate of the box' },
  key: { vi: 'Khóa của thiết bị', en: 'Key of the box' },
};

const texts = {
  sent: { vi: 'Đã gửi', en: 'Sent' },
  sentTotal: { vi: 'Đã gửi tổng cộng', en: 'Sent in all' },
  messages: { vi: 'bản tin', en: 'messages' },
  from: { vi: 'từ', en: 'from' },
  until: { vi: 'đến', en: 'to' },
  author: { vi: 'người ra lệnh', en: 'by' },
  key: { vi: 'khóa ký', en: 'signed with key' },
  noSignature: { vi: 'không có chữ ký của người được phép', en: 'nobody who may has signed it' },
  reason: { vi: 'lý do', en: 'reason' },
  times: { vi: 'số lần', en: 'times' },
  changed: { vi: 'đổi', en: 'changed' },
  added: { vi: 'thêm', en: 'added' },
  removed: { vi: 'bỏ', en: 'removed' },
  more: { vi: 'thay đổi khác', en: 'more changes' },
  connected: { vi: 'Đã kết nối với Trung tâm', en: 'Connected to the centre' },
  disconnected: { vi: 'Đã ngắt kết nối với Trung tâm', en: 'The connection to the centre ended' },
  fetched: { vi: 'Đã tải về', en: 'Fetched' },
  lost: { vi: 'Số dòng không ghi được vào sổ', en: 'Lines that could not be written to the ledger' },
} satisfies Record<string, Words>;

/** One line, and below it one for each change of settings. */
export function describeLine(line: LedgerLine, lang: Language): string {
  return `${vietnamTime(line.ts)}  ${wordsOf(line, lang)}`;
}

/** What is only counted comes every few minutes: one after the other they are one. */
export function gathered(lines: readonly LedgerLine[]): LedgerLine[] {
  const result: LedgerLine[] = [];
  /** Of the run at hand, by kind of message, the place in the result. */
  const run = new Map<string, number>();
  for (const line of lines) {
    const at = line.kind === 'sent-summary' ? run.get(line.message) : undefined;
    const before = at === undefined ? undefined : result[at];
    if (line.kind !== 'sent-summary') run.clear();
    if (line.kind === 'sent-summary' && at !== undefined && before?.kind === 'sent-summary') {
      const { ts, until, count, bytes } = line;
      result[at] = { ...before, ts, until, count: before.count + count, bytes: before.bytes + bytes };
    } else {
      if (line.kind === 'sent-summary') run.set(line.message, result.length);
      result.push(line);
    }
  }
  return result;
}

function wordsOf(line: LedgerLine, lang: Language): string {
  switch (line.kind) {
    case 'sent':
      return sentInWords(line, lang);
    case 'sent-summary': {
      const { message, count, bytes, since, until } = line;
      const span = `${texts.from[lang]} ${vietnamTime(since)} ${texts.until[lang]} ${vietnamTime(until)}`;
      const amount = `${amountOf(count, lang)} ${texts.messages[lang]}, ${bytesOf(bytes, lang)}`;
      return `${texts.sentTotal[lang]}: ${nameOf(message, lang)}, ${amount}, ${span}`;
    }
    case 'order':
      return orderInWords(line, lang);
    case 'connection': {
      const { broker, since, until, reason } = line;
      if (until === undefined) return `${texts.connected[lang]}: ${plain(broker)}`;
      const span = `${texts.from[lang]} ${vietnamTime(since)} ${texts.until[lang]} ${vietnamTime(until)}`;
      return `${texts.disconnected[lang]}: ${plain(broker)}, ${span}${reasonOf(reason, lang)}`;
    }
    case 'identity':
      return `${identityWords[line.what][lang]}${line.detail === undefined ? '' : `: ${plain(line.detail)}`}`;
    case 'fetched': {
      const { what, from, bytes, detail } = line;
      const more = detail === undefined ? '' : `, ${plain(detail)}`;
      return `${texts.fetched[lang]}: ${plain(what)}, ${bytesOf(bytes, lang)}, ${texts.from[lang]} ${plain(from)}${more}`;
    }
    case 'lost':
      return `${texts.lost[lang]}: ${amountOf(line.count, lang)}`;
  }
}

function sentInWords({ message, bytes, id, summary }: Of<'sent'>, lang: Language): string {
  const about = [summary, id].filter((text) => text !== undefined).map((text) => plain(text));
  return `${texts.sent[lang]}: ${[nameOf(message, lang), ...about, bytesOf(bytes, lang)].join(', ')}`;
}

function orderInWords(line: Of<'order'>, lang: Language): string {
  const { order, outcome, seq, command, signer, author, comment, reason, times, changes = [], changesLeftOut } = line;
  const name = order === 'command' ? plain(command ?? '?') : `${seq ?? '?'}`;
  const who = [
    author === undefined ? undefined : `${texts.author[lang]} ${plain(author)}`,
    signer === undefined ? texts.noSignature[lang] : `${texts.key[lang]} ${plain(signer.slice(0, keyDigits))}`,
    comment === undefined ? undefined : `“${plain(comment, 1_000)}”`,
    times === undefined ? undefined : `${texts.times[lang]}: ${amountOf(times, lang)}`,
  ].filter((text) => text !== undefined);
  const head = `${orderWords[order][lang]} ${name}: ${outcomeWords[outcome][lang]} (${who.join('; ')})${reasonOf(reason, lang)}`;
  const more = changesLeftOut === undefined ? [] : [`+ ${amountOf(changesLeftOut, lang)} ${texts.more[lang]}`];
  return [head, ...changes.map((change) => changeInWords(change, lang)), ...more].join(`\n${changeIndent}`);
}

function changeInWords({ path, from, to }: Change, lang: Language): string {
  const value = (text: string) => plain(text, 300);
  if (from === undefined) return `${texts.added[lang]} ${plain(path)}: ${value(to ?? '')}`;
  if (to === undefined) return `${texts.removed[lang]} ${plain(path)}: ${value(from)}`;
  return `${texts.changed[lang]} ${plain(path)}: ${value(from)} → ${value(to)}`;
}

function reasonOf(reason: string | undefined, lang: Language): string {
  return reason === undefined ? '' : `; ${texts.reason[lang]}: ${plain(reason, 1_000)}`;
}

function nameOf(message: string, lang: Language): string {
  return Object.hasOwn(messageWords, message) ? (messageWords[message]?.[lang] ?? message) : plain(message);
}

function bytesOf(bytes: number, lang: Language): string {
  return `${amountOf(bytes, lang)} byte${lang === 'en' && bytes !== 1 ? 's' : ''}`;
}

function amountOf(number: number, lang: Language): string {
  return number.toLocaleString(lang);
}
