/**
 * Verdicts -> alerts of the centre: opened once for a box and a kind, written again where they change, closed when all has been well for a
 * while. The store decides which of several processes opens one; who wrote it, publishes it. Does not judge.
 */
import type { CentreAlert, CentreAlertKind } from '../../../firmware/contract/centre-alert.ts';
import { uuidV7 } from '../../../firmware/contract/uuid.ts';
import type { Store } from '../../store/store.ts';
import { Ages, type Clocks } from './ages.ts';
import type { Trouble, Verdict } from './facts.ts';
import type { Limits } from './limits.ts';
import { type Occurrence, type OccurrenceKind, occurrenceWords, reasonsOf, sumOf } from './occurrences.ts';
import { adviceTexts } from './texts.ts';

/** Open alerts of one kind of occurrence; names may be a stranger's invention. What comes after is told of under `-`. */
const openMax = 500;

export interface Subject {
  box: string;
  agency?: string | undefined;
  kind: CentreAlertKind;
}

/** What this process remembers of a box and a kind; the alert itself is in the store. Times by the monotonic clock. */
interface Course {
  advice?: string;
  mark?: string | undefined;
  troubleSinceMs?: number;
  fineSinceMs?: number | undefined;
  closedMs?: number;
  writtenMs?: number;
  isOpen?: boolean;
}

export class AlertDesk {
  readonly #store: Store;
  readonly #limits: Limits;
  readonly #publish: (alert: CentreAlert) => void;
  readonly #quietAges = new Ages();
  #courses = new Map<string, Course>();
  #open = new Map<string, CentreAlert>();
  #clocks: Clocks = { wallMs: 0, monotonicMs: 0 };

  constructor(store: Store, limits: Limits, publish: (alert: CentreAlert) => void) {
    this.#store = store;
    this.#limits = limits;
    this.#publish = publish;
  }

  /** Looks at what is open. Rejects where the store does. */
  async begin(clocks: Clocks): Promise<void> {
    const open = await this.#store.openCentreAlerts();
    this.#clocks = clocks;
    this.#open = new Map(open.map((alert) => [nameOf(alert), alert]));
    for (const [name, course] of this.#courses) {
      const isOpen = this.#open.has(name);
      if (course.isOpen && !isOpen) course.closedMs = clocks.monotonicMs;
      course.isOpen = isOpen;
    }
  }

