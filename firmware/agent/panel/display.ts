/**
 * State of the box -> what its four lamps and its buzzer do, and why. A pure function over two tables: faults, and lamps. Green is earned by
 * fresh measurements; whatever is not known counts as a fault. Drives nothing: that is for the drivers beside it.
 */
import { z } from 'zod';
import type { Health } from '../../contract/health.ts';

export const lampNames = ['ready', 'attention', 'c2', 'traffic'] as const;
export type LampName = (typeof lampNames)[number];

/**
 * A rhythm for each meaning, so that colour is never needed; none is faster than 3 Hz. `blink`: 2 Hz, half lit. `pulse`: a short flash each
 * second. `turn` and `counterturn`: half a second each, in turn with one another.
 */
export type Rhythm = 'off' | 'steady' | 'blink' | 'pulse' | 'turn' | 'counterturn';

/** Wide enough for any office, and never so wide that READY is lit on a box that sees nothing. */
const dayS = 86_400;
export const displayLimitsSchema = z.strictObject({
  quietSecondsMax: z.number().min(5).max(3600).default(60).meta({ description: 'READY goes out where no packet came for longer' }),
  dropShareMax: z.number().min(0).max(0.1).default(0.001).meta({ description: 'READY goes out where more of the frames were lost' }),
  intelligenceAgeSecondsMax: z
    .number()
    .min(60)
    .max(366 * dayS)
    .default(7 * dayS)
    .meta({ description: 'READY goes out where the indicators are older' }),
  centreSilenceSecondsMax: z
    .number()
    .min(10)
    .max(dayS)
    .default(300)
    .meta({ description: 'READY goes out where the centre was not heard for longer' }),
  unacknowledgedSecondsMax: z
    .number()
    .min(10)
    .max(dayS)
    .default(300)
    .meta({ description: 'READY goes out where a message has waited longer for the centre to acknowledge it' }),
  lossSecondsMax: z
    .number()
    .min(0)
    .max(31 * dayS)
    .default(dayS)
    .meta({ description: 'READY stays out for so long where messages were dropped before the centre had them' }),
  oneWayShareMax: z
    .number()
    .min(0.05)
    .max(0.95)
    .default(0.5)
    .meta({ description: 'READY goes out where of more of the latest TCP conversations one side alone was seen' }),
});
export type DisplayLimits = z.output<typeof displayLimitsSchema>;

export interface PanelState {
  /** Milliseconds since 1970. */
  nowMs: number;
  /** What presence says; undefined where nothing was heard. */
  online: boolean | undefined;
  /** The last health; undefined where none was heard. */
  health: Health | undefined;
  /** Open alerts; `new`: those that nobody has acknowledged. Stage `attempt` alone, and those that went further. */
  attempts: { open: number; new: number };
  contacts: { open: number; new: number };
}

export interface Words {
  vi: string;
  en: string;
}

export interface Display {
  lamps: Readonly<Record<LampName, Rhythm>>;
  buzzer: boolean;
  /** Why READY is not lit, gravest first; empty where it is. */
  faults: readonly Words[];
}

interface Fault {
  /** lost: nothing is known of the box. blind: it cannot see the network. impaired: it sees, but not as well as it should. */
  degree: 'lost' | 'blind' | 'impaired';
  when: (health: Health, state: PanelState, limits: DisplayLimits) => boolean;
  words: Words;
}

/** A sensor that is not up by then will not come up by itself. */
const startSecondsMax = 60;

/** Fewer flows may all happen to be odd ones. */
const oneWayFlowsMin = 20;

/** Health that three intervals did not replace tells nothing any more. */
const staleIntervals = 3;

