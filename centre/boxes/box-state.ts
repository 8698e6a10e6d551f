/** What the store knows of a box -> whether it is there, and what is wrong with it by its own last health. Pure; looks at no clock. */
import type { Health } from '../../firmware/contract/health.ts';
import type { Language } from '../../firmware/contract/language.ts';
import { limitsSchema } from '../ingest/notice/limits.ts';
import { silentAfterMs } from '../ingest/notice/silent.ts';
import type { BoxRow } from '../store/store.ts';

export type BoxLife = 'there' | 'silent' | 'stopped' | 'unknown';

export interface BoxState {
  life: BoxLife;
  /** Since when, ms since 1970; absent where it is there, or nobody knows. */
  sinceMs?: number;
}

const limits = limitsSchema.parse({});

/** `nowMs` by the clock of the centre, ms since 1970. */
export function boxState(row: BoxRow, nowMs: number): BoxState {
  const { presence, presenceMs, seenMs } = row;
  if (presence?.online === false) {
    const writtenMs = presence.planned ? Date.parse(presence.ts) : seenMs;
    return { life: presence.planned ? 'stopped' : 'silent', ...since(presenceMs ?? writtenMs) };
  }
  if (seenMs === undefined) return { life: 'unknown' };
  return nowMs - seenMs > silentAfterMs(row, limits) ? { life: 'silent', sinceMs: seenMs } : { life: 'there' };
}

function since(ms: number | undefined): { sinceMs?: number } {
  return ms === undefined || Number.isNaN(ms) ? {} : { sinceMs: ms };
}

/** As on the panel of the box: more lost frames than these are too many, older indicators too old. */
const dropShareMax = 0.001;
const intelligenceAgeSecondsMax = 7 * 86_400;
const diskFreeShareMin = 0.05;
/** A Raspberry Pi slows itself down at 80 °C. */
const temperatureCelsiusMax = 80;

interface HealthFault {
  code: string;
  when: (health: Health) => boolean;
  words: Record<Language, (health: Health) => string>;
}

const percent = (share: number) => `${Math.round(share * 10_000) / 100} %`;
const days = (seconds = 0) => Math.round(seconds / 86_400);

export const healthFaults: readonly HealthFault[] = [
  {
    code: 'capture',
    when: ({ capture }) => capture.state !== 'running',
    words: {
      vi: ({ capture }) => `không bắt được gói tin (${capture.state}${capture.error === undefined ? '' : `: ${capture.error}`})`,
      en: ({ capture }) => `does not capture (${capture.state}${capture.error === undefined ? '' : `: ${capture.error}`})`,
    },
  },
  {
    code: 'dropped',
    when: ({ interval }) => (interval.dropShare ?? 0) > dropShareMax,
    words: {
      vi: ({ interval }) => `mất ${percent(interval.dropShare ?? 0)} gói tin`,
      en: ({ interval }) => `loses ${percent(interval.dropShare ?? 0)} of the packets`,
    },
  },
  {
    code: 'shedding',
    when: ({ capture }) => capture.shedding,
    words: { vi: () => 'quá tải, chỉ xem phần lưu lượng quan trọng nhất', en: () => 'overloaded, watches only the most telling traffic' },
  },
  {
    code: 'intelligence',
    when: ({ intelligence }) => (intelligence?.indicators ?? 0) === 0,
    words: { vi: () => 'chưa có danh sách địa chỉ độc hại', en: () => 'has no indicators' },
  },
  {
    code: 'intelligence-age',
    when: ({ intelligence }) => (intelligence?.ageSeconds ?? 0) > intelligenceAgeSecondsMax,
    words: {
      vi: ({ intelligence }) => `danh sách địa chỉ độc hại đã cũ ${days(intelligence?.ageSeconds)} ngày`,
      en: ({ intelligence }) => `its indicators are ${days(intelligence?.ageSeconds)} days old`,
    },
  },
  {
    code: 'disk',
    when: ({ disk }) => disk !== undefined && disk.freeBytes < disk.totalBytes * diskFreeShareMin,
    words: { vi: () => 'ổ đĩa sắp đầy', en: () => 'its disk is nearly full' },
  },
  {
    code: 'power',
    when: ({ underVoltage }) => underVoltage === true,
    words: { vi: () => 'nguồn điện yếu: thay bộ nguồn', en: () => 'its power supply is too weak' },
  },
  {
    code: 'heat',
    when: ({ temperatureCelsius = 0, throttled }) => temperatureCelsius > temperatureCelsiusMax || throttled === true,
    words: {
      vi: ({ temperatureCelsius }) => `quá nóng hoặc bị giảm xung (${temperatureCelsius ?? '?'} °C)`,
      en: ({ temperatureCelsius }) => `too hot or slowed down (${temperatureCelsius ?? '?'} °C)`,
    },
  },
  {
    code: 'watchdog',
    when: ({ watchdog }) => (watchdog?.heldBack?.length ?? 0) > 0,
    words: {
      vi: ({ watchdog }) => `sắp tự khởi động lại: ${watchdog?.heldBack?.join(', ')}`,
      en: ({ watchdog }) => `about to restart itself: ${watchdog?.heldBack?.join(', ')}`,
    },
  },
  {
    code: 'bugs',
    when: ({ decode }) => (decode?.caughtBugs ?? 0) > 0,
    words: {
      vi: ({ decode }) => `lỗi phần mềm khi xử lý ${decode?.caughtBugs} gói tin: báo cho nhà phát triển`,
      en: ({ decode }) => `${decode?.caughtBugs} packets met a fault of the software: tell its developers`,
    },
  },
];
