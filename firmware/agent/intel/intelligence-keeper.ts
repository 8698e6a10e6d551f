/**
 * Brings the release of indicators that the director ordered into use: fetch at a spread time, verify, hand to the sensor, watch, keep or go back. One at a
 * time; a newer order takes the place of the one at work. Whatever fails, the sensor goes on with what it has, and the centre is told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FetchOrder } from '../../contract/fetch-order.ts';
import type { SensorReport } from '../../contract/health.ts';
import type { IntelligenceReported, Release } from '../../contract/intelligence-message.ts';
import { type Fetch, FetchFault } from './fetch-process.ts';
import { type ReleaseState, type ReleaseStore, type StateFiles, sameRelease } from './release-store.ts';

export interface KeeperLimits {
  /** Boxes that are ordered the same at the same time do not come all at once. */
  spreadMs: number;
  /** Between two tries: doubled from the first to the last. */
  retryMsMin: number;
  retryMsMax: number;
  /** The sensor has taken a release, or said why not, after this time. */
  takeUpMs: number;
  /** What the sensor says within this time may be of the release before. */
  heardMs: number;
  /** So long a new release is watched. */
  trialMs: number;
  /** More alerts opened in the trial are a storm: the list is wrong, or the house is on fire and the centre knows by now. */
  stormAlertsMax: number;
  /** A trial that was begun so often without an end takes the box down with it. */
  trialsMax: number;
  pollMs: number;
  /** How often it looks whether a person has loaded a release. */
  offerMs: number;
}

export const keeperLimits: KeeperLimits = {
  spreadMs: 20_000,
  retryMsMin: 5_000,
  retryMsMax: 600_000,
  takeUpMs: 60_000,
  heardMs: 3_000,
  trialMs: 600_000,
  stormAlertsMax: 200,
  trialsMax: 3,
  pollMs: 200,
  offerMs: 3_000,
};

export interface KeeperParts {
  box: string;
  store: ReleaseStore;
  read: StateFiles['read'];
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

/** Ends the work on a release for good; told to the centre by its code. */
class Refusal extends Error {
  readonly state: 'failed' | 'rolled_back';
  readonly code: string;

  constructor(state: Refusal['state'], code: string, reason: string) {
    super(reason);
    this.state = state;
    this.code = code;
  }
}

export class IntelligenceKeeper {
  readonly #parts: KeeperParts;
  readonly #limits: KeeperLimits;
  readonly #random: () => number;
  #work: { stopping: AbortController; ended: Promise<void> } | undefined;
  #offers: NodeJS.Timeout | undefined;
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
    // The compiled set is gone, or cannot be seen: the last good one serves.
    if (inUse !== undefined && store.fileOf(inUse) === undefined)
      store.write({ inUse: store.fileOf(good) === undefined ? undefined : good, trials: 0 });
    else store.point(inUse);
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
    const { store, read } = this.#parts;
    const offered = store.takeOffered(read);
    if (offered === undefined || offered.version <= (store.state.inUse?.version ?? 0)) return;
    this.#bringIn(offered, {});
  }

