/** What the label and the card say: lamps by place and rhythm, what to do, the button. Vietnamese and English. Lays nothing out. */
import type { LampName } from '../firmware/agent/panel/display.ts';
import type { Words } from '../firmware/contract/language.ts';

/** From left to right, as on the lid. */
export const lampOrder: readonly LampName[] = ['ready', 'attention', 'c2', 'traffic'];

export interface LampWords {
  name: Words;
  colour: string;
  /** For the label: a line for each rhythm. */
  short: readonly Words[];
}

export const lampWords: Readonly<Record<LampName, LampWords>> = {
  ready: {
    name: { vi: 'SẴN SÀNG', en: 'READY' },
    colour: '#2e9e44',
    short: [
      { vi: 'Sáng: tốt', en: 'Lit: well' },
      { vi: 'Tắt: có lỗi', en: 'Dark: fault' },
    ],
  },
  attention: {
    name: { vi: 'CHÚ Ý', en: 'ATTENTION' },
    colour: '#f2a900',
    short: [
      { vi: 'Nháy: mới, cần xem', en: 'Blinks: new' },
      { vi: 'Sáng: chưa xong', en: 'Lit: still open' },
    ],
  },
  c2: {
    name: { vi: 'C2', en: 'C2' },
    colour: '#d62828',
    short: [
      { vi: 'Nháy: có liên lạc C2', en: 'Blinks: C2 contact' },
      { vi: 'Sáng: chưa xong', en: 'Lit: still open' },
    ],
  },
  traffic: {
    name: { vi: 'LƯU LƯỢNG', en: 'TRAFFIC' },
    colour: '#b8b8b8',
    short: [
      { vi: 'Chớp: thấy gói tin', en: 'Flashes: sees packets' },
      { vi: 'Tắt: không thấy', en: 'Dark: sees none' },
    ],
  },
};

/** How a lamp is drawn on the card. `any`: whatever it does. */
export type Drawn = 'lit' | 'blinks' | 'flashes' | 'dark' | 'any';

export interface CardRow {
  lamps: Readonly<Record<LampName, Drawn>>;
  see: Words;
  means: Words;
  act: Words;
}

const others = { ready: 'any', attention: 'any', c2: 'any', traffic: 'any' } as const;

