/**
 * The panel as the agent sees it: a state of the box, measured just now -> judged -> shown; and the button. There is no other way to the lamps
 * than through a judgement, and no timer here: where the agent does not judge, nothing is shown, and the lamps fall to "host lost".
 */
import { type Duty, dutyAt } from '../../contract/duty.ts';
import { type Display, type DisplayLimits, display, type PanelState } from './display.ts';
import { isQuiet, type PanelOptions } from './options.ts';
import type { PanelDriver } from './panel-driver.ts';
import { type PanelReport, panelReport } from './panel-report.ts';

/** All lamps blink: the centre has the call for help, or asks which box this is. Long enough to be seen by someone who holds the button. */
const confirmationMs = 6_000;
const allBlinking: Display['lamps'] = { ready: 'blink', attention: 'blink', c2: 'blink', traffic: 'blink' };
const allLit: Display['lamps'] = { ready: 'steady', attention: 'steady', c2: 'steady', traffic: 'steady' };

/** What may change while the panel is in use. */
export interface PanelManner {
  options: Pick<PanelOptions, 'brightnessPercent' | 'quietHours'>;
  limits: DisplayLimits;
  /** In a period of heightened watch there are no quiet hours. Absent: there is none. */
  duty?: Duty | undefined;
}

export interface PanelParts extends PanelManner {
  /** Absent: no lamps; judging and reporting go on. */
  driver: PanelDriver | undefined;
  nowMs?: () => number;
}

export class Panel {
  #parts: PanelParts & { nowMs: () => number };
  #display: Display | undefined;
  #judgedAt: Date | undefined;
  /** What somebody asked the lamps to show in place of the judgement, and until when. */
  #asked: { lamps: Display['lamps']; untilMs: number } | undefined;

  constructor(parts: PanelParts) {
    this.#parts = { nowMs: () => performance.now(), ...parts };
  }

  /** Judges and shows. To be called about once a second, each time with measurements taken for the call. */
  judge(measure: () => PanelState): Display {
    const { driver, options, limits, duty, nowMs } = this.#parts;
    // The time before measuring: what the measuring takes makes a judgement older, not younger.
    const judgedAtMs = nowMs();
    const state = measure();
    const judged = display(state, limits);
    const moment = new Date(state.nowMs);
    const isOnDuty = duty !== undefined && dutyAt(duty, state.nowMs) !== undefined;
    const isNight = isQuiet(options, moment) && !isOnDuty;
    if (this.#asked !== undefined && judgedAtMs >= this.#asked.untilMs) this.#asked = undefined;
    this.#display = judged;
    this.#judgedAt = moment;
    const percent = isNight ? (options.quietHours?.brightnessPercent ?? options.brightnessPercent) : options.brightnessPercent;
    driver?.show({
      display: { ...judged, buzzer: judged.buzzer && !isNight, lamps: this.#asked?.lamps ?? judged.lamps },
      judgedAtMs,
      brightness: percent / 100,
    });
    return judged;
  }

  /** From the next judgement on. */
  change(manner: PanelManner): void {
    this.#parts = { ...this.#parts, ...manner };
  }

  /** The centre has acknowledged the call for help: the next displays say so. */
  confirmHelp(): void {
    this.blinkAll(confirmationMs);
  }

  /** All lamps blink for that time: this is the box. Somebody stands before it then, and the judgement is back afterwards. */
  blinkAll(forMs: number): void {
    this.#asked = { lamps: allBlinking, untilMs: this.#parts.nowMs() + forMs };
  }

  /** All lamps are lit for that time. */
  lightAll(forMs: number): void {
    this.#asked = { lamps: allLit, untilMs: this.#parts.nowMs() + forMs };
  }

  /** What was judged last; undefined before the first time. */
  get report(): PanelReport | undefined {
    if (this.#display === undefined || this.#judgedAt === undefined) return undefined;
    return panelReport(this.#display, this.#parts.driver?.state, this.#judgedAt);
  }

  /** `planned`: the box will be back. */
  async close(planned: boolean): Promise<void> {
    await this.#parts.driver?.close(planned);
  }
}
