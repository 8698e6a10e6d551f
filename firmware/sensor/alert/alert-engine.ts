/**
 * Findings in, alerts out: one alert for a machine and an indicator, opened at the first finding, told again when its stage grows or, at
 * most once in a while, when its count does, and closed when quiet. At the cap new alerts are refused, open ones stay, and the refusals
 * are counted. It sends nothing; it hands each revision to a sink.
 */
import { type Alert, stages } from '../../contract/alert.ts';
import { formatAddress } from '../bytes/address.ts';
import type { Finding } from '../detect/finding.ts';
import { alertId } from './alert-id.ts';
import { type AlertContext, alertOf } from './alert-text.ts';
import { countOf, type OpenAlert } from './open-alert.ts';
import type { AlertOptions } from './options.ts';
import { severityOf } from './severity.ts';

export type AlertSink = (alert: Alert) => void;

/** Open alerts are looked over so often, in frame time. */
const tickIntervalMicros = 5_000_000;

export class AlertEngine {
  private readonly open = new Map<string, OpenAlert>();
  private readonly options: AlertOptions;
  private readonly context: AlertContext;
  private readonly sink: AlertSink;
  private tickedMicros = 0;
  findings = 0;
  opened = 0;
  /** Of those opened: begun as attempts, and gone further, at once or later. */
  attempts = 0;
  contacts = 0;
  refused = 0;

  constructor(options: AlertOptions, context: AlertContext, sink: AlertSink) {
    this.options = options;
    this.context = context;
    this.sink = sink;
  }

  get openCount(): number {
    return this.open.size;
  }

  /** Open alerts whose contact was answered. */
  get openContacts(): number {
    let count = 0;
    for (const { stage } of this.open.values()) if (stage !== 'attempt') count++;
    return count;
  }

  raise(finding: Finding): void {
    this.findings++;
    const key = dedupKeyOf(finding);
    const alert = this.open.get(key) ?? this.begin(key, finding);
    if (alert === undefined) return;
    const grown = stages.indexOf(finding.stage) > stages.indexOf(alert.stage);
    if (finding.contact === 'asked') alert.asked++;
    else if (finding.contact === 'connected') alert.connected++;
    alert.changed = true;
    alert.lastMicros = finding.tsMicros;
    alert.latestMicros = Math.max(alert.latestMicros, finding.tsMicros);
    if (alert.rev === 0 || stages.indexOf(finding.stage) >= stages.indexOf(alert.stage)) this.take(alert, finding);
    if (alert.rev === 0 || grown) this.send(alert);
    else if (countOf(alert) >= alert.sentCount * 2 && this.mayUpdate(alert, finding.tsMicros)) this.send(alert);
  }

  /** Keeps what the finding adds: a name or an answer seen earlier stays when the connection that follows does not repeat it. */
  private take(alert: OpenAlert, finding: Finding): void {
    const before = alert.finding;
    if (alert.rev === 0 && finding.stage === 'attempt') this.attempts++;
    if (finding.stage !== 'attempt' && (alert.rev === 0 || alert.stage === 'attempt')) this.contacts++;
    alert.stage = finding.stage;
    alert.severity = Math.max(alert.severity, severityOf(finding.stage, finding.confidence, finding.inbound));
    alert.finding = {
      ...before,
      ...finding,
      context: { ...before.context, ...finding.context },
      reasons: mergeReasons(before.reasons, finding.reasons),
    };
    // What was spoken belongs to the flow it was seen in.
    if (finding.app === undefined && finding.communityId !== before.communityId) delete alert.finding.app;
  }

  private begin(key: string, finding: Finding): OpenAlert | undefined {
    if (this.open.size >= this.options.openMax) {
      this.refused++;
      return undefined;
    }
    this.opened++;
    const alert: OpenAlert = {
      id: alertId(finding.tsMicros, `${this.context.box}|${key}`),
      rev: 0,
      state: 'open',
      dedupKey: key,
      firstMicros: finding.tsMicros,
      lastMicros: finding.tsMicros,
      latestMicros: finding.tsMicros,
      stage: finding.stage,
      severity: 1,
      asked: 0,
      connected: 0,
      finding,
      sentMicros: 0,
      sentCount: 0,
      changed: true,
    };
    this.open.set(key, alert);
    return alert;
  }

  private mayUpdate(alert: OpenAlert, nowMicros: number): boolean {
    return nowMicros - alert.sentMicros >= this.options.updateAfterS * 1e6;
  }

  /** Sends updates that have become due, and closes what has been quiet. Call with frame time. */
  tick(nowMicros: number): void {
    const elapsed = nowMicros - this.tickedMicros;
    // A clock that was set back begins a new count.
    if (elapsed >= 0 && elapsed < tickIntervalMicros) return;
    this.tickedMicros = nowMicros;
    for (const alert of this.open.values()) {
      if (nowMicros - alert.lastMicros > this.options.closeAfterS * 1e6) {
        alert.state = 'closed';
        this.open.delete(alert.dedupKey);
        this.send(alert);
      } else if (alert.changed && this.mayUpdate(alert, nowMicros)) this.send(alert);
    }
  }

  /** The capture is over: tells what was not told yet. The alerts stay open, for nobody knows what came after. */
  finish(): void {
    for (const alert of this.open.values()) if (alert.changed) this.send(alert);
  }

  private send(alert: OpenAlert): void {
    alert.rev++;
    alert.sentMicros = alert.lastMicros;
    alert.sentCount = countOf(alert);
    alert.changed = false;
    this.sink(alertOf(alert, this.context));
  }
}

const reasonsMax = 8;

/** Each kind of measurement once, with its latest value. */
function mergeReasons(before: Finding['reasons'], after: Finding['reasons']): Finding['reasons'] {
  const byName = new Map(before.map((reason) => [reason.measured, reason]));
  for (const reason of after) byName.set(reason.measured, reason);
  return [...byName.values()].slice(0, reasonsMax);
}

function dedupKeyOf({ host, match, inbound }: Finding): string {
  return `${formatAddress(...host)}|${match.type}|${match.value}${inbound ? '|inbound' : ''}`;
}
