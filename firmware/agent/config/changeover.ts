/**
 * From one configuration to another and, where the new one does not stand its trial, back: store, file of the sensor, word to sensor and agent, trial.
 * At every moment the disk holds an order that is whole and that was accepted, or none. Not to be called while a call is at work.
 */
import { type AcceptedOrder, type Baseline, type ConfigState, inForceOf, type SettingsInForce } from './accepted-order.ts';
import type { ConfigStore } from './config-store.ts';
import type { ConfigFault } from './desired-order.ts';
import { isOtherPort } from './port.ts';
import { type Sample, Trial, type TrialLimits } from './trial.ts';

/** A trial that was begun so often and never ended, ends the agent itself, or the machine. */
const trialsBegunMax = 3;

export interface ConfigLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface ChangeoverParts {
  store: ConfigStore;
  sample: () => Sample;
  /** Makes the sensor read its settings anew. One that is not there reads them when it comes. */
  tellSensor: () => void;
  /** The agent's own part of what is in force; undefined: the file of the box alone. What it throws turns the change back. */
  apply: (inForce: SettingsInForce | undefined) => void;
  onChange: (change: ConfigChange) => void;
  limits: TrialLimits;
  log: ConfigLog;
}

/** What became of an order. `before`: what was in force when it was accepted. */
export type ConfigChange =
  | { order: AcceptedOrder; outcome: 'accepted'; before: AcceptedOrder | undefined }
  | { order: AcceptedOrder; outcome: 'applied' | 'confirmed' | 'rejected' | 'rolled_back'; reason?: string };

export class Changeover {
  readonly #parts: ChangeoverParts;
  #trial: Trial | undefined;
  #isTakenUp = false;

  constructor(parts: ChangeoverParts) {
    this.#parts = parts;
  }

  get state(): ConfigState {
    return this.#parts.store.state;
  }

  /** An order is in force and watched. */
  get isOnTrial(): boolean {
    return this.state.trial !== undefined;
  }

  /** An order is in force on disk, and the sensor has not said yet that it has it. */
  get isBeingTakenUp(): boolean {
    return this.isOnTrial && !this.#isTakenUp;
  }

  /** At the start of the agent, once: what a process before left half done is done. */
  async begin(): Promise<void> {
    const { store } = this.#parts;
    const { trial, ...state } = store.state;
    if (trial === undefined) {
      if (await store.writeInForce()) this.#tellOfInForce();
      await store.mirror();
    } else if (trial.begun >= trialsBegunMax) {
      await this.#goBack('rolled_back', `the agent was stopped ${trial.begun} times in the time of trial`);
    } else {
      const start = this.#parts.sample();
      await store.save({ ...state, trial: { ...trial, begun: trial.begun + 1 } });
      await this.#putInForce(start);
    }
  }

  /** Once this resolves, the order is in force and on trial, or was turned back. Rejects where it could not be stored: nothing has changed then. */
  async take(order: AcceptedOrder, baseline: Baseline): Promise<void> {
    const { store, sample, onChange } = this.#parts;
    const { current, previous, trial } = store.state;
    const start = sample();
    const stood = trial === undefined ? current : previous;
    const { seq, hash, signer } = order;
    await store.save({
      floor: { seq, hash, signer },
      current: order,
      ...(stood === undefined ? {} : { previous: stood }),
      // A change during a trial is measured by how things were before the first one.
      trial: { begun: 1, baseline: trial?.baseline ?? baseline },
    });
    this.#isTakenUp = false;
    onChange({ order, outcome: 'accepted', before: current });
    await this.#putInForce(start);
  }

  /** Forgets what is in force and its number: the file of the box alone is in force then. */
  async forget(): Promise<void> {
    const { store } = this.#parts;
    this.#trial = undefined;
    await store.save({});
    await store.mirror();
    if (await store.writeInForce()) this.#tellOfInForce();
  }

  /** Looks at the trial, if there is one. */
  async watch(): Promise<void> {
    const { current } = this.state;
    if (this.#trial === undefined || current === undefined) return;
    const verdict = this.#trial.look(this.#parts.sample());
    if (!this.#isTakenUp && (verdict.kind === 'watching' || verdict.kind === 'stood')) {
      this.#isTakenUp = true;
      this.#parts.onChange({ order: current, outcome: 'applied' });
    }
    if (verdict.kind === 'stood') await this.#confirm(current);
    else if (verdict.kind === 'refused') await this.#goBack('rejected', verdict.reason);
    else if (verdict.kind === 'failed') await this.#goBack('rolled_back', verdict.reason);
  }

  async #putInForce(start: Sample): Promise<void> {
    const { store, limits } = this.#parts;
    const { current, previous, trial } = store.state;
    if (current === undefined || trial === undefined) return;
    this.#isTakenUp = false;
    this.#trial = new Trial(current.hash, trial.baseline, limits, start, isOtherPort(previous?.settings, current.settings));
    try {
      await store.writeInForce();
      this.#tellOfInForce();
    } catch (error) {
      await this.#goBack('rolled_back', `could not be put in force: ${messageOf(error)}`);
      return;
    }
    await this.watch();
    await store.mirror();
  }

  async #confirm(order: AcceptedOrder): Promise<void> {
    const { store, onChange } = this.#parts;
    const { floor } = store.state;
    await store.save({ ...(floor && { floor }), current: order });
    this.#trial = undefined;
    onChange({ order, outcome: 'confirmed' });
    await store.mirror();
  }

  async #goBack(outcome: 'rejected' | 'rolled_back', reason: string): Promise<void> {
    const { store, onChange, log } = this.#parts;
    const { floor, current, previous } = store.state;
    const errors = [refusedBySensor(reason)];
    const said = outcome === 'rejected' ? { state: outcome, errors } : { state: outcome, reason: reason.slice(0, 1000) };
    await store.save({ ...(floor && { floor }), ...(previous && { current: previous }), outcome: said });
    this.#trial = undefined;
    log.warn({ seq: current?.seq, reason }, 'the configuration was turned back');
    try {
      await store.writeInForce();
      this.#tellOfInForce();
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'what was in force before could not be put in force');
    }
    if (current !== undefined) onChange({ order: current, outcome, reason });
    await store.mirror();
  }

  #tellOfInForce(): void {
    const { store, tellSensor, apply } = this.#parts;
    const { current } = store.state;
    tellSensor();
    apply(current === undefined ? undefined : inForceOf(current));
  }
}

/** The sensor names the setting first, where it knows which one it is: `capture.filter: …`. */
function refusedBySensor(reason: string): ConfigFault {
  const [, path = '', message = reason] = /^([a-z]\w*(?:\.\w+)*): (.*)$/s.exec(reason) ?? [];
  return { path: path.slice(0, 200), message: message.slice(0, 500), code: 'refused-by-sensor' };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
