/** The sensor's running totals as it reports them: the visibility ledger's raw numbers. */
import type { SensorReport } from '../contract/health.ts';
import type { SensorSource } from './capture/configured-source.ts';
import type { IndicatorFiles } from './intel/indicator-files.ts';
import type { ParentChannel } from './parent-channel.ts';
import type { Pipeline } from './pipeline.ts';
import type { TimerLateness } from './timer-lateness.ts';

export interface ReportParts {
  pipeline: Pipeline;
  source: SensorSource;
  intelligence: IndicatorFiles;
  channel: ParentChannel;
  timers: TimerLateness;
}

export function reportOf({ pipeline, source, intelligence, channel, timers }: ReportParts): SensorReport {
  const { alerts, anomalies, observer } = pipeline;
  return {
    capture: captureOf(pipeline, source),
    decode: {
      anomalies: Object.fromEntries(Object.entries(anomalies.counts).filter(([, count]) => count > 0)),
      caughtBugs: pipeline.bugs,
    },
    flows: { live: observer.flows.live, refused: observer.flows.refused },
    alerts: { open: alerts.openCount, opened: alerts.opened, refused: alerts.refused, lost: channel.lost },
    sensorProcess: processOf(timers),
    intelligence: {
      bundle: intelligence.current.bundle,
      indicators: intelligence.total,
      ...(intelligence.newestMs === undefined ? {} : { ageSeconds: Math.max(0, Math.floor((Date.now() - intelligence.newestMs) / 1000)) }),
    },
  };
}

function captureOf(pipeline: Pipeline, source: SensorSource): SensorReport['capture'] {
  const { kernelDropped, interfaceDropped } = source.counters();
  const { state, error, shedding } = source.status();
  return {
    state,
    source: source.name,
    ...(error === undefined ? {} : { error }),
    shedding,
    packets: pipeline.frames,
    bytes: pipeline.bytes,
    ...(kernelDropped === undefined ? {} : { kernelDropped }),
    ...(interfaceDropped === undefined ? {} : { interfaceDropped }),
  };
}

function processOf(timers: TimerLateness): NonNullable<SensorReport['sensorProcess']> {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, memoryBytes: process.memoryUsage.rss(), timerLateMs: timers.worstMs };
}
