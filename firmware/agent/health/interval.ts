/** Two readings of the sensor's totals -> what health says of the time between them. What the sensor did not say stays absent. */
import type { Health } from '../../contract/health.ts';
import type { CounterName, SensorTotals } from './sensor-ledger.ts';

type Interval = Health['interval'];

/** Counters that stand in health under their own names. */
const plainCounters = [
  'kernelDropped',
  'interfaceDropped',
  'caughtBugs',
  'flows',
  'tcpFlows',
  'oneWayFlows',
  'flowsRefused',
  'streamsRefused',
  'hostsRefused',
  'alerts',
  'alertsRefused',
  'evidence',
  'evidenceBytes',
] as const satisfies readonly (CounterName & keyof Interval)[];

export function intervalBetween(before: SensorTotals, now: SensorTotals, elapsedMs: number): Interval {
  const grown = grownBetween(before, now);
  const { packets = 0, bytes = 0 } = grown;
  const anomalies = [...now.anomalies].map(([name, sum]) => [name, sum - (before.anomalies.get(name) ?? 0)] as const);
  return {
    seconds: Math.round(Math.max(elapsedMs, 1)) / 1_000,
    blindSeconds: Math.round(Math.min(now.blindMs - before.blindMs, elapsedMs)) / 1_000,
    packets,
    bytes,
    ...dropsOf(grown, packets),
    ...Object.fromEntries(plainCounters.filter((name) => grown[name] !== undefined).map((name) => [name, grown[name]])),
    anomalies: Object.fromEntries(anomalies.filter(([, count]) => count > 0)),
    ...sharesOf(grown),
  };
}

/** How much each total grew; absent where the sensor does not say. */
export function grownBetween(before: SensorTotals, now: SensorTotals): SensorTotals['counts'] {
  const names = Object.keys(now.counts) as CounterName[];
  return Object.fromEntries(names.map((name) => [name, (now.counts[name] ?? 0) - (before.counts[name] ?? 0)]));
}

function dropsOf({ kernelDropped, interfaceDropped }: SensorTotals['counts'], packets: number): Pick<Interval, 'dropped' | 'dropShare'> {
  if (kernelDropped === undefined && interfaceDropped === undefined) return {};
  const dropped = (kernelDropped ?? 0) + (interfaceDropped ?? 0);
  return { dropped, dropShare: shareOf(dropped, packets + dropped) ?? 0 };
}

function sharesOf(grown: SensorTotals['counts']): Partial<Interval> {
  const { trafficBytes = 0, tlsBytes, quicBytes, dnsBytes = 0, encryptedDnsBytes, tcpFlows = 0, oneWayFlows } = grown;
  const shares = {
    tlsShare: shareOf(tlsBytes, trafficBytes),
    quicShare: shareOf(quicBytes, trafficBytes),
    encryptedDnsShare: shareOf(encryptedDnsBytes, dnsBytes + (encryptedDnsBytes ?? 0)),
    oneWayShare: shareOf(oneWayFlows, tcpFlows),
  };
  return Object.fromEntries(Object.entries(shares).filter(([, share]) => share !== undefined));
}

/** Absent: nothing was there to have a share of. */
function shareOf(part: number | undefined, whole: number): number | undefined {
  return part === undefined || whole === 0 ? undefined : Math.min(1, part / whole);
}