const faults: readonly Fault[] = [
  {
    degree: 'lost',
    when: (_, { online }) => online === false,
    words: { vi: 'Mất liên lạc với thiết bị', en: 'The box is not connected' },
  },
  {
    degree: 'lost',
    // Written so that a time that cannot be read counts as stale.
    when: ({ ts, intervalSeconds }, { nowMs }) => !(nowMs - Date.parse(ts) <= staleIntervals * intervalSeconds * 1_000),
    words: { vi: 'Thiết bị không còn báo tình trạng', en: 'The box no longer reports its health' },
  },
  {
    degree: 'impaired',
    when: isStarting,
    words: { vi: 'Đang khởi động', en: 'Starting' },
  },
  {
    degree: 'blind',
    when: (health) => health.capture.state !== 'running' && !isStarting(health),
    words: { vi: 'Không bắt được gói tin: kiểm tra cáp và cổng mạng', en: 'Not capturing: check cable and port' },
  },
  {
    degree: 'blind',
    when: ({ quietSeconds }, _, { quietSecondsMax }) => quietSeconds > quietSecondsMax,
    words: {
      vi: 'Cổng giám sát không có gói tin: kiểm tra cấu hình mirror (SPAN)',
      en: 'No packets on the mirror port: check the SPAN setting',
    },
  },
  {
    degree: 'impaired',
    when: (health) => health.capture.packets === 0 && !isStarting(health),
    words: { vi: 'Chưa thấy gói tin nào', en: 'No packet was seen yet' },
  },
  {
    degree: 'impaired',
    when: ({ interval }, _, { dropShareMax }) => (interval.dropShare ?? 0) > dropShareMax,
    words: { vi: 'Bị mất gói tin: lưu lượng quá lớn', en: 'Packets are being lost: too much traffic' },
  },
  {
    degree: 'impaired',
    when: ({ capture }) => capture.shedding,
    words: { vi: 'Quá tải: chỉ xem phần lưu lượng quan trọng nhất', en: 'Overloaded: watching only the most telling traffic' },
  },
  {
    degree: 'impaired',
    when: ({ traffic }, _, { oneWayShareMax }) =>
      (traffic?.tcpFlows ?? 0) >= oneWayFlowsMin && (traffic?.oneWayRecentShare ?? 0) > oneWayShareMax,
    words: {
      vi: 'Chỉ thấy một chiều của lưu lượng: hãy cấu hình mirror (SPAN) cả hai chiều',
      en: 'Only one direction of the traffic is seen: mirror both directions (SPAN)',
    },
  },
  {
    degree: 'impaired',
    when: ({ underVoltage }) => underVoltage === true,
    words: { vi: 'Nguồn điện yếu: kiểm tra bộ nguồn và dây nguồn', en: 'The power supply is too weak: check it and its cable' },
  },
  {
    degree: 'impaired',
    when: (health) => (health.intelligence === undefined || health.intelligence.indicators === 0) && !isStarting(health),
    words: { vi: 'Chưa có danh sách địa chỉ độc hại', en: 'No indicators loaded' },
  },
  {
    degree: 'impaired',
    when: ({ intelligence }, _, { intelligenceAgeSecondsMax }) => (intelligence?.ageSeconds ?? 0) > intelligenceAgeSecondsMax,
    words: { vi: 'Danh sách địa chỉ độc hại đã cũ', en: 'The indicators are out of date' },
  },
  {
    degree: 'impaired',
    when: ({ uplink, ts }, _, { centreSilenceSecondsMax }) =>
      uplink.connectedSince === undefined || !(Date.parse(ts) - Date.parse(uplink.lastHeard ?? '') <= centreSilenceSecondsMax * 1_000),
    words: { vi: 'Không liên lạc được với Trung tâm', en: 'The centre cannot be reached' },
  },
  {
    degree: 'impaired',
    when: ({ uplink }) => uplink.centreOnline === false,
    words: { vi: 'Trung tâm đang không lưu được tin báo', en: 'The centre is not storing messages at present' },
  },
  {
    degree: 'impaired',
    // The record of the start and a summary of health now and then wait for it too: a centre that stores nothing shows without any alert.
    when: ({ outbox }, _, { unacknowledgedSecondsMax }) => (outbox.oldestAgeSeconds ?? 0) > unacknowledgedSecondsMax,
    words: { vi: 'Trung tâm chưa xác nhận đã nhận tin báo', en: 'The centre has not acknowledged what was sent to it' },
  },
  {
    degree: 'impaired',
    when: ({ outbox }) => outbox.mode === 'memory' || outbox.unansweredSeconds !== undefined,
    words: {
      vi: 'Không ghi được vào ổ đĩa: tin báo chỉ giữ tạm trong bộ nhớ',
      en: 'The disk cannot be written: messages are kept in memory only',
    },
  },
  {
    degree: 'impaired',
    when: ({ outbox }, _, { lossSecondsMax }) => (outbox.lossAgeSeconds ?? Number.POSITIVE_INFINITY) <= lossSecondsMax,
    words: { vi: 'Có tin báo đã bị mất vì bộ nhớ chờ gửi bị đầy', en: 'Messages were lost: the outbox was full' },
  },
];

