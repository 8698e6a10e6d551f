/**
 * Lamps on pins of the computer itself, for boxes without the panel's chip: `/sys/class/leds/NAME`, by the kernel's pattern trigger. The kernel
 * makes the rhythms, and turns to "host lost" where nothing is written for five seconds. No buzzer, no button.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostLostMs } from './chip-protocol.ts';
import { type LampName, lampNames, type Rhythm } from './display.ts';
import { hostAway, hostLost } from './host-patterns.ts';
import { ledPattern } from './led-pattern.ts';
import { type DriverState, isFresh, type JudgedDisplay, type PanelDriver, type PanelLog } from './panel-driver.ts';

/** Less than the chip gives a host that said it would be back: longer does not fit in what the kernel takes. */
const plannedStopMs = 60_000;
const trigger = 'pattern';

export interface LedPanelParts {
  /** Names below `/sys/class/leds`; a lamp without one is not shown. */
  leds: { readonly [lamp in LampName]?: string | undefined };
  log: PanelLog;
  /** Where the LEDs are. */
  root?: string;
  nowMs?: () => number;
}

export class LedPanel implements PanelDriver {
  readonly #parts: Required<LedPanelParts>;
  #reason: string | undefined = 'nothing was shown yet';
  #losses = 0;
  #stale = 0;
  #isClosed = false;

  constructor(parts: LedPanelParts) {
    this.#parts = { root: '/sys/class/leds', nowMs: () => performance.now(), ...parts };
  }

  get state(): DriverState {
    const reason = this.#reason;
    return { connected: reason === undefined, ...(reason === undefined ? {} : { reason }), losses: this.#losses, stale: this.#stale };
  }

  show(judged: JudgedDisplay): boolean {
    if (!isFresh(judged, this.#parts.nowMs())) {
      this.#stale++;
      return false;
    }
    if (!this.#isClosed) this.#play(judged.display.lamps, hostLostMs, judged.brightness);
    return true;
  }

  async close(planned: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (planned) this.#play(hostAway.lamps, plannedStopMs, 1);
  }

  #play(lamps: Readonly<Record<LampName, Rhythm>>, holdsMs: number, brightness: number): void {
    const startMs = Math.floor(this.#parts.nowMs()) % 1_000;
    let fault: string | undefined;
    for (const lamp of lampNames) {
      const name = this.#parts.leds[lamp];
      if (name === undefined) continue;
      try {
        this.#write(join(this.#parts.root, name), { rhythm: lamps[lamp], holdsMs, lost: hostLost.lamps[lamp], startMs }, brightness);
      } catch (error) {
        fault ??= `${name}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    this.#note(fault);
  }

  #write(folder: string, play: Omit<Parameters<typeof ledPattern>[0], 'level'>, brightness: number): void {
    const read = (file: string) => readFileSync(join(folder, file), 'utf8').trim();
    const steps = Number(read('max_brightness'));
    if (!read('trigger').includes(`[${trigger}]`)) {
      // Its files are there only while the trigger is chosen.
      writeFileSync(join(folder, 'trigger'), trigger);
    }
    const level = Math.max(1, Math.round(steps * brightness));
    writeFileSync(join(folder, 'pattern'), ledPattern({ ...play, level }));
    // Second: a new pattern goes on with the repeats that are left of the last one, and this starts it from its beginning.
    writeFileSync(join(folder, 'repeat'), '1');
  }

  #note(fault: string | undefined): void {
    if (fault === this.#reason) return;
    if (this.#reason === undefined) this.#losses++;
    this.#reason = fault;
    const hint = 'the names must be in /sys/class/leds, and the module ledtrig-pattern loaded';
    if (fault === undefined) this.#parts.log.info({}, 'the LEDs are connected');
    else this.#parts.log.warn({ reason: fault }, `the LEDs are not connected: ${hint}`);
  }
}
