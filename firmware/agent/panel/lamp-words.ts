/** What each lamp is called and what each of its rhythms means, in two languages: the words of the label, of `panel status` and of `panel demo`. */
import type { Language, Words } from '../../contract/language.ts';
import { type Display, type LampName, lampNames, type Rhythm } from './display.ts';

export const lampTitles: Readonly<Record<LampName, Words>> = {
  ready: { vi: 'SẴN SÀNG (xanh lá)', en: 'READY (green)' },
  attention: { vi: 'CHÚ Ý (vàng)', en: 'ATTENTION (amber)' },
  c2: { vi: 'C2 (đỏ)', en: 'C2 (red)' },
  traffic: { vi: 'LƯU LƯỢNG (trắng)', en: 'TRAFFIC (white)' },
};

export const rhythmTitles: Readonly<Record<Rhythm, Words>> = {
  off: { vi: 'tắt', en: 'dark' },
  steady: { vi: 'sáng', en: 'lit' },
  blink: { vi: 'nhấp nháy', en: 'blinks' },
  pulse: { vi: 'chớp mỗi giây', en: 'flashes once a second' },
  turn: { vi: 'luân phiên', en: 'in turn' },
  counterturn: { vi: 'luân phiên', en: 'in turn' },
};

const lost: Words = {
  vi: 'Đỏ và vàng luân phiên: không còn biết gì về thiết bị. Đừng tin là mạng an toàn.',
  en: 'Red and amber in turn: nothing is known of the box. Do not take the network for safe.',
};
const confirmed: Words = {
  vi: 'Bốn đèn cùng nhấp nháy: Trung tâm đã nhận được yêu cầu trợ giúp.',
  en: 'All four blink: the centre has received the call for help.',
};

/** Rhythms that a lamp has when the box works, starts, stops or is lost. */
const meanings: Readonly<Record<LampName, Partial<Record<Rhythm, Words>>>> = {
  ready: {
    steady: { vi: 'Thiết bị đang nhìn thấy mạng và hoạt động đúng.', en: 'The box sees the network, and works as it should.' },
    off: { vi: 'Có điều chưa ổn; lý do ở dưới.', en: 'Something is not as it should be; the reason is below.' },
    blink: confirmed,
  },
  attention: {
    off: { vi: 'Không có gì cần chú ý.', en: 'Nothing needs attention.' },
    steady: {
      vi: 'Có điều cần khắc phục, hoặc một lần thử liên lạc đáng ngờ đã được xác nhận nhưng chưa kết thúc.',
      en: 'Something must be put right, or a suspicious attempt was acknowledged and is still open.',
    },
    blink: {
      vi: 'Mới: một máy đã thử liên lạc với địa chỉ độc hại, hoặc thiết bị không nhìn thấy mạng.',
      en: 'New: a machine tried to reach a malicious address, or the box cannot see the network.',
    },
    pulse: { vi: 'Thiết bị đang khởi động, hoặc đang dừng theo kế hoạch.', en: 'The box is starting, or has stopped as planned.' },
    counterturn: lost,
  },
  c2: {
    off: {
      vi: 'Không thấy máy nào liên lạc với máy chủ điều khiển mã độc (C2); chỉ đáng tin khi đèn SẴN SÀNG sáng.',
      en: 'No machine was seen talking to a command-and-control (C2) server; worth something only while READY is lit.',
    },
    steady: {
      vi: 'Một máy đã liên lạc với máy chủ C2; đã được xác nhận, chưa kết thúc.',
      en: 'A machine talked to a C2 server; acknowledged, and still open.',
    },
    blink: {
      vi: 'MỚI: một máy đã liên lạc với máy chủ C2. Nhấn nút để xác nhận, rồi gọi Trung tâm.',
      en: 'NEW: a machine talked to a C2 server. Press the button to acknowledge, then call the centre.',
    },
    turn: lost,
  },
  traffic: {
    off: { vi: 'Không có gói tin trên cổng giám sát.', en: 'No packets on the mirror port.' },
    pulse: { vi: 'Có gói tin trên cổng giám sát.', en: 'Packets are coming in on the mirror port.' },
    blink: confirmed,
  },
};

export function meaningOf(lamp: LampName, rhythm: Rhythm): Words {
  return meanings[lamp][rhythm] ?? rhythmTitles[rhythm];
}

const buzzerWords: Words = {
  vi: 'Còi đang kêu: có liên lạc C2 chưa được xác nhận.',
  en: 'The buzzer sounds: a C2 contact is not acknowledged.',
};

/** One line for each lamp, the buzzer where it sounds, and each reason why READY is dark. */
export function explainDisplay({ lamps, buzzer, faults }: Pick<Display, 'lamps' | 'buzzer' | 'faults'>, lang: Language): string[] {
  const isUnknown = lamps.c2 === 'turn' || lamps.attention === 'pulse';
  const lines = lampNames.map((lamp) => {
    const rhythm = lamps[lamp];
    // Of a box that is lost or away, a dark lamp says nothing.
    const meaning = isUnknown && rhythm === 'off' ? '' : ` ${meaningOf(lamp, rhythm)[lang]}`;
    return `${lampTitles[lamp][lang]}: ${rhythmTitles[rhythm][lang]}.${meaning}`;
  });
  if (buzzer) lines.push(buzzerWords[lang]);
  return [...lines, ...faults.map((fault) => `- ${fault[lang]}`)];
}
