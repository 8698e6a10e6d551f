/**
 * Hits of a new set of indicators on the past -> findings that the alert engine takes like any other, and alerts that say of themselves that they are
 * of the past. So a suppression hides them, the lamps show them, and an alert that is open already is not opened again.
 */
import type { Alert, TrafficAlertKind } from '../../contract/alert.ts';
import { type AddressWords, formatAddress } from '../bytes/address.ts';
import { formatTimestamp } from '../bytes/timestamp.ts';
import { protocolTcp, protocolUdp } from '../decode/packet.ts';
import type { Finding, FindingSink } from '../detect/finding.ts';
import type { IndicatorType } from '../intel/indicator.ts';
import { isInbound } from './answer.ts';
import type { SeenSum } from './collect.ts';
import type { RetroHit } from './match-set.ts';
import { seenBy } from './sighting.ts';
import type { ToldContacts } from './told-contacts.ts';

/** More at once is a fault of the list rather than of the network; the rest is counted. */
const alertsPerReleaseMax = 500;
/** Alerts of the past that are marked as such in each of their revisions; the oldest are no longer. */
const markedMax = 2000;

const kindOf: Partial<Record<IndicatorType, TrafficAlertKind>> = {
  address: 'c2.address',
  'address-port': 'c2.address',
  domain: 'c2.domain',
  ja4: 'c2.tls',
  'cert-sha1': 'c2.certificate',
  'cert-sha256': 'c2.certificate',
};

export interface RetroRaised {
  raised: number;
  /** Told before, live or by an earlier search. */
  known: number;
  /** Over the cap. */
  omitted: number;
}

export class RetroAlerts {
  private readonly told: ToldContacts;
  private readonly marks = new Map<string, NonNullable<Alert['retro']>>();

  constructor(told: ToldContacts) {
    this.told = told;
  }

  /** The furthest and surest come first. `nowMicros`: the time of the pipeline; the alert is of today, what it tells is not. */
  raise(hits: readonly RetroHit[], nowMicros: number, raise: FindingSink): RetroRaised {
    const raised: RetroRaised = { raised: 0, known: 0, omitted: 0 };
    const isAnswered = ({ seen }: RetroHit) => Number((seen.flags & seenBy.answered) !== 0);
    const worstFirst = [...hits].sort(
      (one, other) =>
        isAnswered(other) - isAnswered(one) || other.match.confidence - one.match.confidence || other.seen.lastMs - one.seen.lastMs,
    );
    for (const hit of worstFirst) {
      const finding = findingOf(hit, nowMicros);
      const key = finding && keyOf(finding);
      if (finding === undefined || key === undefined || this.told.has(key)) raised.known++;
      else if (raised.raised >= alertsPerReleaseMax) raised.omitted++;
      else {
        raised.raised++;
        this.told.add(key);
        this.mark(key, hit.seen);
        raise(finding);
      }
    }
    return raised;
  }

  private mark(key: string, { firstMs, lastMs, days, count }: SeenSum): void {
    const oldest = this.marks.keys().next();
    if (this.marks.size >= markedMax && !oldest.done) this.marks.delete(oldest.value);
    this.marks.set(key, { firstSeen: formatTimestamp(firstMs * 1000), lastSeen: formatTimestamp(lastMs * 1000), days, count });
  }

  /** Every alert passes here on its way out: it is known from now on, and one of the past is marked. */
  pass(alert: Alert): Alert {
    this.told.add(alert.dedupKey);
    const retro = this.marks.get(alert.dedupKey);
    if (retro === undefined) return alert;
    if (alert.state === 'closed') this.marks.delete(alert.dedupKey);
    return { ...alert, retro };
  }
}

/** As the alert engine makes it. */
function keyOf({ host, match, inbound }: Finding): string {
  return `${formatAddress(...host)}|${match.type}|${match.value}${inbound ? '|inbound' : ''}`;
}

function findingOf({ match, seen }: RetroHit, nowMicros: number): Finding | undefined {
  const kind = kindOf[match.type];
  if (kind === undefined) return undefined;
  const { host, flags, firstMs, lastMs, days, count, observed, far } = seen;
  const inbound = isInbound(seen);
  const latest = observed.at(-1) ?? match.value;
  const finding: Finding = {
    detector: 'retro-match',
    kind,
    tsMicros: nowMicros,
    stage: (flags & seenBy.answered) === 0 ? 'attempt' : 'contact',
    contact: 'connected',
    inbound,
    ours: inbound ? 'server' : 'client',
    host: host.words as AddressWords,
    protocol: (flags & seenBy.tcp) !== 0 ? protocolTcp : protocolUdp,
    confidence: match.confidence,
    match,
    observed: latest,
    reasons: [
      { measured: 'seen before it was on a list: first time', value: formatTimestamp(firstMs * 1000), threshold: match.value },
      { measured: 'seen before it was on a list: last time', value: formatTimestamp(lastMs * 1000) },
      { measured: 'seen before it was on a list: days', value: days },
      { measured: 'seen before it was on a list: times', value: count },
    ],
  };
  const app = appOf(flags);
  if (app !== undefined) finding.app = app;
  if (far !== undefined) finding.remote = { address: far.words, port: far.port };
  if (match.type === 'domain') finding.remoteName = latest;
  return finding;
}

function appOf(flags: number): string | undefined {
  return (['http', 'quic', 'tls', 'dns'] as const).find((app) => (flags & seenBy[app]) !== 0);
}
