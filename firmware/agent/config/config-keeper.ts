/**
 * Orders of the director -> the settings that are in force, and what is said of them to the centre and to the agency. What comes from the broker is
 * judged at once and waits for one loop, which does one thing after the other. Knows neither the meaning of a setting nor how messages travel.
 */
import { Refusals } from '../orders/refusals.ts';
import { acceptedOrder, inForceOf, type SettingsInForce } from './accepted-order.ts';
import { Changeover, type ConfigChange, messageOf } from './changeover.ts';
import { ConfigReporter } from './config-reporter.ts';
import { ConfigStore, isForeign } from './config-store.ts';
import { type Floor, judgeDesired, judgedTime, type RefusedConfig, refusedForTime, type SignedConfig } from './desired-order.ts';
import { type ConfigKeeperLimits, type ConfigKeeperParts, configKeeperLimits } from './keeper-parts.ts';
import { acceptanceRecord, outcomeRecord, refusalRecord } from './order-record.ts';
import { seesElse } from './port.ts';
import { Recent } from './recent.ts';
import type { Sample } from './trial.ts';

/** What no director of this box has signed, or what is of no use any more, gets a line in the ledger so often, with its count. */
const refusalLineMs = 600_000;

export class ConfigKeeper {
  readonly #parts: ConfigKeeperParts;
  readonly #limits: ConfigKeeperLimits;
  readonly #monotonicMs: () => number;
  readonly #changeover: Changeover;
  readonly #reporter: ConfigReporter;
  readonly #recent: Recent;
  readonly #refusals: Refusals;
  /** Judged, and to be put in force with the next turn of the loop, or being put. */
  #next: SignedConfig | undefined;
  /** To be tried again: its time may come, or the disk may come back. */
  #held: { signed: SignedConfig; atMs: number } | undefined;
  /** The newest order, if it was refused. */
  #rejection: RefusedConfig | undefined;
  /** What is stored was ordered by a director of another enrolment: it is void, and so is its number. */
  #isVoid: boolean;
  #sampledMs = Number.NEGATIVE_INFINITY;
  #isWoken = false;
  #endPause: () => void = () => undefined;
  #hasBegun = false;
  #isStopping = false;
  #running: Promise<void> | undefined;

