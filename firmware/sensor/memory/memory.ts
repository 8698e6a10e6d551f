/**
 * The memory of what was seen, as the sensor has it: a listener for the pipeline, a thread that keeps what that hears, and the search of the past when
 * the indicators change. What was kept is removed where the memory is switched off.
 */
import { readFileSync } from 'node:fs';
import type { Alert } from '../../contract/alert.ts';
import type { SeenMemory } from '../../contract/sighting.ts';
import type { NetworkSet } from '../bytes/network.ts';
import type { Detector } from '../detect/detector.ts';
import type { FindingSink } from '../detect/finding.ts';
import type { Indicators } from '../intel/indicator.ts';
import type { HostTable } from '../observe/host-table.ts';
import { toldPath } from './day-files.ts';
import { matchSet } from './match-set.ts';
import { MemoryThread } from './memory-thread.ts';
import type { MemoryOptions } from './options.ts';
import { Recorder } from './recorder.ts';
import { RetroAlerts, type RetroRaised } from './retro-alerts.ts';
import { forgetAll } from './store.ts';
import { ToldContacts } from './told-contacts.ts';

export interface MemoryParts {
  folder: string;
  options: MemoryOptions;
  /** Days since 1970 by a clock that somebody vouches for; undefined where nobody does. */
  today?: () => number | undefined;
}

/** Undefined where it is switched off: what was kept is gone then. Throws where it cannot be removed. */
export function openMemory(parts: MemoryParts): Memory | undefined {
  if (parts.options.enabled) return new Memory(parts);
  forgetAll(parts.folder);
  return undefined;
}

export interface Search {
  indicators: Indicators;
  /** The set before, where it is still at hand. */
  previous?: Indicators;
  raise: FindingSink;
  /** The time of the pipeline. */
  nowMicros: number;
}

export class Memory {
  private readonly parts: MemoryParts;
  private readonly thread: MemoryThread;
  private readonly told: ToldContacts;
  private readonly alerts: RetroAlerts;
  private recorded: Recorder | undefined;
  private searching: Promise<unknown> = Promise.resolve();

  constructor(parts: MemoryParts) {
    this.parts = parts;
    const { folder, options } = parts;
    this.thread = new MemoryThread({ folder, options });
    this.told = new ToldContacts(textOf(toldPath(folder)));
    this.alerts = new RetroAlerts(this.told);
  }

  get state(): SeenMemory {
    const state = this.thread.state;
    return { ...state, lost: state.lost + (this.recorded?.lost ?? 0) };
  }

  /** What listens to the events of the pipeline. */
  recorder(home: NetworkSet, hosts: HostTable): Detector {
    this.recorded = new Recorder(this.parts.options, home, hosts, (part, isOver) => {
      if (isOver) this.keepTold();
      return this.thread.take(part, isOver, this.parts.today?.());
    });
    return this.recorded;
  }

  /** Every alert on its way out. */
  pass(alert: Alert): Alert {
    return this.alerts.pass(alert);
  }

  /**
   * Searches the past for what a set of indicators knows and the one before did not, and raises what was found. Undefined where this very set has
   * searched it already. Takes seconds, in small pieces. Rejects where the disk does not answer; then the next call searches again.
   */
  search(search: Search): Promise<RetroRaised | undefined> {
    const next = this.searching.then(() => this.searchNow(search));
    this.searching = next.catch(() => undefined);
    return next;
  }

  private async searchNow({ indicators, previous, raise, nowMicros }: Search): Promise<RetroRaised | undefined> {
    if (this.told.searched === indicators.bundle) return undefined;
    // The last minutes count too.
    this.recorded?.handOn(true);
    const { hits, omitted } = await matchSet(this.thread.walk(0), indicators, { nowMs: nowMicros / 1000, ...(previous && { previous }) });
    const raised = this.alerts.raise(hits, nowMicros, raise);
    this.told.setSearched(indicators.bundle);
    this.keepTold();
    return { ...raised, omitted: raised.omitted + omitted };
  }

  private keepTold(): void {
    const text = this.told.changedText();
    // Where it is not kept, a contact may be told once more.
    if (text !== undefined) this.thread.keepTold(text).catch(() => undefined);
  }

  /** Writes what there is. Resolves when that is done, or after `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    this.recorded?.handOn(true);
    this.keepTold();
    await this.thread.close(timeoutMs);
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
