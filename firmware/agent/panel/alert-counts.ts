/**
 * The sensor's counts of alerts, and presses of the button -> how many are open, and how many of those nobody has acknowledged. Knows no alert:
 * what was counted when the button was pressed is seen, what came since is new. A sensor that was started again has everything to be seen anew.
 */
import type { SensorReport } from '../../contract/health.ts';
import type { PanelState } from './display.ts';

export class AlertCounts {
  #run: string | undefined;
  #attemptsSeen = 0;
  #contactsSeen = 0;

  of({ alerts, sensorProcess }: SensorReport): Pick<PanelState, 'attempts' | 'contacts'> {
    if (sensorProcess?.run !== this.#run) this.#begin(sensorProcess?.run);
    const { open = 0, openContacts = 0, attempts = 0, contacts = 0 } = alerts ?? {};
    const openAttempts = Math.max(0, open - openContacts);
    return {
      attempts: { open: openAttempts, new: newOf(openAttempts, attempts - this.#attemptsSeen) },
      contacts: { open: openContacts, new: newOf(openContacts, contacts - this.#contactsSeen) },
    };
  }

  acknowledge({ alerts, sensorProcess }: SensorReport): void {
    this.#run = sensorProcess?.run;
    this.#attemptsSeen = alerts?.attempts ?? 0;
    this.#contactsSeen = alerts?.contacts ?? 0;
  }

  #begin(run: string | undefined): void {
    this.#run = run;
    this.#attemptsSeen = 0;
    this.#contactsSeen = 0;
  }
}

function newOf(open: number, came: number): number {
  return Math.max(0, Math.min(open, came));
}
