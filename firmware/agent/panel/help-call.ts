/** The button of the panel held for eight seconds -> an alert that asks the centre for help, with what the doctor of the box finds. */
import { networkInterfaces } from 'node:os';
import type { Alert, Reason } from '../../contract/alert.ts';
import type { ClockState } from '../../contract/health.ts';
import { uuidV7 } from '../../contract/uuid.ts';

const reasonsMax = 12;
const nothingFound: Reason = { measured: 'doctor: no fault found', value: 0 };

export interface HelpCall {
  box: string;
  agency?: string;
  boot: string;
  clock: ClockState | undefined;
  version: string;
  /** Bundle of the indicators, and frames lost so far. */
  intel?: string;
  dropped: number;
  /** Faults and notes of the doctor. */
  findings: readonly Reason[];
  nowMs: number;
}

export function helpAlert({ box, agency, boot, clock, version, intel, dropped, findings, nowMs }: HelpCall): Alert {
  const ts = `${new Date(nowMs).toISOString().slice(0, -1)}000Z`;
  const id = uuidV7(nowMs);
  return {
    schema: 'alert/1',
    id,
    rev: 1,
    state: 'open',
    box,
    ...(agency === undefined ? {} : { agency }),
    boot,
    tsFirst: ts,
    tsLast: ts,
    ...(clock === undefined ? {} : { clock }),
    detector: 'panel',
    kind: 'assistance.requested',
    stage: 'exchange',
    severity: 3,
    confidence: 100,
    count: 1,
    dedupKey: `assistance|${id}`,
    host: { ip: ownAddress() },
    remote: {},
    net: { proto: 'none' },
    reasons: findings.length === 0 ? [nothingFound] : findings.slice(0, reasonsMax),
    advice: {
      vi: 'Gọi điện cho cơ quan: có người đang đứng ở bảng đèn của thiết bị và cần giúp đỡ. Hỏi đèn nào sáng và chuyện gì đã xảy ra.',
      en: 'Telephone the agency: somebody stands at the panel of the box and needs help. Ask which lamps are lit and what has happened.',
    },
    sensor: { version, ...(intel === undefined ? {} : { intel }), dropped },
  };
}

/** Of the management port, where the box has one that is up. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}
