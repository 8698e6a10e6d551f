/**
 * Keeps what the sensor matches with up to date: its own files, the release of the centre, what the settings give. Reads one after the other, beside
 * the capture; what cannot be used changes nothing and is told. Does not decide what is wanted.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Release } from '../contract/intelligence-message.ts';
import { canaryFault } from './canary.ts';
import type { Given } from './intel/given-options.ts';
import type { Indicators } from './intel/indicator.ts';
import { IndicatorFiles } from './intel/indicator-files.ts';
import { totalOf } from './intel/shrinkage.ts';

export interface WantedRelease {
  release: Release;
  /** Of the compiled set. */
  path: string;
}

export interface IntelligenceParts {
  /** Files of the configuration: compiled sets or lists, and lists of allowances. */
  paths: readonly string[];
  allow: readonly string[];
  /** Another set, whole; the one before may be let go of. */
  onLoaded(indicators: Indicators): void;
  /** What is told of it has changed. */
  onChange(): void;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** Enough to see what is wrong with a list. */
const shownRefusalsMax = 5;

export class Intelligence {
  private readonly files: IndicatorFiles;
  private readonly parts: IntelligenceParts;
  private given: { given: Given; source: string } | undefined;
  private inUse: WantedRelease | undefined;
  private wanted: WantedRelease | undefined;
  private fault: string | undefined;
  private areFilesWanted = false;
  private isReading = false;

  private constructor(files: IndicatorFiles, parts: IntelligenceParts) {
    this.files = files;
    this.parts = parts;
  }

  /** Rejects with an `IntelError` when a file of the configuration cannot be used. */
  static async open(parts: IntelligenceParts): Promise<Intelligence> {
    const intelligence = new Intelligence(await IndicatorFiles.open(parts.paths, parts.allow), parts);
    intelligence.logRefusals();
    return intelligence;
  }

  get current(): Indicators {
    return this.files.current;
  }

  get total(): number {
    return this.files.total;
  }

  get newestMs(): number | undefined {
    return this.files.newestMs;
  }

  /** The release in use, and why the one that is wanted is not. */
  get state(): { release?: number; error?: string } {
    const { inUse, fault } = this;
    return { ...(inUse === undefined ? {} : { release: inUse.release.version }), ...(fault === undefined ? {} : { error: fault }) };
  }

  /** What a configuration gives, in force when the call is over. `source`: who gave it, as alerts name it. */
  give({ indicators, allowances }: Given, source: string): void {
    const next = { given: { indicators, allowances }, source };
    if (isDeepStrictEqual(next, this.given)) return;
    const isFirst = this.given === undefined;
    this.given = next;
    this.parts.onLoaded(this.files.give(next.given, source));
    const [count, allowed] = [indicators.length, allowances.length];
    if (!isFirst || count + allowed > 0) this.parts.log.info({ indicators: count, allowances: allowed, source }, 'indicators given');
  }

  /**
   * The release that shall be used; undefined: none. `fault`: nobody can say which, and the one in use stays. Resolves when it is in use or
   * refused; never rejects.
   */
  async want(wanted: WantedRelease | undefined, fault?: string): Promise<void> {
    if (fault !== undefined) {
      this.fault = fault;
      this.parts.onChange();
      return;
    }
    this.wanted = wanted;
    await this.read();
  }

  /** Reads the files of the configuration anew. Resolves when they are in use or refused; never rejects. */
  async readFilesAnew(): Promise<void> {
    this.areFilesWanted = true;
    await this.read();
  }

  /** One thing after the other, until nothing more is wanted: two sets that are read at once would both have to fit into memory. */
  private async read(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      for (let tried: WantedRelease | undefined; this.areFilesWanted || this.isReleaseWanted(tried); ) {
        if (this.areFilesWanted) await this.readFiles();
        else {
          tried = this.wanted;
          await this.readRelease(tried);
        }
      }
      if (isDeepStrictEqual(this.inUse, this.wanted)) this.fault = undefined;
    } finally {
      this.isReading = false;
      this.parts.onChange();
    }
  }

  private isReleaseWanted(tried: WantedRelease | undefined): boolean {
    return !isDeepStrictEqual(this.wanted, this.inUse) && (tried === undefined || this.wanted !== tried);
  }

  private async readFiles(): Promise<void> {
    const { log } = this.parts;
    this.areFilesWanted = false;
    try {
      this.loaded(await this.files.reload());
      log.info({ bundle: this.current.bundle, indicators: this.total }, 'intelligence loaded');
    } catch (error) {
      log.error({ reason: reasonOf(error) }, 'intelligence could not be loaded; the last set stays in use');
    }
    this.logRefusals();
  }

  private async readRelease(wanted: WantedRelease | undefined): Promise<void> {
    const { log } = this.parts;
    if (wanted === undefined) {
      this.inUse = undefined;
      this.loaded(this.files.dropRelease());
      log.info({ indicators: this.total }, 'no release of the centre is wanted any more');
      return;
    }
    const { version, channel } = wanted.release;
    // What was wrong with another one is of no interest any more.
    this.fault = undefined;
    try {
      const next = await this.files.takeRelease(wanted.path, (set) => faultOf(set, version));
      this.inUse = wanted;
      this.loaded(next);
      log.info({ release: version, channel, bundle: this.current.bundle, indicators: this.total }, 'release loaded');
    } catch (error) {
      this.fault = `release ${version}: ${reasonOf(error)}`;
      log.error({ reason: this.fault }, 'a release could not be taken; the last set stays in use');
    }
  }

  private loaded(indicators: Indicators): void {
    this.parts.onLoaded(indicators);
  }

  private logRefusals(): void {
    const { refused, refusals } = this.files;
    if (refused > 0)
      this.parts.log.warn({ refused, first: refusals.slice(0, shownRefusalsMax) }, 'values of the indicator lists were refused');
  }
}

/** An empty release is a fault upstream, whoever signed it. */
function faultOf(set: Indicators, version: number): string | undefined {
  return canaryFault(set, version, Date.now()) ?? (totalOf(set) > 1 ? undefined : 'it holds nothing but its canary');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
