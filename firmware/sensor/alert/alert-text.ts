/** An open alert as the alert/1 document: here numbers become text, and the machine gets its name. */
import type { Alert, Reason } from '../../contract/alert.ts';
import { formatAddress } from '../bytes/address.ts';
import { formatTimestamp } from '../bytes/timestamp.ts';
import type { Finding } from '../detect/finding.ts';
import type { HostDescription } from '../observe/host-table.ts';
import { protocolName } from '../observe/observation.ts';
import { type Advice, adviceFor } from './advice.ts';
import { countOf, type OpenAlert } from './open-alert.ts';

/** What an alert says of its box, and where machines' names come from. */
export interface AlertContext {
  box: string;
  agency?: string;
  boot?: string;
  version: string;
  /** What this place adds to every advice. */
  localAdvice?: Advice;
  describeHost(a: number, b: number, c: number, d: number): HostDescription;
  /** Frames lost so far. */
  dropped(): number;
}

export function alertOf(open: OpenAlert, context: AlertContext): Alert {
  const { finding } = open;
  const alert: Alert = {
    schema: 'alert/1',
    id: open.id,
    rev: open.rev,
    state: open.state,
    box: context.box,
    tsFirst: formatTimestamp(open.firstMicros),
    tsLast: formatTimestamp(open.latestMicros),
    detector: finding.detector,
    kind: finding.kind,
    stage: open.stage,
    severity: open.severity,
    confidence: finding.confidence,
    count: countOf(open),
    dedupKey: open.dedupKey,
    host: { ...context.describeHost(...finding.host), ...(finding.hostPort === undefined ? {} : { port: finding.hostPort }) },
    remote: remoteOf(finding),
    net: netOf(finding),
    match: matchOf(finding),
    reasons: reasonsOf(open),
    advice: withLocal(adviceFor(finding.kind, open.stage, finding.inbound), context.localAdvice),
    sensor: { version: context.version, intel: finding.match.bundle, dropped: context.dropped() },
  };
  if (open.duty !== undefined) alert.duty = open.duty;
  if (context.agency !== undefined) alert.agency = context.agency;
  if (context.boot !== undefined) alert.boot = context.boot;
  if (finding.context !== undefined && Object.keys(finding.context).length > 0) alert.context = finding.context;
  return alert;
}

function withLocal(general: Advice, local: Advice | undefined): Advice {
  return local === undefined ? general : { vi: general.vi + local.vi, en: general.en + local.en };
}

function remoteOf({ remote, remoteName }: Finding): Alert['remote'] {
  const text: Alert['remote'] = {};
  if (remote !== undefined) text.ip = formatAddress(...remote.address);
  if (remote !== undefined && remote.port > 0) text.port = remote.port;
  if (remoteName !== undefined) text.name = remoteName;
  return text;
}

function netOf({ protocol, app, communityId, bytesOut, bytesIn, inbound }: Finding): Alert['net'] {
  const net: Alert['net'] = { proto: protocolName(protocol) };
  if (app !== undefined) net.app = app;
  if (communityId !== undefined) net.communityId = communityId;
  if (bytesOut !== undefined) net.bytesOut = bytesOut;
  if (bytesIn !== undefined) net.bytesIn = bytesIn;
  if (inbound) net.direction = 'inbound';
  return net;
}

function matchOf({ match, observed }: Finding): NonNullable<Alert['match']> {
  const text: NonNullable<Alert['match']> = { type: match.type, value: match.value, observed, bundle: match.bundle };
  if (match.family !== undefined) text.family = match.family;
  if (match.source !== undefined) text.source = match.source;
  if (match.tlp !== undefined) text.tlp = match.tlp;
  if (match.reference !== undefined) text.reference = match.reference;
  if (match.firstSeenMs !== undefined) text.firstSeen = formatTimestamp(match.firstSeenMs * 1000);
  if (match.validUntilMs !== undefined) text.validUntil = formatTimestamp(match.validUntilMs * 1000);
  return text;
}

/** The detector's measurements, and in numbers how far it went. */
function reasonsOf(open: OpenAlert): Reason[] {
  const { finding, stage } = open;
  const { bytesOut = 0, bytesIn = 0, inbound, confidence } = finding;
  return [
    ...finding.reasons,
    { measured: inbound ? 'connection begun by the remote side; stage reached' : 'stage reached', value: stage },
    {
      measured: 'bytes out and in of the latest flow',
      value: `${bytesOut}/${bytesIn}`,
      threshold: stage === 'exchange' ? 'payload both ways' : 'none',
    },
    { measured: 'times seen', value: countOf(open), threshold: 1 },
    { measured: 'confidence of the list', value: confidence },
  ];
}
