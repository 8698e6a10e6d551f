/** What the agent says of the lamps -> words for a person, or the report itself. Looks at no lamp, and judges only how old the report is. */
import { hostLostMs } from '../../agent/panel/chip-protocol.ts';
import { hostLost } from '../../agent/panel/host-patterns.ts';
import { explainDisplay } from '../../agent/panel/lamp-words.ts';
import type { DriverState } from '../../agent/panel/panel-driver.ts';
import { type PanelReport, panelReportSchema } from '../../agent/panel/panel-report.ts';
import { type Language, plain, type Words } from '../../contract/language.ts';

/** Where the agent tells what it shows. Undefined where no agent answers. Text as it came: it is checked here. */
export type PanelReportSource = () => Promise<string | undefined>;

const texts = {
  silent: { vi: 'Chương trình vonggac agent không hoạt động trên máy này.', en: 'No vonggac agent is at work on this machine.' },
  unreadable: { vi: 'Không đọc được trả lời của vonggac agent.', en: 'The answer of the vonggac agent cannot be read.' },
  old: {
    vi: 'Lần đánh giá cuối đã cách đây {seconds} giây: đèn không còn được điều khiển.',
    en: 'The last judgement is {seconds} seconds old: nobody drives the lamps any more.',
  },
  noLamps: { vi: 'Thiết bị này không được cấu hình đèn (panel.driver).', en: 'No lamps are configured for this box (panel.driver).' },
  connected: { vi: 'Đèn đã kết nối.', en: 'The lamps are connected.' },
  disconnected: { vi: 'Đèn KHÔNG kết nối: {reason}', en: 'The lamps are NOT connected: {reason}' },
  stuck: { vi: 'Nút nhấn bị kẹt.', en: 'The button is stuck.' },
  resets: { vi: 'Chip của bảng đèn đã tự khởi động lại {count} lần.', en: "The panel's chip was reset {count} times since power-up." },
} satisfies Record<string, Words>;

export interface StatusAnswer {
  lines: string[];
  /** Whether the lamps are there and driven. */
  isWell: boolean;
}

export async function readPanelReport(source: PanelReportSource): Promise<PanelReport | 'silent' | 'unreadable'> {
  const text = await source();
  if (text === undefined) return 'silent';
  try {
    return panelReportSchema.parse(JSON.parse(text));
  } catch {
    return 'unreadable';
  }
}

export function describeReport(report: PanelReport | 'silent' | 'unreadable', lang: Language, nowMs: number): StatusAnswer {
  if (typeof report === 'string') return { lines: [texts[report][lang], ...explainDisplay(hostLost, lang)], isWell: false };
  const ageMs = nowMs - Date.parse(report.ts);
  if (!(ageMs <= hostLostMs)) {
    const old = texts.old[lang].replace('{seconds}', String(Math.round(ageMs / 1_000)));
    return { lines: [old, ...explainDisplay(hostLost, lang)], isWell: false };
  }
  return { lines: [...explainDisplay(report, lang), ...driverLines(report.driver, lang)], isWell: report.driver?.connected === true };
}

function driverLines(driver: DriverState | PanelReport['driver'], lang: Language): string[] {
  if (driver === undefined) return [texts.noLamps[lang]];
  const { connected, reason = '', chip } = driver;
  const lines = [connected ? texts.connected[lang] : texts.disconnected[lang].replace('{reason}', plain(reason))];
  if (chip?.buttonStuck === true) lines.push(texts.stuck[lang]);
  if (chip !== undefined && chip.resets > 0) lines.push(texts.resets[lang].replace('{count}', String(chip.resets)));
  return lines;
}
