/** Revisions of alerts as they arrive, some of them twice -> what is worth telling a person. Remembers a bounded number of alerts. */
import { type Alert, stages } from '../firmware/contract/alert.ts';
import type { CentreAlert } from '../firmware/contract/centre-alert.ts';

/** An officer's screen of many days; the oldest are forgotten first, and told anew should they still change. */
const alertsMax = 10_000;

/** `new`: not seen before. `grown`: it became worse. `update`: count or state changed. `repeat`: nothing that a person did not know. */
export type Novelty = 'new' | 'grown' | 'update' | 'repeat';

interface Told {
  rev: number;
  /** How bad: the stage of an alert, the severity of one of the centre. */
  degree: number;
  count: number;
  state: Alert['state'];
}

export class AlertFeed {
  readonly #known = new Map<string, Told>();

  take({ box, id, rev, stage, count, state }: Alert): Novelty {
    return this.#take(`${box} ${id}`, { rev, degree: stages.indexOf(stage), count, state });
  }

  /** No box has a slash in its name. */
  takeCentre({ id, rev, severity, count, state }: CentreAlert): Novelty {
    return this.#take(`/ ${id}`, { rev, degree: severity, count, state });
  }

  #take(key: string, now: Told): Novelty {
    const before = this.#known.get(key);
    if (before !== undefined && now.rev <= before.rev) return 'repeat';
    this.#known.set(key, now);
    if (before === undefined) {
      this.#forgetOldest();
      return 'new';
    }
    if (now.degree > before.degree) return 'grown';
    return now.count === before.count && now.state === before.state ? 'repeat' : 'update';
  }

  #forgetOldest(): void {
    if (this.#known.size <= alertsMax) return;
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }
}
