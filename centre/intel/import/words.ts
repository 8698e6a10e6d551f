/** What `intel import` says to people, in both languages. */
import { type Language, plain, type Words } from '../../../firmware/contract/language.ts';
import { kinds } from '../library/library-entry.ts';
import type { ImportReport } from './import-list.ts';
import { type Reason, reasons } from './reason.ts';

const mebibyte = 1024 * 1024;

export function numberIn(language: Language, value: number): string {
  return value.toLocaleString(language === 'vi' ? 'vi-VN' : 'en-US');
}

export const kindWords: Readonly<Record<(typeof kinds)[number] | 'allow', Words>> = {
  address: { en: 'address', vi: 'địa chỉ IP' },
  cidr: { en: 'network', vi: 'dải mạng' },
  address_port: { en: 'address with port', vi: 'địa chỉ kèm cổng' },
  domain: { en: 'domain', vi: 'tên miền' },
  url: { en: 'URL', vi: 'URL' },
  ja3: { en: 'JA3', vi: 'JA3' },
  ja4: { en: 'JA4', vi: 'JA4' },
  cert_sha1: { en: 'certificate SHA-1', vi: 'chứng thư SHA-1' },
  cert_sha256: { en: 'certificate SHA-256', vi: 'chứng thư SHA-256' },
  user_agent: { en: 'user agent', vi: 'user agent' },
  allow: { en: 'allowed', vi: 'cho phép' },
};

export const progressWords: Readonly<Record<'read', Record<Language, (entries: number, values: number) => string>>> &
  Readonly<Record<'fetched' | 'sorted', Record<Language, (count: number) => string>>> = {
  read: {
    en: (entries, values) => `${numberIn('en', entries)} entries read, ${numberIn('en', values)} values`,
    vi: (entries, values) => `đã đọc ${numberIn('vi', entries)} mục, ${numberIn('vi', values)} giá trị`,
  },
  fetched: {
    en: (bytes) => `${(bytes / mebibyte).toFixed(1)} MiB fetched`,
    vi: (bytes) => `đã tải ${(bytes / mebibyte).toFixed(1)} MiB`,
  },
  sorted: {
    en: (values) => `joining ${numberIn('en', values)} values`,
    vi: (values) => `đang gộp ${numberIn('vi', values)} giá trị`,
  },
};

const texts = {
  head: {
    en: ({ source, format, from }: ImportReport) => `${source}: ${format}, from ${from}`,
    vi: ({ source, format, from }: ImportReport) => `${source}: ${format}, từ ${from}`,
  },
  change: {
    en: (report: ImportReport) => `${numberIn('en', report.added)} new, ${numberIn('en', report.gone)} no longer in the list`,
    vi: (report: ImportReport) => `${numberIn('vi', report.added)} giá trị mới, ${numberIn('vi', report.gone)} không còn trong danh sách`,
  },
  refused: { en: 'not taken', vi: 'không nhận' },
  passedOver: { en: 'parts passed over', vi: 'phần bị bỏ qua' },
  file: { en: 'to look at', vi: 'xem tại' },
  resumed: { en: 'went on with a fetch that was broken off', vi: 'tiếp tục lần tải bị gián đoạn trước đó' },
  dry: { en: 'dry run: nothing was kept', vi: 'chạy thử: không lưu gì' },
  empty: {
    en: 'the list holds no value: the source was left as it was (intel forget takes it out)',
    vi: 'danh sách không có giá trị nào: nguồn được giữ nguyên (dùng intel forget để xoá)',
  },
} as const;

/** A reason with its detail, in words. */
export function reasonIn(language: Language, name: string): string {
  const [code = '', ...detail] = name.split(': ');
  const words = code in reasons ? reasons[code as Reason][language] : code;
  return detail.length === 0 ? words : `${words}: ${plain(detail.join(': '))}`;
}

/** Lines for people. `isDry`: the operator asked only to look. */
export function reportLines(report: ImportReport, language: Language, isDry: boolean): string[] {
  const lines = [plain(texts.head[language](report))];
  const row = (label: string, count: number) => `  ${label.padEnd(22)} ${numberIn(language, count).padStart(12)}`;
  for (const kind of [...kinds, 'allow' as const])
    if (report.counts[kind] > 0) lines.push(row(kindWords[kind][language], report.counts[kind]));
  lines.push(`  ${texts.change[language](report)}`);
  if (report.refused > 0) lines.push(row(texts.refused[language], report.refused));
  const byCount = Object.entries(report.refusedByReason).sort(([, one], [, other]) => other - one);
  for (const [name, count] of byCount) lines.push(`    ${numberIn(language, count).padStart(8)}  ${reasonIn(language, name)}`);
  const passedOver = Object.entries(report.passedOver);
  if (passedOver.length > 0) lines.push(`  ${texts.passedOver[language]}`);
  for (const [name, count] of passedOver) lines.push(`    ${numberIn(language, count).padStart(8)}  ${reasonIn(language, name)}`);
  if (report.refusedFile !== null) lines.push(`  ${texts.file[language]}: ${report.refusedFile}`);
  if (report.resumed) lines.push(`  ${texts.resumed[language]}`);
  if (isDry) lines.push(`  ${texts.dry[language]}`);
  else if (!report.kept) lines.push(`  ${texts.empty[language]}`);
  return lines;
}
