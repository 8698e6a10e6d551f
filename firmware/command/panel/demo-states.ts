/** Every display that the panel can show -> a state of a box that leads to it, in the order in which one explains them. Made up; of no real box. */
import type { PanelState } from '../../agent/panel/display.ts';
import type { Health } from '../../contract/health.ts';
import type { Words } from '../../contract/language.ts';

export interface DemoState {
  title: Words;
  /** The state at a moment: what is fresh in it is as old as the moment. */
  at: (nowMs: number) => PanelState;
}

const none = { open: 0, new: 0 };
const lossShare = 0.02;
const quietSeconds = 600;

function healthAt(nowMs: number): Health {
  const ts = new Date(nowMs).toISOString();
  return {
    schema: 'health/1',
    box: 'demo-box',
    boot: 'demo',
    ts,
    uptimeSeconds: 3_600,
    intervalSeconds: 30,
    interval: { seconds: 30, packets: 30_000, bytes: 20_000_000, dropped: 0, dropShare: 0 },
    quietSeconds: 0,
    capture: { state: 'running', source: 'eth1', shedding: false, packets: 3_000_000, bytes: 2_000_000_000, kernelDropped: 0 },
    intelligence: { bundle: 'demo', indicators: 50_000, ageSeconds: 3_600 },
    outbox: { depth: 0, dropped: 0 },
    uplink: { connections: 1, connectedSince: ts, lastHeard: ts },
  };
}

function stateOf(changes: Partial<PanelState>, spoil: (health: Health) => Partial<Health> = () => ({})): DemoState['at'] {
  return (nowMs) => {
    const health = healthAt(nowMs);
    return { nowMs, online: true, health: { ...health, ...spoil(health) }, attempts: none, contacts: none, ...changes };
  };
}

export const demoStates: readonly DemoState[] = [
  { title: { vi: 'Mọi thứ bình thường', en: 'All is well' }, at: stateOf({}) },
  {
    title: { vi: 'Có máy thử liên lạc với địa chỉ độc hại', en: 'A machine tried to reach a malicious address' },
    at: stateOf({ attempts: { open: 1, new: 1 } }),
  },
  {
    title: { vi: 'Lần thử đó đã được xác nhận (nhấn nút)', en: 'That attempt was acknowledged (button pressed)' },
    at: stateOf({ attempts: { open: 1, new: 0 } }),
  },
  {
    title: { vi: 'Có máy đã liên lạc với máy chủ C2', en: 'A machine talked to a C2 server' },
    at: stateOf({ contacts: { open: 1, new: 1 } }),
  },
  {
    title: { vi: 'Liên lạc C2 đó đã được xác nhận, chưa kết thúc', en: 'That C2 contact was acknowledged, and is still open' },
    at: stateOf({ contacts: { open: 1, new: 0 } }),
  },
  {
    title: { vi: 'Một liên lạc C2 mới, một lần thử cũ', en: 'A new C2 contact, and an older attempt' },
    at: stateOf({ contacts: { open: 2, new: 1 }, attempts: { open: 1, new: 0 } }),
  },
  {
    title: { vi: 'Mạng im lặng: kiểm tra cổng mirror (SPAN)', en: 'The network is silent: check the mirror port (SPAN)' },
    at: stateOf({}, ({ interval }) => ({ quietSeconds, interval: { ...interval, packets: 0, bytes: 0 } })),
  },
  {
    title: { vi: 'Bị mất gói tin: lưu lượng quá lớn', en: 'Packets are being lost: too much traffic' },
    at: stateOf({}, ({ interval }) => ({ interval: { ...interval, dropShare: lossShare } })),
  },
  {
    title: { vi: 'Không liên lạc được với Trung tâm', en: 'The centre cannot be reached' },
    at: stateOf({}, () => ({ uplink: { connections: 1 } })),
  },
  {
    title: { vi: 'Không còn tình trạng nào của thiết bị', en: 'Nothing is known of the box any more' },
    at: stateOf({ health: undefined, online: undefined }),
  },
];
