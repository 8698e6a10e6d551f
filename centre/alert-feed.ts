/** Revisions of alerts as they arrive, some of them twice -> what is worth telling a person. Remembers a bounded number of alerts. */
import { type Alert, type Stage, stages } from '../firmware/contract/alert.ts';

/** An officer's screen of many days; the oldest are forgotten first, and told anew should they still change. */
const alertsMax = 10_000;

/** `new`: not seen before. `grown`: its stage rose. `update`: count or state changed. `repeat`: nothing that a person did not know. */
export type Novelty = 'new' | 'grown' | 'update' | 'repeat';

interface Told {
  rev: number;
  stage: Stage;
  count: number;
  state: Alert['state'];
}

export class AlertFeed {
  readonly #known = new Map<string, Told>();

  take({ box, id, rev, stage, count, state }: Alert): Novelty {
    const key = `${box} ${id}`;
    const before = this.#known.get(key);
    if (before !== undefined && rev <= before.rev) return 'repeat';
    this.#known.set(key, { rev, stage, count, state });
    if (before === undefined) {
      this.#forgetOldest();
      return 'new';
    }
    if (stages.indexOf(stage) > stages.indexOf(before.stage)) return 'grown';
    return count === before.count && state === before.state ? 'repeat' : 'update';
  }

  #forgetOldest(): void {
    if (this.#known.size <= alertsMax) return;
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }
}
