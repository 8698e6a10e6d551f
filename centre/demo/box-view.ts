/** What the centre knows of one box from its messages: there or not, last health, open alerts, and the sum of them. Draws and prints nothing. */
import { type Alert, type Stage, stages } from '../../firmware/contract/alert.ts';
import type { Health } from '../../firmware/contract/health.ts';
import type { Presence } from '../../firmware/contract/presence.ts';

/** What the lamps are drawn from. Nobody can acknowledge here, so every open alert is new. */
export interface BoxState {
  nowMs: number;
  online: boolean | undefined;
  health: Health | undefined;
  attempts: { open: number; new: number };
  contacts: { open: number; new: number };
}

/** Alerts of one kind by the stage that each has reached. */
export interface KindSummary {
  kind: Alert['kind'];
  byStage: Readonly<Record<Stage, number>>;
}

export class BoxView {
  #presence: Presence | undefined;
  #wasOnline = false;
  #health: Health | undefined;
  readonly #alerts = new Map<string, Alert>();

  /** One with a number is history: a record of a start or a stop, perhaps a late one. */
  presence(presence: Presence): void {
    if (presence.seq !== undefined) return;
    this.#presence = presence;
    this.#wasOnline ||= presence.online;
  }

  health(health: Health): void {
    if (health.seq !== undefined) return;
    this.#health = health;
  }

  alert(alert: Alert): void {
    const known = this.#alerts.get(alert.id);
    if (known === undefined || alert.rev > known.rev) this.#alerts.set(alert.id, alert);
  }

  /** It was there and said goodbye, or was lost. A retained goodbye of an earlier run is neither. */
  get isGone(): boolean {
    return this.#wasOnline && this.#presence?.online === false;
  }

  /** It was connected in this run; what is retained of an earlier one does not count. */
  get wasOnline(): boolean {
    return this.#wasOnline;
  }

  /** It stopped because it was to stop: nothing is wrong. */
  get isStopped(): boolean {
    return this.isGone && this.#presence?.planned === true;
  }

  get lastHealth(): Health | undefined {
    return this.#health;
  }

  get alertCount(): number {
    return this.#alerts.size;
  }

  state(nowMs: number): BoxState {
    const open = [...this.#alerts.values()].filter(({ state }) => state === 'open');
    const attempts = open.filter(({ stage }) => stage === 'attempt').length;
    const contacts = open.length - attempts;
    return {
      nowMs,
      online: this.#presence?.online,
      health: this.#health,
      attempts: { open: attempts, new: attempts },
      contacts: { open: contacts, new: contacts },
    };
  }

  summary(): KindSummary[] {
    const alerts = [...this.#alerts.values()];
    const kinds = [...new Set(alerts.map(({ kind }) => kind))].sort();
    return kinds.map((kind) => {
      const ofKind = alerts.filter((alert) => alert.kind === kind);
      const count = (stage: Stage) => ofKind.filter((alert) => alert.stage === stage).length;
      const [attempt, contact, exchange] = stages.map(count);
      return { kind, byStage: { attempt: attempt ?? 0, contact: contact ?? 0, exchange: exchange ?? 0 } };
    });
  }
}