  #bringIn(release: Release, more: Pick<ReleaseState, 'directed'>): void {
    const { store, log } = this.#parts;
    try {
      store.write({ ...more, ordered: release, refused: undefined });
    } catch (error) {
      // On a full disk the order is not kept; the configuration brings it again at the next start.
      log.warn({ reason: messageOf(error) }, 'the order of a release could not be kept');
    }
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
      this.#giveUp(refusal);
    }
  }

  /** Until the file is there, however often that takes. */
  async #bring(release: Release, signal: AbortSignal): Promise<void> {
    const { store, log, onFetched } = this.#parts;
    let waitMs = this.#random() * this.#limits.spreadMs;
    for (let attempt = 0; store.fileOf(release) === undefined; attempt++) {
      await sleep(waitMs, undefined, { signal });
      this.#tell('fetching');
      try {
        const { fetched } = await this.#fetch(release, signal);
        log.info({ release: release.version, bytes: fetched }, 'indicators fetched and verified');
        onFetched?.(release, fetched);
      } catch (error) {
        if (signal.aborted) throw error;
        const code = error instanceof FetchFault ? error.code : 'failed';
        log.warn({ release: release.version, code, reason: messageOf(error) }, 'indicators could not be fetched');
        this.#tell('failed', { code, reason: messageOf(error) });
      }
      const ceilingMs = Math.min(this.#limits.retryMsMax, this.#limits.retryMsMin * 2 ** Math.min(attempt, 20));
      waitMs = ceilingMs * (0.5 + this.#random() / 2);
    }
    store.write({ inUse: release, trials: 0 });
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
      store.write({ trials: store.state.trials + 1 });
      this.#tell('testing');
    }
    sensor.reload();
    await this.#takenUp(release, signal);
    if (isConfirmed) {
      this.#tell('armed', { confirmed: true });
      return;
    }
    this.#tell('armed', { confirmed: false });
    await this.#calm(signal);
    store.write({ good: release, trials: 0 });
    store.tidy();
    this.#tell('armed', { confirmed: true });
  }

  async #takenUp(release: Release, signal: AbortSignal): Promise<void> {
    const { sensor } = this.#parts;
    let sinceMs = performance.now();
    for (;;) {
      const { intelligence } = sensor.report();
      // A sensor that is away may take its time; that is judged elsewhere.
      if (!sensor.isConnected) sinceMs = performance.now();
      else if (intelligence?.release === release.version) return;
      const waitedMs = performance.now() - sinceMs;
      if (intelligence?.error !== undefined && waitedMs > this.#limits.heardMs)
        throw new Refusal('failed', 'refused-by-sensor', intelligence.error);
      if (waitedMs > this.#limits.takeUpMs) throw new Refusal('failed', 'not-taken-up', 'the sensor did not take the release up in time');
      await sleep(this.#limits.pollMs, undefined, { signal });
    }
  }

  async #calm(signal: AbortSignal): Promise<void> {
    const { sensor } = this.#parts;
    const opened = () => sensor.report().alerts?.opened ?? 0;
    const endMs = performance.now() + this.#limits.trialMs;
    let last = opened();
    let counted = 0;
    while (performance.now() < endMs) {
      await sleep(Math.min(this.#limits.pollMs * 5, this.#limits.trialMs), undefined, { signal });
      const now = opened();
      // A sensor that was started again counts from 0.
      counted += now >= last ? now - last : now;
      last = now;
      if (counted > this.#limits.stormAlertsMax)
        throw new Refusal('rolled_back', 'storm', `${counted} alerts since this release came into use`);
    }
  }

  #giveUp(refusal: Refusal): void {
    const { store, sensor, log } = this.#parts;
    const { ordered, inUse, good } = store.state;
    if (ordered === undefined) return;
    try {
      const back = sameRelease(inUse, ordered)
        ? store.fileOf(good) === undefined || sameRelease(good, ordered)
          ? undefined
          : good
        : inUse;
      store.write({ inUse: back, trials: 0, refused: { release: ordered, code: refusal.code, reason: refusal.message } });
      sensor.reload();
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the way back to the last good indicators could not be written');
    }
    this.#tell(refusal.state, { code: refusal.code, reason: refusal.message });
  }

  #tell(state: IntelligenceReported['state'], more: Pick<IntelligenceReported, 'confirmed' | 'code' | 'reason'> = {}): void {
    const { box, store, publish } = this.#parts;
    const { ordered, inUse } = store.state;
    publish({
      schema: 'intel-reported/1',
      box,
      ts: new Date().toISOString(),
      state,
      ...(ordered === undefined ? {} : { wanted: ordered }),
      ...(inUse === undefined ? {} : { running: inUse }),
      ...more,
      ...(more.reason === undefined ? {} : { reason: more.reason.slice(0, 1000) }),
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
