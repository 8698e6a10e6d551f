/** The sensor's running totals as it reports them: the visibility ledger's raw numbers. */
import { randomUUID } from 'node:crypto';
import type { SensorReport } from '../contract/health.ts';
import type { OutboxWriter } from '../outbox/outbox.ts';
import type { AlertEngine } from './alert/alert-engine.ts';
import type { SensorSource } from './capture/configured-source.ts';
import type { IndicatorFiles } from './intel/indicator-files.ts';
import type { Intelligence } from './intelligence.ts';
import type { Observer } from './observe/observer.ts';
import type { TrafficLedger } from './observe/traffic-ledger.ts';
import type { Pipeline } from './pipeline.ts';
import type { TimerLateness } from './timer-lateness.ts';

/** Another process, other totals: whoever takes differences must know. */
const run = randomUUID();

export interface ReportParts {
  pipeline: Pipeline;
  source: SensorSource;
  intelligence: Pick<IndicatorFiles, 'current' | 'total' | 'newestMs'> & Partial<Pick<Intelligence, 'state'>>;
  /** Absent: nobody can change any, as where a file is looked at. */
  settings?: NonNullable<SensorReport['settings']>;
  timers: TimerLateness;
  /** The memory of what was seen; absent: there is none. */
  seen?: NonNullable<SensorReport['seen']>;
  /** Absent: nothing is kept for the centre, alerts are only logged. */
  outbox?: Pick<OutboxWriter, 'writerState'>;
}

export function reportOf({ pipeline, source, intelligence, settings, timers, outbox, seen }: ReportParts): SensorReport {
  const { alerts, anomalies, observer } = pipeline;
  return {
    capture: captureOf(pipeline, source),
    decode: {
      anomalies: Object.fromEntries(Object.entries(anomalies.counts).filter(([, count]) => count > 0)),
      caughtBugs: pipeline.bugs,
    },
    traffic: trafficOf(observer.flows.traffic),
    ...tablesOf(observer),
    alerts: alertsOf(alerts),
    sensorProcess: processOf(timers),
    intelligence: {
      bundle: intelligence.current.bundle,
      indicators: intelligence.total,
      ...intelligence.state,
      ...(intelligence.newestMs === undefined ? {} : { ageSeconds: Math.max(0, Math.floor((Date.now() - intelligence.newestMs) / 1000)) }),
    },
    ...(settings === undefined ? {} : { settings }),
    ...(seen === undefined ? {} : { seen }),
    ...(outbox === undefined ? {} : { outboxWriter: outbox.writerState }),
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

function alertsOf(engine: AlertEngine): NonNullable<SensorReport['alerts']> {
  const { openCount, openContacts, opened, attempts, contacts, refused, suppressed } = engine;
  const hidden = Object.keys(suppressed).length === 0 ? {} : { suppressed };
  return { open: openCount, openContacts, opened, attempts, contacts, refused, ...hidden };
}

function trafficOf(ledger: TrafficLedger): NonNullable<SensorReport['traffic']> {
  const { bytes, tlsBytes, quicBytes, dnsBytes, encryptedDnsBytes, flows, tcpFlows, oneWayFlows, oneWayRecentShare } = ledger;
  const lookupBytes = dnsBytes + encryptedDnsBytes;
  return {
    bytes,
    tlsBytes,
    quicBytes,
    dnsBytes,
    encryptedDnsBytes,
    flows,
    tcpFlows,
    oneWayFlows,
    ...(bytes === 0 ? {} : { tlsShare: tlsBytes / bytes, quicShare: quicBytes / bytes }),
    ...(lookupBytes === 0 ? {} : { encryptedDnsShare: encryptedDnsBytes / lookupBytes }),
    ...(tcpFlows === 0 ? {} : { oneWayRecentShare }),
  };
}

function tablesOf({ flows, hosts, conversationsLive, conversationsRefused, streamSegmentsRefused }: Observer) {
  return {
    flows: { live: flows.live, refused: flows.refused, replaced: flows.replaced },
    streams: { live: conversationsLive, refused: conversationsRefused, segmentsRefused: streamSegmentsRefused },
    hosts: { known: hosts.size, refused: hosts.refused },
  } satisfies Partial<SensorReport>;
}

function processOf(timers: TimerLateness): NonNullable<SensorReport['sensorProcess']> {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    memoryBytes: process.memoryUsage.rss(),
    timerLateMs: timers.worstMs,
    run,
    uptimeSeconds: process.uptime(),
  };
}
