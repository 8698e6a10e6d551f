/** Reports of a sensor whose totals a test sets, one number for each counter. */
import type { SensorReport } from '../../../../firmware/contract/health.ts';

export interface Totals {
  packets?: number;
  bytes?: number;
  kernelDropped?: number;
  interfaceDropped?: number;
  anomalies?: Record<string, number>;
  traffic?: SensorReport['traffic'];
  flowsRefused?: number;
  alerts?: number;
  evidence?: number;
}

export interface Telling {
  state?: SensorReport['capture']['state'];
  /** Which run of the sensor, and for how long it has run. */
  run?: string;
  uptimeSeconds?: number;
}

export function reportOf(totals: Totals = {}, { state = 'running', run, uptimeSeconds = 0 }: Telling = {}): SensorReport {
  const { packets = 0, bytes = 0, kernelDropped, interfaceDropped, anomalies, traffic, flowsRefused, alerts, evidence } = totals;
  return {
    capture: {
      state,
      source: 'eth1',
      shedding: false,
      packets,
      bytes,
      ...(kernelDropped === undefined ? {} : { kernelDropped }),
      ...(interfaceDropped === undefined ? {} : { interfaceDropped }),
    },
    ...(anomalies === undefined ? {} : { decode: { anomalies } }),
    ...(traffic === undefined ? {} : { traffic }),
    ...(flowsRefused === undefined ? {} : { flows: { live: 0, refused: flowsRefused } }),
    ...(alerts === undefined ? {} : { alerts: { open: 0, opened: alerts } }),
    ...(evidence === undefined ? {} : { evidence: { count: evidence, bytes: evidence * 100 } }),
    ...(run === undefined ? {} : { sensorProcess: { cpuSeconds: 0, memoryBytes: 0, timerLateMs: 0, run, uptimeSeconds } }),
  };
}
