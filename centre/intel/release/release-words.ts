/** What is said of a release that was built or checked, for people, in two languages. Values come from lists: they are shown as plain text. */
import { type Language, plain, type Words } from '../../../firmware/contract/language.ts';
import { type IndicatorType, indicatorTypes } from '../../../firmware/sensor/intel/indicator.ts';
import { kindWords } from '../import/words.ts';
import type { Kind } from '../library/library-entry.ts';
import { type CheckReport, type Finding, type FindingCode, indicatorsOf } from './check-release.ts';
import type { LeftOutReason } from './join-provenance.ts';
import { poisonWords } from './poison-words.ts';
import type { BuiltRelease } from './release-folder.ts';

/** Of each finding, on the screen; the rest is counted, and `--json` has more. */
const examplesShown = 8;

const leftOutWords: Readonly<Record<LeftOutReason | 'not-matchable', Words>> = {
  revoked: { en: 'taken back by their sources', vi: 'nguồn đã thu hồi' },
  'not-for-detection': { en: 'not meant for detection', vi: 'không dùng để phát hiện' },
  expired: { en: 'expired', vi: 'hết hạn' },
  weak: { en: 'less sure than the floor', vi: 'độ tin cậy dưới ngưỡng' },
  'not-matchable': { en: 'cannot be matched on the network', vi: 'không so khớp được trên mạng' },
};

/** As the import names them; a network is an address to a box. */
function typeIn(lang: Language, type: IndicatorType): string {
  return kindWords[type.replace('-', '_') as Kind][lang];
}

const findingWords: Readonly<Record<FindingCode, Words>> = {
  empty: { en: 'there is no indicator in it', vi: 'không có chỉ báo nào' },
  shrunken: { en: 'less than half of the last release is left', vi: 'còn chưa đến một nửa so với bản trước' },
  grown: { en: 'more than twice as large as the last release', vi: 'lớn hơn gấp đôi bản trước' },
  'source-shrunken': { en: 'sources that lost more than half', vi: 'nguồn mất hơn một nửa' },
  poison: { en: 'left out, whatever the lists say', vi: 'đã loại bỏ, dù danh sách ghi gì' },
  'allow-listed': { en: 'on an allow list: not reported', vi: 'nằm trong danh sách cho phép: không báo' },
  popular: { en: 'popular, or above something popular', vi: 'phổ biến, hoặc bao trùm tên miền phổ biến' },
  'wide-network': { en: 'whole hosting ranges', vi: 'cả dải địa chỉ của nhà cung cấp' },
  'shared-suffix': { en: 'anybody gets names below it', vi: 'ai cũng có thể có tên miền bên dưới' },
  'shared-network': { en: 'addresses that thousands of sites share', vi: 'địa chỉ dùng chung cho hàng nghìn trang' },
  'would-fire': { en: 'would have lit many machines in the last 30 days', vi: 'đã có thể báo động trên nhiều máy trong 30 ngày qua' },
  'not-asked': { en: 'new values that the boxes were not asked for: too many', vi: 'giá trị mới chưa hỏi thiết bị vì quá nhiều' },
};

export function notLookedUpInWords(names: readonly string[], lang: Language): string {
  const list = plain(names.join(', '));
  return lang === 'vi'
    ? `không tra được địa chỉ của ${list}; hãy ghi địa chỉ của trung tâm vào ownNames trong centre.json`
    : `the addresses of ${list} are not known; write those of the centre into ownNames in centre.json`;
}

const number = (lang: Language, value: number) => value.toLocaleString(lang === 'vi' ? 'vi-VN' : 'en-US');

export function buildProgressInWords(values: number, lang: Language): string {
  return lang === 'vi' ? `đã xét ${number(lang, values)} giá trị` : `${number(lang, values)} values looked at`;
}

export function answersInWords(answered: number, expected: number, lang: Language): string {
  return lang === 'vi' ? `${answered}/${expected} thiết bị đã trả lời` : `${answered}/${expected} boxes have answered`;
}

