/**
 * Brings the release of indicators that the director ordered into use: fetch at a spread time, verify, hand to the sensor, watch, keep or go back. One at a
 * time; a newer order takes the place of the one at work. Whatever fails, the sensor goes on with what it has, and the centre is told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FetchOrder } from '../../contract/fetch-order.ts';
import type { SensorReport } from '../../contract/health.ts';
import type { IntelligenceReported, Release } from '../../contract/intelligence-message.ts';
import { type Fetch, FetchFault } from './fetch-process.ts';
import { type KeeperLimits, keeperLimits } from './keeper-limits.ts';
import { type ReleaseState, type ReleaseStore, sameRelease } from './release-store.ts';
import { openedBy, Refusal, untilCalm, untilTakenUp } from './release-trial.ts';

export interface KeeperParts {
  box: string;
  store: ReleaseStore;
  /** Where releases come from; undefined: nobody said. */
  repository: () => FetchOrder['repository'] | undefined;
  rootFile: string;
  bytesPerSecondMax: () => number;
  trustedMs: () => number;
  sensor: { report(): SensorReport; readonly isConnected: boolean; reload(): void };
  publish: (reported: IntelligenceReported) => void;
  /** For the ledger of the agency. */
  onFetched?: (release: Release, bytes: number) => void;
  fetch: Fetch;
  log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  limits?: Partial<KeeperLimits>;
  random?: () => number;
}