  /** Forgets boxes that the store does not know any more. */
  keepOnly(subjects: readonly Subject[]): void {
    const names = new Set(subjects.map(nameOf));
    for (const name of this.#courses.keys()) if (!names.has(name) && !this.#open.has(name)) this.#courses.delete(name);
  }

  async settle(subject: Subject, verdict: Verdict): Promise<void> {
    const course = this.#courseOf(subject);
    const open = this.#open.get(nameOf(subject));
    const nowMs = this.#clocks.monotonicMs;
    if (verdict !== 'fine') course.fineSinceMs = undefined;
    if (verdict === 'unknown') return;
    if (verdict !== 'fine') {
      await this.#settleTrouble(subject, verdict, course, open);
      return;
    }
    delete course.troubleSinceMs;
    if (open === undefined) return;
    course.fineSinceMs ??= nowMs;
    if (nowMs - course.fineSinceMs >= this.#limits.closeSeconds * 1_000) await this.#close(open);
  }

  async #settleTrouble(subject: Subject, trouble: Trouble, course: Course, open: CentreAlert | undefined): Promise<void> {
    const nowMs = this.#clocks.monotonicMs;
    if (course.advice !== trouble.advice || course.troubleSinceMs === undefined) course.troubleSinceMs = nowMs;
    // Another process may have written what is open: a mark of which we know no other is no news.
    course.mark ??= trouble.mark;
    const isWorthWriting = open?.advice.vi !== adviceTexts[trouble.advice].vi || course.mark !== trouble.mark;
    course.advice = trouble.advice;
    if (nowMs - course.troubleSinceMs < (trouble.afterMs ?? 0)) return;
    if (open === undefined) {
      if (nowMs - (course.closedMs ?? Number.NEGATIVE_INFINITY) < this.#limits.reopenSeconds * 1_000) return;
      await this.#openNew(subject, trouble.severity, trouble.reasons, trouble.advice, 1);
      course.mark = trouble.mark;
    } else if (isWorthWriting && this.#mayWrite(course)) {
      const { severity, reasons, advice } = trouble;
      await this.#write({ ...open, severity, reasons, advice: adviceTexts[advice] });
      course.mark = trouble.mark;
    }
  }

  /** Resolves with false where it is to be told later: the last word on it is too fresh, or another process was faster. */
  async settleOccurrence(kind: OccurrenceKind, occurrence: Occurrence, agency: string | undefined): Promise<boolean> {
    const named = { box: occurrence.box, kind, agency };
    const subject = this.#open.has(nameOf(named)) || this.#openOf(kind) < openMax ? named : { box: '-', kind };
    const open = this.#open.get(nameOf(subject));
    const { severity, advice } = occurrenceWords[kind];
    if (open === undefined) return await this.#openNew(subject, severity, reasonsOf(kind, occurrence), advice, occurrence.times);
    if (!this.#mayWrite(this.#courseOf(subject))) return false;
    const reasons = reasonsOf(kind, { ...occurrence, sum: occurrence.sum + sumOf(kind, open) });
    return await this.#write({ ...open, reasons, count: open.count + occurrence.times });
  }

  /** Closes the alerts of these kinds to which nothing was added for as many seconds. */
  async closeQuiet(quietSeconds: Readonly<Record<OccurrenceKind, number>>): Promise<void> {
    this.#quietAges.begin(this.#clocks);
    for (const alert of this.#open.values()) {
      if (!isOccurrence(alert.kind)) continue;
      const quietMs = this.#quietAges.of(`${alert.id} ${alert.rev}`, Date.parse(alert.tsLast));
      if (quietMs !== undefined && quietMs > quietSeconds[alert.kind] * 1_000) await this.#close(alert);
    }
  }

  #openOf(kind: CentreAlertKind): number {
    return this.#open.values().reduce((sum, alert) => sum + (alert.kind === kind ? 1 : 0), 0);
  }

  #courseOf(subject: Subject): Course {
    const name = nameOf(subject);
    const course = this.#courses.get(name) ?? {};
    this.#courses.set(name, course);
    return course;
  }

  #mayWrite({ writtenMs = Number.NEGATIVE_INFINITY }: Course): boolean {
    return this.#clocks.monotonicMs - writtenMs >= this.#limits.updateSeconds * 1_000;
  }

  async #openNew(
    { box, agency, kind }: Subject,
    severity: number,
    reasons: CentreAlert['reasons'],
    advice: Trouble['advice'],
    count: number,
  ): Promise<boolean> {
    const { wallMs } = this.#clocks;
    const ts = new Date(wallMs).toISOString();
    const alert: CentreAlert = {
      schema: 'centre-alert/1',
      id: uuidV7(wallMs),
      rev: 1,
      state: 'open',
      box,
      ...(agency === undefined ? {} : { agency }),
      kind,
      severity,
      tsFirst: ts,
      tsLast: ts,
      count,
      reasons,
      advice: adviceTexts[advice],
    };
    if (!(await this.#store.openCentreAlert(alert))) return false;
    this.#told(alert);
    return true;
  }

  /** The next revision. Resolves with false where another process was faster. */
  async #write(alert: CentreAlert): Promise<boolean> {
    const next = { ...alert, rev: alert.rev + 1, tsLast: new Date(this.#clocks.wallMs).toISOString() };
    if (!(await this.#store.updateCentreAlert(next))) return false;
    this.#told(next);
    return true;
  }

  async #close(alert: CentreAlert): Promise<void> {
    await this.#write({ ...alert, state: 'closed' });
  }

  #told(alert: CentreAlert): void {
    const course = this.#courseOf(alert);
    course.writtenMs = this.#clocks.monotonicMs;
    course.isOpen = alert.state === 'open';
    if (course.isOpen) this.#open.set(nameOf(alert), alert);
    else {
      this.#open.delete(nameOf(alert));
      course.closedMs = this.#clocks.monotonicMs;
    }
    this.#publish(alert);
  }
}

function isOccurrence(kind: CentreAlertKind): kind is OccurrenceKind {
  return kind in occurrenceWords;
}

function nameOf({ box, kind }: { box: string; kind: CentreAlertKind }): string {
  return `${box} ${kind}`;
}