export function builtInWords(release: BuiltRelease, seconds: number, lang: Language): string[] {
  const isVietnamese = lang === 'vi';
  const count = (value: number) => number(lang, value);
  const head = isVietnamese
    ? `Bản ${release.version}: ${count(indicatorsOf(release))} chỉ báo, ${count(release.allowances)} mục cho phép, ${count(release.bytes)} byte, ${seconds.toFixed(1)} giây`
    : `Release ${release.version}: ${count(indicatorsOf(release))} indicators, ${count(release.allowances)} allowances, ${count(release.bytes)} bytes, ${seconds.toFixed(1)} s`;
  const kinds = indicatorTypes
    .filter((type) => (release.counts[type] ?? 0) > 0)
    .map((type) => `${typeIn(lang, type)} ${count(release.counts[type] ?? 0)}`);
  const left = Object.entries(release.leftOut).filter(([, value]) => value > 0);
  const leftOut = left.map(([reason, value]) => `${leftOutWords[reason as keyof typeof leftOutWords][lang]} ${count(value)}`).join(', ');
  return [
    head,
    `  ${kinds.join(', ')}`,
    ...(left.length === 0 ? [] : [`  ${isVietnamese ? 'Không đưa vào' : 'Left out'}: ${leftOut}`]),
    ...poisonInWords(release.poison, lang),
  ];
}

/** Loud: every one of them is a fault of a source, or an attack by it. */
function poisonInWords({ count, first }: BuiltRelease['poison'], lang: Language): string[] {
  if (count === 0) return [];
  const head =
    lang === 'vi' ? `  ĐÃ LOẠI BỎ ${number(lang, count)} giá trị nguy hại:` : `  REFUSED ${number(lang, count)} poisonous values:`;
  const lines = first
    .slice(0, examplesShown)
    .map(({ value, reason, sources }) => `    ${plain(value)}: ${poisonWords[reason][lang]} (${plain(sources.join(', '))})`);
  return [head, ...lines, ...moreInWords(count - lines.length, lang)];
}

export function checkInWords(report: CheckReport, lang: Language): string[] {
  const isVietnamese = lang === 'vi';
  const count = (value: number) => number(lang, value);
  const against =
    report.previous === undefined
      ? isVietnamese
        ? 'bản đầu tiên'
        : 'the first one'
      : isVietnamese
        ? `so với bản ${report.previous} (${count(report.indicatorsBefore)})`
        : `against release ${report.previous} (${count(report.indicatorsBefore)})`;
  const head = isVietnamese
    ? `Bản ${report.version}: ${count(report.indicators)} chỉ báo, ${against}: thêm ${count(report.new)}, bớt ${count(report.gone)}`
    : `Release ${report.version}: ${count(report.indicators)} indicators, ${against}: ${count(report.new)} new, ${count(report.gone)} gone`;
  const refused = isVietnamese
    ? 'KHÔNG nên phát hành: xem các mục có dấu !; --yes-really để vẫn phát hành.'
    : 'NOT to be published: see what is marked with !; --yes-really publishes it all the same.';
  const fine = isVietnamese ? 'Có thể phát hành.' : 'May be published.';
  return [head, ...report.findings.flatMap((finding) => findingInWords(finding, lang)), report.isRefused ? refused : fine];
}

function findingInWords({ code, isRefusal, count, examples }: Finding, lang: Language): string[] {
  const shown = examples.slice(0, examplesShown).map(({ value, detail }) => `      ${plain(value)}  ${plain(detail[lang])}`);
  return [
    `  ${isRefusal ? '!' : ' '} ${findingWords[code][lang]}: ${number(lang, count)}`,
    ...shown,
    ...(shown.length === 0 ? [] : moreInWords(count - shown.length, lang)),
  ];
}

function moreInWords(count: number, lang: Language): string[] {
  return count > 0 ? [`      ${lang === 'vi' ? `và ${number(lang, count)} giá trị nữa` : `and ${number(lang, count)} more`}`] : [];
}
