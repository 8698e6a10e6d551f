/** The sensor as the keeper of the indicators meets it: what it reports, and that it reads the pointer anew when it is told to. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SensorReport } from '../../../../firmware/contract/health.ts';
import { readStateFile, releaseInUseSchema } from '../../../../firmware/state-folder.ts';

/** Takes up what the pointer names, as the sensor does, unless it was told to refuse. */
export class TestSensor {
  isConnected = true;
  opened = 0;
  /** Alerts that another release raises at once. */
  lights = 0;
  refuses: ((version: number) => boolean) | undefined;
  isDeaf = false;
  reloads = 0;
  #running: number | undefined;
  #error: string | undefined;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get running(): number | undefined {
    return this.#running;
  }

  reload(): void {
    this.reloads++;
    if (this.isDeaf) return;
    const inUse = readStateFile(join(this.#folder, 'in-use.json'), releaseInUseSchema);
    if (inUse !== undefined && (this.refuses?.(inUse.release.version) || !existsSync(join(this.#folder, inUse.file)))) {
      this.#error = 'the canary did not sing';
      return;
    }
    this.#error = undefined;
    if (this.#running !== inUse?.release.version) this.opened += this.lights;
    this.#running = inUse?.release.version;
  }

  report(): SensorReport {
    return {
      capture: { state: 'running', source: 'eth1', shedding: false, packets: 1, bytes: 1 },
      alerts: { open: 0, opened: this.opened },
      intelligence: {
        bundle: 'x',
        indicators: 1,
        ...(this.#running === undefined ? {} : { release: this.#running }),
        ...(this.#error === undefined ? {} : { error: this.#error }),
      },
    };
  }
}