export class IntelligenceKeeper {
  readonly #parts: KeeperParts;
  readonly #limits: KeeperLimits;
  readonly #random: () => number;
  #work: { stopping: AbortController; ended: Promise<void> } | undefined;
  #offers: NodeJS.Timeout | undefined;
  /** Bytes that came for it since the start. */
  #fetched: { release: Release; bytes: number } | undefined;
  #isStopped = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#limits = { ...keeperLimits, ...parts.limits };
    this.#random = parts.random ?? Math.random;
  }

  /** Goes on with what was at work when the last process ended. */
  start(): void {
    const { store } = this.#parts;
    const { inUse, good } = store.state;
    // Where the compiled set is gone, or cannot be seen, the last good one serves.
    const isThere = inUse === undefined || store.fileOf(inUse) !== undefined;
    const change = isThere ? {} : { inUse: store.fileOf(good) === undefined ? undefined : good, trials: 0 };
    this.#try(() => store.settle(change), 'what the sensor reads could not be set right');
    this.#begin();
    this.#offers = setInterval(() => this.#lookForOffer(), this.#limits.offerMs);
    this.#lookForOffer();
  }

  /** What the configuration in force names. The same again changes nothing; undefined leaves what is in use. */
  order(release: Release | undefined): void {
    if (release === undefined || sameRelease(release, this.#parts.store.state.directed)) return;
    this.#bringIn(release, { directed: release });
  }

  /** A release that a person has loaded and that is newer than what is in use; the next one that the director names counts again. */
  #lookForOffer(): void {
    const { store } = this.#parts;
    let offered: Release | undefined;
    this.#try(() => {
      offered = store.takeOffered();
    }, 'a release that a person has loaded cannot be taken up');
    if (offered === undefined || offered.version <= (store.state.inUse?.version ?? 0)) return;
    this.#bringIn(offered, {});
  }

  #bringIn(release: Release, more: Pick<ReleaseState, 'directed'>): void {
    this.#note({ ...more, ordered: release, refused: undefined });
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#offers);
    this.#work?.stopping.abort();
    await this.#work?.ended;
  }

  #begin(): void {
    this.#work?.stopping.abort();
    const before = this.#work?.ended;
    const stopping = new AbortController();
    const ended = Promise.resolve(before).then(() => (this.#isStopped ? undefined : this.#run(stopping.signal)));
    this.#work = { stopping, ended };
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, log } = this.#parts;
    const { ordered, inUse, refused } = store.state;
    try {
      if (ordered === undefined) return;
      if (refused !== undefined && sameRelease(refused.release, ordered))
        this.#tell('failed', { code: refused.code, reason: refused.reason });
      else {
        if (!sameRelease(ordered, inUse)) await this.#bring(ordered, signal);
        if (!signal.aborted) await this.#watch(ordered, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      const refusal = error instanceof Refusal ? error : new Refusal('failed', 'failed', messageOf(error));
      log.warn({ release: ordered?.version, code: refusal.code, reason: refusal.message }, 'the ordered indicators are not in use');
      await this.#giveUp(refusal, signal).catch(() => undefined);
    }
  }

  /** Until the file is there and the sensor is told of it, however often that takes. */
  async #bring(release: Release, signal: AbortSignal): Promise<void> {
    const { store, log } = this.#parts;
    let waitMs = this.#random() * this.#limits.spreadMs;
    for (let attempt = 0; ; attempt++) {
      const isThere = store.fileOf(release) !== undefined;
      if (!isThere || attempt > 0) await sleep(waitMs, undefined, { signal });
      try {
        if (!isThere) await this.#fetchWhole(release, signal);
        store.write({ inUse: release, trials: 0 });
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        const code = error instanceof FetchFault ? error.code : 'no-room';
        log.warn({ release: release.version, code, reason: messageOf(error) }, 'indicators could not be fetched');
        this.#tell('failed', { code, reason: messageOf(error) });
      }
      const ceilingMs = Math.min(this.#limits.retryMsMax, this.#limits.retryMsMin * 2 ** Math.min(attempt, 20));
      waitMs = ceilingMs * (0.5 + this.#random() / 2);
    }
  }

  async #fetchWhole(release: Release, signal: AbortSignal): Promise<void> {
    const { log, onFetched } = this.#parts;
    this.#tell('fetching');
    const { fetched } = await this.#fetch(release, signal);
    this.#fetched = { release, bytes: fetched };
    log.info({ release: release.version, bytes: fetched }, 'indicators fetched and verified');
    onFetched?.(release, fetched);
  }

  #fetch(release: Release, signal: AbortSignal): ReturnType<Fetch> {
    const { store, repository, rootFile, bytesPerSecondMax, trustedMs, fetch } = this.#parts;
    const from = [store.state.inUse, store.state.good].flatMap((known) => {
      const file = store.fileOf(known);
      return known === undefined || file === undefined ? [] : [{ release: known, file }];
    })[0];
    const place = repository();
    if (place === undefined) return Promise.reject(new FetchFault('unreachable', 'nobody has told this box where indicators come from'));
    const order: FetchOrder = {
      release,
      repository: place,
      folder: store.folder,
      rootFile,
      trustedMs: trustedMs(),
      bytesPerSecondMax: bytesPerSecondMax(),
      ...(from === undefined ? {} : { from }),
    };
    return fetch(order, signal);
  }

  /** The sensor takes the release up, and then shows for a while that it can be lived with. */
  async #watch(release: Release, signal: AbortSignal): Promise<void> {
    const { store, sensor } = this.#parts;
    const isConfirmed = sameRelease(store.state.good, release);
    if (!isConfirmed) {
      if (store.state.trials >= this.#limits.trialsMax)
        throw new Refusal('rolled_back', 'restarts', `${store.state.trials} trials were cut short by a restart`);
      this.#note({ trials: store.state.trials + 1 });
      this.#tell('testing');
    }
    // What it lights, it lights at once.
    const opened = openedBy(sensor);
    sensor.reload();
    await untilTakenUp(sensor, release, this.#limits, signal);
    if (isConfirmed) {
      this.#tell('armed', { confirmed: true });
      return;
    }
    this.#tell('armed', { confirmed: false });
    await untilCalm(sensor, opened, this.#limits, signal);
    this.#note({ good: release, trials: 0 });
    this.#try(() => store.tidy(), 'releases of no use any more could not be removed');
    this.#tell('armed', { confirmed: true });
  }

  /** Back to what was there before, however often that takes on a full disk. */
  async #giveUp(refusal: Refusal, signal: AbortSignal): Promise<void> {
    const { store, sensor } = this.#parts;
    const { ordered, inUse, good } = store.state;
    if (ordered === undefined) return;
    const isGoodThere = store.fileOf(good) !== undefined && !sameRelease(good, ordered);
    const back = !sameRelease(inUse, ordered) ? inUse : isGoodThere ? good : undefined;
    const change = { inUse: back, trials: 0, refused: { release: ordered, code: refusal.code, reason: refusal.message } };
    for (let isBack = false; !isBack; ) {
      isBack = this.#try(() => store.write(change), 'the way back to the last good indicators could not be written');
      sensor.reload();
      const endMs = performance.now() + this.#limits.heardMs;
      while (sensor.isConnected && sensor.report().intelligence?.release !== back?.version && performance.now() < endMs)
        await sleep(this.#limits.pollMs, undefined, { signal });
      this.#tell(refusal.state, { code: refusal.code, reason: refusal.message });
      if (!isBack) await sleep(this.#limits.retryMsMin, undefined, { signal });
    }
    this.#try(() => store.tidy(), 'releases of no use any more could not be removed');
  }

  #try(work: () => void, trouble: string): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#parts.log.warn({ reason: messageOf(error) }, trouble);
      return false;
    }
  }

  /** What must not stop the work where the disk is full: it is known until the next start, and written with the next change. */
  #note(change: Omit<Partial<ReleaseState>, 'inUse'>): void {
    const { store } = this.#parts;
    if (!this.#try(() => store.write(change), 'what became of a release could not be written')) store.remember(change);
  }

  #tell(state: IntelligenceReported['state'], more: Pick<IntelligenceReported, 'confirmed' | 'code' | 'reason'> = {}): void {
    const { box, store, publish } = this.#parts;
    const { ordered } = store.state;
    const running = this.#running();
    const fetched = sameRelease(this.#fetched?.release, ordered) ? this.#fetched : undefined;
    publish({
      schema: 'intel-reported/1',
      box,
      ts: new Date().toISOString(),
      state,
      ...(ordered === undefined ? {} : { wanted: ordered }),
      ...(running === undefined ? {} : { running }),
      ...(fetched === undefined ? {} : { bytesFetched: fetched.bytes }),
      ...more,
      ...(more.reason === undefined ? {} : { reason: more.reason.slice(0, 1000) }),
    });
  }

  /** By what the sensor says of itself; while it is away, what it was told to use. */
  #running(): Release | undefined {
    const { store, sensor } = this.#parts;
    const { inUse, good, ordered } = store.state;
    if (!sensor.isConnected) return inUse;
    const version = sensor.report().intelligence?.release;
    return [inUse, good, ordered].find((release) => release?.version === version);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
