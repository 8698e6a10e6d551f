/** How far each box has come -> a table for people, in Vietnamese or English: those that are on their way first. What a box said is shown as `plain` text. */
import { vietnamTime } from '../../firmware/contract/alert-words.ts';
import { type Language, plain, type Words } from '../../firmware/contract/language.ts';
import type { EnrolledBox, StepName } from './enrolment-step.ts';

const dayMs = 86_400_000;
/** A certificate that should have been renewed long ago: a third of its 400 days is when boxes ask. */
const endsSoonMs = 60 * dayMs;
const agencyCharactersMax = 24;
const releaseCharactersMax = 24;
const gap = '  ';

const stepWords: Record<StepName, Words> = {
  registered: { vi: 'đã đăng ký', en: 'registered' },
  'claim-written': { vi: 'chờ thiết bị', en: 'claim written' },
  'claim-expired': { vi: 'HẾT HẠN TỆP', en: 'CLAIM EXPIRED' },
  claimed: { vi: 'đã cấp chứng thư', en: 'claimed' },
  seen: { vi: 'đã kết nối', en: 'in service' },
  revoked: { vi: 'ĐÃ THU HỒI', en: 'REVOKED' },
};
const order: readonly StepName[] = ['claim-expired', 'registered', 'claim-written', 'claimed', 'revoked', 'seen'];

const configWords: Record<NonNullable<EnrolledBox['config']>['state'], Words> = {
  applied: { vi: 'đã áp dụng', en: 'applied' },
  rejected: { vi: 'BỊ TỪ CHỐI', en: 'REJECTED' },
  rolled_back: { vi: 'ĐÃ QUAY LUI', en: 'ROLLED BACK' },
  none: { vi: 'chưa có', en: 'none' },
};

const intelligenceWords: Record<NonNullable<EnrolledBox['intelligence']>['state'], Words> = {
  fetching: { vi: 'đang tải', en: 'fetching' },
  testing: { vi: 'đang thử', en: 'testing' },
  armed: { vi: 'đang dùng', en: 'armed' },
  failed: { vi: 'LỖI', en: 'FAILED' },
  rolled_back: { vi: 'ĐÃ QUAY LUI', en: 'ROLLED BACK' },
};

const labels = {
  box: { vi: 'THIẾT BỊ', en: 'BOX' },
  step: { vi: 'BƯỚC', en: 'STEP' },
  until: { vi: 'TỆP/CHỨNG THƯ ĐẾN', en: 'GOOD UNTIL' },
  seen: { vi: 'KẾT NỐI LẦN ĐẦU', en: 'FIRST SEEN' },
  config: { vi: 'CẤU HÌNH', en: 'CONFIGURATION' },
  intelligence: { vi: 'DANH SÁCH', en: 'INDICATORS' },
  tags: { vi: 'NHÃN', en: 'TAGS' },
  agency: { vi: 'ĐƠN VỊ', en: 'AGENCY' },
  pending: { vi: 'chờ', en: 'ordered' },
  endsSoon: { vi: 'sắp hết hạn', en: 'ends soon' },
  refused: { vi: 'lần bị từ chối', en: 'refused' },
} satisfies Record<string, Words>;

export function enrolmentTable(boxes: readonly EnrolledBox[], lang: Language, nowMs: number): string {
  const sorted = boxes.toSorted((one, other) => order.indexOf(one.step) - order.indexOf(other.step));
  const { box, step, until, seen, config, intelligence, tags, agency } = labels;
  const heads = [box, step, until, seen, config, intelligence, tags, agency].map((words) => words[lang]);
  const rows = [heads, ...sorted.map((one) => cellsOf(one, lang, nowMs))];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(gap)
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf(one: EnrolledBox, lang: Language, nowMs: number): string[] {
  const { box, step, claim, firstSeenMs } = one;
  const refused = claim === undefined || claim.refused === 0 ? '' : ` (${claim.refused} ${labels.refused[lang]})`;
  return [
    box.box,
    `${stepWords[step][lang]}${refused}`,
    goodUntil(one, lang, nowMs),
    firstSeenMs === undefined ? '-' : day(firstSeenMs),
    configCell(one, lang),
    intelligenceCell(one, lang),
    box.tags.join(' ') || '-',
    plain(box.agency, agencyCharactersMax),
  ];
}

function goodUntil({ step, claim, certificate }: EnrolledBox, lang: Language, nowMs: number): string {
  if (step === 'claimed' || step === 'seen') {
    const endMs = certificate?.notAfterMs ?? 0;
    return endMs - nowMs < endsSoonMs ? `${day(endMs)} (${labels.endsSoon[lang]})` : day(endMs);
  }
  return step === 'revoked' || claim === undefined ? '-' : day(claim.expiresMs);
}

function configCell({ orderedSeq, config }: EnrolledBox, lang: Language): string {
  if (config === undefined) return orderedSeq === undefined ? '-' : `${labels.pending[lang]} ${orderedSeq}`;
  const said = `${config.seq ?? ''} ${configWords[config.state][lang]}`.trim();
  return orderedSeq !== undefined && orderedSeq > (config.seq ?? 0) ? `${said}, ${labels.pending[lang]} ${orderedSeq}` : said;
}

function intelligenceCell({ intelligence }: EnrolledBox, lang: Language): string {
  if (intelligence === undefined) return '-';
  const { running, state } = intelligence;
  const release = running === undefined ? '' : `${running.channel}/${running.version} `;
  return plain(`${release}${intelligenceWords[state][lang]}`, releaseCharactersMax);
}

/** As calendars in Vietnam have it. */
function day(ms: number): string {
  return vietnamTime(new Date(ms).toISOString()).split(' ')[0] ?? '';
}