function isStarting({ capture, uptimeSeconds }: Health): boolean {
  return capture.state === 'starting' && uptimeSeconds <= startSecondsMax;
}

const nothingHeard: Fault = {
  degree: 'lost',
  when: () => true,
  words: { vi: 'Chưa nhận được tình trạng của thiết bị', en: 'Nothing was heard from the box yet' },
};

interface Judged extends PanelState {
  faults: readonly Fault[];
}

const has = (degree: Fault['degree']) => (state: Judged) => state.faults.some((fault) => fault.degree === degree);

/** For each lamp the first row that is true counts; no row: the lamp is off. */
const rows: readonly { lamp: LampName; rhythm: Rhythm; when: (state: Judged) => boolean }[] = [
  // Lost comes first: what the lamps would say otherwise is old, and this pattern stands for nothing else.
  { lamp: 'c2', rhythm: 'turn', when: has('lost') },
  { lamp: 'c2', rhythm: 'blink', when: ({ contacts }) => contacts.new > 0 },
  { lamp: 'c2', rhythm: 'steady', when: ({ contacts }) => contacts.open > 0 },
  { lamp: 'attention', rhythm: 'counterturn', when: has('lost') },
  { lamp: 'attention', rhythm: 'blink', when: ({ attempts }) => attempts.new > 0 },
  { lamp: 'attention', rhythm: 'blink', when: has('blind') },
  { lamp: 'attention', rhythm: 'steady', when: ({ attempts }) => attempts.open > 0 },
  { lamp: 'attention', rhythm: 'steady', when: has('impaired') },
  { lamp: 'ready', rhythm: 'steady', when: ({ faults: found }) => found.length === 0 },
  { lamp: 'traffic', rhythm: 'pulse', when: (state) => !has('lost')(state) && (state.health?.interval.packets ?? 0) > 0 },
];

const limitsDefault = displayLimitsSchema.parse({});

export function display(state: PanelState, limits: DisplayLimits = limitsDefault): Display {
  const { health } = state;
  const all = health === undefined ? [nothingHeard] : faults.filter((fault) => fault.when(health, state, limits));
  // What a lost box said before it was lost is no longer true.
  const found = all.some(({ degree }) => degree === 'lost') ? all.filter(({ degree }) => degree === 'lost') : all;
  const judged: Judged = { ...state, faults: found };
  const rhythm = (lamp: LampName) => rows.find((row) => row.lamp === lamp && row.when(judged))?.rhythm ?? 'off';
  return {
    lamps: { ready: rhythm('ready'), attention: rhythm('attention'), c2: rhythm('c2'), traffic: rhythm('traffic') },
    buzzer: state.contacts.new > 0,
    faults: found.map(({ words }) => words),
  };
}

/** Whether a lamp of this rhythm is lit, `ms` after any fixed moment. */
export function isLit(rhythm: Rhythm, ms: number): boolean {
  switch (rhythm) {
    case 'off':
      return false;
    case 'steady':
      return true;
    case 'blink':
      return ms % 500 < 250;
    case 'pulse':
      return ms % 1_000 < 250;
    case 'turn':
      return ms % 1_000 < 500;
    case 'counterturn':
      return ms % 1_000 >= 500;
  }
}
