/** Revisions of alerts as they arrive, some of them twice -> what is worth telling a person. Remembers a bounded number of alerts. */
import { type Alert, type Stage, stages } from '../firmware/contract/alert.ts';

/** An officer's screen of many days; the oldest are forgotten first, and told anew should they still change. */
const alertsMax = 10_000;

/** `new`: not seen before. `grown`: its stage rose. `update`: count or state changed. `repeat`: nothing that was not known. */
export type Novelty = 'new' | 'grown' | 'update' | 'repeat';

export class AlertFeed {
  readonly #known = new Map<string, { rev: number; stage: Stage }>();

  take({ box, id, rev, stage }: Alert): Novelty {
    const key = `${box} ${id}`;
    const before = this.#known.get(key);
    if (before !== undefined && rev <= before.rev) return 'repeat';
    this.#known.set(key, { rev, stage });
    if (before === undefined) {
      this.#forgetOldest();
      return 'new';
    }
    return stages.indexOf(stage) > stages.indexOf(before.stage) ? 'grown' : 'update';
  }

  #forgetOldest(): void {
    if (this.#known.size <= alertsMax) return;
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }
}
