/** The lamps in a terminal, with the dead-man switch that `terminal.ts` has not: five seconds without a fresh judgement show "host lost". */
import { hostLostMs } from './chip-protocol.ts';
import { hostAway, hostLost } from './host-patterns.ts';
import { type DriverState, isFresh, type JudgedDisplay, type PanelDriver } from './panel-driver.ts';
import { type PanelLanguage, type PanelOutput, TerminalPanel } from './terminal.ts';

export class TerminalDriver implements PanelDriver {
  readonly #terminal: TerminalPanel;
  readonly #nowMs: () => number;
  #deadline: NodeJS.Timeout | undefined;
  #stale = 0;

  constructor(output: PanelOutput, lang: PanelLanguage, nowMs: () => number = () => performance.now()) {
    this.#terminal = new TerminalPanel(output, lang);
    this.#nowMs = nowMs;
  }

  get state(): DriverState {
    return { connected: true, losses: 0, stale: this.#stale };
  }

  show(judged: JudgedDisplay): boolean {
    if (!isFresh(judged, this.#nowMs())) {
      this.#stale++;
      return false;
    }
    this.#terminal.show(judged.display);
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#terminal.show(hostLost), hostLostMs).unref();
    return true;
  }

  /** Prints text for people above the lamps. */
  print(text: string): void {
    this.#terminal.print(text);
  }

  async close(planned: boolean): Promise<void> {
    clearTimeout(this.#deadline);
    if (planned) this.#terminal.show(hostAway);
    this.#terminal.close();
  }
}
