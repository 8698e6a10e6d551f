/** The sensor's running totals as it reports them: the visibility ledger's raw numbers. */
import type { SensorReport } from '../contract/health.ts';
import type { SensorSource } from './capture/configured-source.ts';
import type { IndicatorFiles } from './intel/indicator-files.ts';
import type { Pipeline } from './pipeline.ts';

export function reportOf(pipeline: Pipeline, source: SensorSource, intelligence: IndicatorFiles): SensorReport {
  const { alerts, anomalies, observer } = pipeline;
  const counters = source.counters();
  const status = source.status();
  return {
    capture: {
      state: status.state,
      source: source.name,
      ...(status.error === undefined ? {} : { error: status.error }),
      shedding: status.shedding,
      packets: pipeline.frames,
      bytes: pipeline.bytes,
      ...(counters.kernelDropped === undefined ? {} : { kernelDropped: counters.kernelDropped }),
      ...(counters.interfaceDropped === undefined ? {} : { interfaceDropped: counters.interfaceDropped }),
    },
    decode: {
      anomalies: Object.fromEntries(Object.entries(anomalies.counts).filter(([, count]) => count > 0)),
      caughtBugs: pipeline.bugs,
    },
    flows: { live: observer.flows.live, refused: observer.flows.refused },
    alerts: { open: alerts.openCount, opened: alerts.opened, refused: alerts.refused },
    intelligence: {
      bundle: intelligence.current.bundle,
      indicators: intelligence.total,
      ...(intelligence.newestMs === undefined ? {} : { ageSeconds: Math.max(0, Math.floor((Date.now() - intelligence.newestMs) / 1000)) }),
    },
  };
}