  /** Reads the store; a damaged one is told of in the log. */
  constructor(parts: ConfigKeeperParts) {
    this.#parts = parts;
    const { box, boot, files, sensor, apply, publish, time, log, disk } = parts;
    this.#limits = { ...configKeeperLimits, ...parts.limits };
    const monotonicMs = parts.monotonicMs ?? (() => performance.now());
    this.#monotonicMs = monotonicMs;
    this.#recent = new Recent(this.#limits.settleMs);
    this.#refusals = new Refusals(refusalLineMs, monotonicMs);
    const onProblem = (reason: string) => log.warn({ reason }, 'trouble with the store of the configuration');
    this.#changeover = new Changeover({
      store: new ConfigStore({ folder: files.folder, inForceFile: files.inForce, onProblem, ...(disk && { disk }) }),
      sample: () => this.#sample(),
      tellSensor: () => sensor.tellReload(),
      apply,
      onChange: (change) => this.#changed(change),
      limits: this.#limits,
      log,
    });
    this.#isVoid = isForeign(this.#changeover.state.floor?.signer, parts.directorKeys);
    this.#reporter = new ConfigReporter({
      box,
      boot,
      nowMs: () => time.now(),
      monotonicMs,
      state: () => (this.#changeover.isBeingTakenUp ? undefined : { stored: this.#changeover.state, rejection: this.#rejection }),
      suppressed: () => sensor.report().alerts?.suppressed,
      publish,
    });
  }

  /** The order in force; undefined: the file of the box alone. */
  get inForce(): SettingsInForce | undefined {
    const { current } = this.#changeover.state;
    return current === undefined || this.#isVoid ? undefined : inForceOf(current);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when what was at work is done. A trial goes on with the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake();
    await this.#running;
  }

  /** A message on `config/desired`. Returns at once. Throws an `Error` where it is no order to this box, or an old one. */
  desired({ payload }: { payload: Uint8Array }): void {
    // A retained message was cleared: no order.
    if (payload.length === 0) return;
    const { box, directorKeys, check } = this.#parts;
    const judged = judgeDesired(payload, { box, keys: directorKeys, check }, this.#floor());
    if (judged.kind === 'repeat') this.#reporter.saySoon();
    else if (judged.kind === 'refused') this.#refuse(judged.refused);
    else this.#consider(judged.signed);
    this.#wake();
  }

  #floor(): Floor | undefined {
    return this.#next?.order ?? (this.#isVoid ? undefined : this.#changeover.state.floor);
  }

  /** Everything but its time is right. */
  #consider(signed: SignedConfig): void {
    const { issued, seq } = signed.order;
    // Signed by whom we obey, so it is that time at least: an order for later is waited for from there.
    if (issued !== undefined) this.#parts.time.signed(Date.parse(issued));
    const validity = judgedTime(signed, this.#parts.time);
    if (validity === 'valid') {
      this.#next = signed;
      return;
    }
    if (seq >= (this.#held?.signed.order.seq ?? 0)) this.#held = { signed, atMs: this.#monotonicMs() };
    this.#refuse(refusedForTime(signed, validity, this.#parts.time.now()));
  }

  #refuse(refused: RefusedConfig): void {
    const { code, message } = refused.errors[0];
    const { isNext, seq, hash } = refused;
    if (isNext && (seq ?? 0) >= (this.#rejection?.seq ?? 0)) {
      const before = this.#rejection;
      this.#rejection = refused;
      const isKnown = before?.seq === seq && before?.hash === hash && before?.errors[0].code === code;
      if (isKnown) {
        this.#reporter.saySoon();
        return;
      }
      this.#parts.log.warn({ seq, code, reason: message }, 'an order of the director was refused');
      this.#parts.ledger.record(refusalRecord(refused));
      this.#reporter.say();
      return;
    }
    const times = this.#refusals.due(code);
    if (times > 0) this.#parts.ledger.record(refusalRecord(refused, times));
    this.#reporter.passing(refused);
    throw new Error(message);
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#isWoken = false;
      const isDone = await this.#guarded(() => this.#turn());
      if (!this.#isWoken) await this.#pause(isDone ? this.#turnMs() : this.#limits.retryMs);
    }
  }

  /** False where it failed: the disk, most likely. */
  async #guarded(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#parts.log.warn({ reason: messageOf(error) }, 'the configuration could not be kept');
      return false;
    }
  }

  async #begin(): Promise<void> {
    if (this.#hasBegun) return;
    if (this.#isVoid) {
      this.#parts.log.info({}, 'the configuration of a director that this box no longer obeys is given up');
      await this.#changeover.forget();
      this.#isVoid = false;
    } else await this.#changeover.begin();
    this.#hasBegun = true;
    this.#reporter.say();
  }

  async #turn(): Promise<void> {
    await this.#begin();
    this.#look();
    const signed = this.#next;
    const canBlind = signed !== undefined && seesElse(this.inForce?.settings, signed.order.settings);
    if (signed !== undefined && !(canBlind && this.#recent.isSettling(this.#sample()))) {
      try {
        await this.#take(signed);
      } finally {
        if (this.#next === signed) this.#next = undefined;
      }
    }
    await this.#changeover.watch();
    this.#reporter.tick();
  }

  /** What came while another order was being put in force, is newer: `desired` sees to that. */
  async #take(signed: SignedConfig): Promise<void> {
    const order = acceptedOrder(signed);
    if (order.seq <= (this.#changeover.state.floor?.seq ?? 0)) return;
    try {
      await this.#changeover.take(order, this.#recent.baseline(this.#sample()));
    } catch (error) {
      if (this.#changeover.state.floor?.seq !== order.seq) this.#held = { signed, atMs: this.#monotonicMs() + this.#limits.retryMs };
      throw error;
    }
  }

  /** Notes how things are, and whether the time of an order that is held has come. */
  #look(): void {
    const nowMs = this.#monotonicMs();
    if (nowMs - this.#sampledMs >= this.#limits.sampleMs) {
      this.#sampledMs = nowMs;
      this.#recent.take(this.#sample());
    }
    if (this.#held === undefined || this.#next !== undefined || nowMs < this.#held.atMs) return;
    const { signed } = this.#held;
    const { seq } = signed.order;
    if (seq <= (this.#changeover.state.floor?.seq ?? 0)) this.#held = undefined;
    else if (judgedTime(signed, this.#parts.time) === 'valid') this.#next = signed;
  }

  #changed(change: ConfigChange): void {
    const { ledger, log, time } = this.#parts;
    const { order, outcome } = change;
    const { seq, notBefore } = order;
    if (outcome === 'accepted') {
      time.signed(Date.parse(notBefore));
      if ((this.#held?.signed.order.seq ?? 0) <= seq) this.#held = undefined;
      if ((this.#rejection?.seq ?? 0) <= seq) this.#rejection = undefined;
      ledger.record(acceptanceRecord(order, change.before));
      return;
    }
    log.info({ seq, outcome, ...(change.reason === undefined ? {} : { reason: change.reason }) }, 'configuration of the centre');
    this.#reporter.say();
    ledger.record(outcomeRecord(order, outcome, change.reason));
  }

  #sample(): Sample {
    const { sensor, uplink } = this.#parts;
    const isLinked = uplink().connectedSinceMs !== undefined;
    return { atMs: this.#monotonicMs(), isSensorConnected: sensor.isConnected, isLinked, report: sensor.report() };
  }

  #turnMs(): number {
    const { turnMs, takingUpTurnMs } = this.#limits;
    return this.#changeover.isBeingTakenUp ? takingUpTurnMs : turnMs;
  }

  #wake(): void {
    this.#isWoken = true;
    this.#endPause();
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
