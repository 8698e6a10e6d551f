/** What became of an order -> a line for a person, with what the box found wrong below it; and the sum of all. What boxes say is shown as plain text. */
import { type Language, plain, type Words } from '../../firmware/contract/language.ts';
import type { OrderState, Outcome } from './await-reports.ts';

/** A document that is wrong in more places is looked at with `config check`. */
const errorsShownMax = 20;
const textCharactersMax = 500;

const stateWords: Record<OrderState, Words> = {
  applied: { vi: 'đã áp dụng', en: 'applied' },
  rejected: { vi: 'BỊ TỪ CHỐI', en: 'REJECTED' },
  rolled_back: { vi: 'ĐÃ TỰ QUAY LẠI', en: 'ROLLED BACK' },
  superseded: { vi: 'đang chạy lệnh mới hơn', en: 'runs a later order' },
  sent: { vi: 'đã gửi', en: 'sent' },
  scheduled: { vi: 'đã gửi, chờ đến giờ hiệu lực', en: 'sent, waits for its time' },
  away: { vi: 'vắng mặt, sẽ nhận khi trở lại', en: 'away, gets it when it is back' },
  silent: { vi: 'KHÔNG TRẢ LỜI', en: 'NO ANSWER' },
  'not-sent': { vi: 'CHƯA GỬI', en: 'NOT SENT' },
};

const labels = {
  order: { vi: 'lệnh', en: 'order' },
  confirmed: { vi: 'và giữ lại', en: 'and kept' },
  document: { vi: '(cả tài liệu)', en: '(the document)' },
  runs: { vi: 'đang chạy lệnh', en: 'runs order' },
  ownFile: { vi: 'đang chạy theo tệp riêng của thiết bị', en: 'runs its own file alone' },
  more: { vi: 'lỗi khác', en: 'further faults' },
} satisfies Record<string, Words>;

export function outcomeInWords({ box, seq, state, confirmed, errors = [], reason, running, ms }: Outcome, lang: Language): string {
  const parts = [
    `${box}  ${labels.order[lang]} ${seq}: ${stateWords[state][lang]}`,
    state === 'applied' && confirmed === true ? labels.confirmed[lang] : '',
    state === 'superseded' && running !== undefined ? `(${running})` : '',
    // Where two orders came within one trial, both have given way.
    state === 'rolled_back' ? `(${running === undefined ? labels.ownFile[lang] : `${labels.runs[lang]} ${running}`})` : '',
    state === 'applied' ? `(${(ms / 1_000).toFixed(1)} s)` : '',
  ];
  const details = [
    ...(reason === undefined ? [] : [plain(reason, textCharactersMax)]),
    ...errors
      .slice(0, errorsShownMax)
      .map(
        ({ path, message, code }) => `${path === '' ? labels.document[lang] : plain(path)}: ${plain(message, textCharactersMax)} [${code}]`,
      ),
    ...(errors.length > errorsShownMax ? [`${labels.more[lang]}: ${errors.length - errorsShownMax}`] : []),
  ];
  return [parts.filter((part) => part !== '').join(' '), ...details.map((detail) => `    ${detail}`)].join('\n');
}

/** `12 boxes: 10 applied, 1 REJECTED, 1 away, gets it when it is back`. */
export function sumInWords(outcomes: readonly Outcome[], lang: Language): string {
  const boxes = lang === 'vi' ? `${outcomes.length} thiết bị` : `${outcomes.length} box${outcomes.length === 1 ? '' : 'es'}`;
  const counts = Map.groupBy(outcomes, ({ state }) => state);
  return `${boxes}: ${[...counts].map(([state, list]) => `${list.length} ${stateWords[state][lang]}`).join('; ')}`;
}