/** The gravest first. */
export const cardRows: readonly CardRow[] = [
  {
    lamps: { ...others, c2: 'blinks' },
    see: { vi: 'C2 nhấp nháy, còi kêu', en: 'C2 blinks, buzzer sounds' },
    means: { vi: 'Một máy đã liên lạc với máy chủ điều khiển mã độc.', en: 'A machine talked to a command-and-control server.' },
    act: {
      vi: 'Nhấn nút. Gọi Trung tâm để biết máy nào; rút cáp mạng của máy đó, không tắt máy, không xóa gì.',
      en: 'Press the button. Call the centre to learn which machine; pull its network cable, do not switch it off, delete nothing.',
    },
  },
  {
    lamps: { ready: 'dark', attention: 'blinks', c2: 'blinks', traffic: 'dark' },
    see: { vi: 'C2 và CHÚ Ý luân phiên', en: 'C2 and ATTENTION in turn' },
    means: { vi: 'Thiết bị hỏng: mạng KHÔNG được giám sát.', en: 'The box has failed: the network is NOT watched.' },
    act: {
      vi: 'Rút nguồn, đợi 10 giây, cắm lại. Sau 3 phút vẫn vậy: gọi Trung tâm.',
      en: 'Unplug it, wait 10 s, plug it in. Still so after 3 minutes: call the centre.',
    },
  },
  {
    lamps: { ...others, c2: 'lit' },
    see: { vi: 'C2 sáng liên tục', en: 'C2 lit' },
    means: { vi: 'Đã có người xác nhận; sự việc chưa kết thúc.', en: 'Someone has acknowledged; it is not closed.' },
    act: { vi: 'Làm theo hướng dẫn của Trung tâm.', en: 'Do as the centre says.' },
  },
  {
    lamps: { ...others, attention: 'blinks' },
    see: { vi: 'CHÚ Ý nhấp nháy', en: 'ATTENTION blinks' },
    means: {
      vi: 'Một máy đã thử liên lạc với địa chỉ độc hại, hoặc thiết bị không nhìn thấy mạng.',
      en: 'A machine tried to reach a malicious address, or the box cannot see the network.',
    },
    act: {
      vi: 'Đèn LƯU LƯỢNG tắt: kiểm tra cáp cổng giám sát và SPAN. Nếu không: nhấn nút, gọi Trung tâm.',
      en: 'TRAFFIC dark: check the mirror cable and SPAN. Else press the button and call the centre.',
    },
  },
  {
    lamps: { ...others, ready: 'dark', attention: 'lit' },
    see: { vi: 'CHÚ Ý sáng, SẴN SÀNG tắt', en: 'ATTENTION lit, READY dark' },
    means: {
      vi: 'Thiết bị làm việc chưa tốt (dữ liệu cũ, mất gói tin, mất liên lạc…).',
      en: 'The box does not work as well as it should (old data, lost packets, no link…).',
    },
    act: { vi: 'Chạy “vonggac panel status” hoặc gọi Trung tâm.', en: 'Run “vonggac panel status”, or call the centre.' },
  },
  {
    lamps: { ready: 'dark', attention: 'flashes', c2: 'dark', traffic: 'dark' },
    see: { vi: 'Chỉ CHÚ Ý chớp mỗi giây', en: 'ATTENTION alone flashes each second' },
    means: { vi: 'Đang khởi động, hoặc dừng theo kế hoạch.', en: 'Starting, or stopped as planned.' },
    act: { vi: 'Đợi 3 phút.', en: 'Wait 3 minutes.' },
  },
  {
    lamps: { ready: 'lit', attention: 'dark', c2: 'dark', traffic: 'flashes' },
    see: { vi: 'SẴN SÀNG sáng, LƯU LƯỢNG chớp', en: 'READY lit, TRAFFIC flashes' },
    means: { vi: 'Thiết bị nhìn thấy mạng và hoạt động tốt.', en: 'The box sees the network and works well.' },
    act: { vi: 'Không cần làm gì.', en: 'Nothing to do.' },
  },
  {
    lamps: { ready: 'dark', attention: 'dark', c2: 'dark', traffic: 'dark' },
    see: { vi: 'Tất cả đều tắt', en: 'All dark' },
    means: { vi: 'Không có điện. Tắt không bao giờ có nghĩa là “tốt”.', en: 'No power. Dark never means “well”.' },
    act: { vi: 'Kiểm tra nguồn điện và cáp; gọi Trung tâm.', en: 'Check power and cable; call the centre.' },
  },
];

/** Short, 3 s, 8 s. */
export const buttonRows: readonly { press: Words; does: Words }[] = [
  { press: { vi: 'Nhấn', en: 'Press' }, does: { vi: 'đã thấy, tắt còi', en: 'seen, silence' } },
  { press: { vi: 'Giữ 3 giây', en: 'Hold 3 s' }, does: { vi: 'thử đèn, tự kiểm tra', en: 'lamp test, self-test' } },
  { press: { vi: 'Giữ 8 giây', en: 'Hold 8 s' }, does: { vi: 'GỌI TRỢ GIÚP', en: 'CALL FOR HELP' } },
];

export const phrases = {
  button: { vi: 'NÚT', en: 'BUTTON' },
  lost: {
    vi: 'C2 và CHÚ Ý luân phiên: thiết bị hỏng, mạng KHÔNG được giám sát.',
    en: 'C2 and ATTENTION in turn: the box has failed, the network is NOT watched.',
  },
  helpArrived: {
    vi: 'Bốn đèn cùng nhấp nháy: Trung tâm đã nhận được yêu cầu trợ giúp.',
    en: 'All four blink: the centre has received the call for help.',
  },
  see: { vi: 'Thấy gì', en: 'What you see' },
  means: { vi: 'Nghĩa là', en: 'What it means' },
  act: { vi: 'Làm gì', en: 'What to do' },
  contacts: { vi: 'Gọi ai', en: 'Whom to call' },
} satisfies Record<string, Words>;
