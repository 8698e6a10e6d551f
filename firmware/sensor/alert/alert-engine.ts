/**
 * Findings in, alerts out: one alert for a machine and an indicator, opened at the first finding, told again when its stage grows or, at
 * most once in a while, when its count does, and closed when quiet. What a suppression covers is kept like any other and told when that ends. At
 * the cap new alerts are refused, open ones stay, and the refusals are counted. It sends nothing; it hands each revision to a sink.
 */
import { type Alert, stages } from '../../contract/alert.ts';
import { DutyCalendar } from '../../contract/duty.ts';
import { formatAddress } from '../bytes/address.ts';
import type { Finding } from '../detect/finding.ts';
import { alertId } from './alert-id.ts';
import { type AlertContext, alertOf } from './alert-text.ts';
import { localAdvice } from './local-advice.ts';
import { countOf, type OpenAlert } from './open-alert.ts';
import type { AlertOptions } from './options.ts';
import { type AlertRules, rulesOf } from './rules.ts';
import { severityOf } from './severity.ts';
import { Suppressions } from './suppressions.ts';

export type AlertSink = (alert: Alert) => void;

/** Open alerts are looked over so often, in frame time. */
const tickIntervalMicros = 5_000_000;

export class AlertEngine {
  private readonly open = new Map<string, OpenAlert>();
  private options: AlertOptions;
  private context: AlertContext;
  private suppressions: Suppressions;
  private calendar: DutyCalendar;
  private readonly sink: AlertSink;
  private tickedMicros = 0;
  findings = 0;
  /** Alerts that were told; what a suppression hides is in `suppressed`. */
  opened = 0;
  /** Of those opened: begun as attempts, and gone further, at once or later. */
  attempts = 0;
  contacts = 0;
  refused = 0;

  constructor(options: AlertOptions, context: AlertContext, sink: AlertSink, rules: AlertRules = rulesOf({})) {
    this.options = options;
    this.context = { ...context, localAdvice: localAdvice(rules) };
    this.suppressions = new Suppressions(rules.suppressions, context.describeHost);
    this.calendar = new DutyCalendar(rules.duty);
    this.sink = sink;
  }

  /** Open alerts, without those that are hidden. */
  get openCount(): number {
    return this.countOpen(() => true);
  }

  /** Of these, the ones whose contact was answered. */
  get openContacts(): number {
    return this.countOpen(({ stage }) => stage !== 'attempt');
  }

  /** Alerts hidden, each once, by id of the suppression. */
  get suppressed(): Record<string, number> {
    return this.suppressions.counts;
  }

  private countOpen(isCounted: (alert: OpenAlert) => boolean): number {
    let count = 0;
    for (const alert of this.open.values()) if (!alert.isHidden && isCounted(alert)) count++;
    return count;
  }

  /** Other options and rules, at once; alerts that are open stay. What is no longer hidden is told, what was told keeps its text until its next revision. */
  configure(options: AlertOptions, rules: AlertRules, agency: string | undefined): void {
    const { agency: _before, ...context } = this.context;
    this.options = options;
    this.context = { ...context, localAdvice: localAdvice(rules), ...(agency === undefined ? {} : { agency }) };
    this.suppressions = new Suppressions(rules.suppressions, context.describeHost, this.suppressions);
    this.calendar = new DutyCalendar(rules.duty);
    for (const alert of this.open.values()) {
      const wasHidden = alert.isHidden;
      if (!this.isCovered(alert, this.tickedMicros) && wasHidden) this.tell(alert);
    }
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
    if (stages.indexOf(finding.stage) >= stages.indexOf(alert.stage)) this.take(alert, finding);
    if (alert.rev === 0 || grown) this.send(alert, finding.tsMicros);
    else if (countOf(alert) >= alert.sentCount * 2 && this.mayUpdate(alert, finding.tsMicros)) this.send(alert, finding.tsMicros);
  }

  /** Keeps what the finding adds: a name or an answer seen earlier stays when the connection that follows does not repeat it. */
  private take(alert: OpenAlert, finding: Finding): void {
    const before = alert.finding;
    const duty = this.calendar.at(finding.tsMicros / 1000);
    alert.duty = duty ?? alert.duty;
    alert.stage = finding.stage;
    alert.severity = Math.max(alert.severity, severityOf(finding.stage, finding.confidence, finding.inbound, duty !== undefined));
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
      duty: undefined,
      asked: 0,
      connected: 0,
      finding,
      sentMicros: 0,
      sentCount: 0,
      changed: true,
      toldStage: undefined,
      isHidden: false,
      countedBy: undefined,
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
        this.send(alert, nowMicros);
      } else if (alert.isHidden || (alert.changed && this.mayUpdate(alert, nowMicros))) this.send(alert, nowMicros);
    }
  }

  /** The capture is over: tells what was not told yet. The alerts stay open, for nobody knows what came after. */
  finish(): void {
    for (const alert of this.open.values()) if (alert.changed) this.send(alert, alert.lastMicros);
  }

  private send(alert: OpenAlert, nowMicros: number): void {
    // Whoever was told that it is open has to hear that it is over.
    const mustTell = alert.state === 'closed' && alert.toldStage !== undefined;
    if (!this.isCovered(alert, nowMicros) || mustTell) this.tell(alert);
  }

  private isCovered(alert: OpenAlert, nowMicros: number): boolean {
    const by = this.suppressions.covering(alert, nowMicros);
    alert.isHidden = by !== undefined;
    if (by === undefined || by === alert.countedBy) return alert.isHidden;
    alert.countedBy = by;
    this.suppressions.count(by);
    return true;
  }

  private tell(alert: OpenAlert): void {
    const { stage, toldStage } = alert;
    if (toldStage === undefined) this.opened++;
    if (toldStage === undefined && stage === 'attempt') this.attempts++;
    if (stage !== 'attempt' && (toldStage === undefined || toldStage === 'attempt')) this.contacts++;
    alert.toldStage = stage;
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
