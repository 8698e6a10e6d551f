/**
 * The four lamps drawn in a terminal: a line that is redrawn in their rhythm, or, where the output is no terminal, a plain line at each change.
 * Every lamp has its word, symbol and place, so that colour is never needed. Text printed through it stays above the lamps.
 */
import { type Display, isLit, type LampName, lampNames, type Rhythm } from './display.ts';

export type PanelLanguage = 'vi' | 'en';

/** What the driver needs of standard output. */
export interface PanelOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The shortest half period of `isLit`: redrawing less often would lose blinks. */
const redrawMs = 250;
const columnsDefault = 80;

const lampLook: Record<LampName, { symbol: string; ansi: string; vi: string; en: string }> = {
  ready: { symbol: '✔', ansi: '32', vi: 'SẴN SÀNG', en: 'READY' },
  attention: { symbol: '▲', ansi: '33', vi: 'CHÚ Ý', en: 'ATTENTION' },
  c2: { symbol: '■', ansi: '31', vi: 'C2', en: 'C2' },
  traffic: { symbol: '⇄', ansi: '37', vi: 'LƯU LƯỢNG', en: 'TRAFFIC' },
};
const darkSymbol = '·';

const rhythmWords: Record<Rhythm, { vi: string; en: string }> = {
  off: { vi: 'tắt', en: 'off' },
  steady: { vi: 'sáng', en: 'on' },
  blink: { vi: 'nhấp nháy', en: 'blinking' },
  pulse: { vi: 'chớp', en: 'pulsing' },
  turn: { vi: 'luân phiên', en: 'in turn' },
  counterturn: { vi: 'luân phiên', en: 'in turn' },
};

export class TerminalPanel {
  readonly #output: PanelOutput;
  readonly #lang: PanelLanguage;
  readonly #now: () => number;
  #display: Display | undefined;
  #lastLine = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(output: PanelOutput, lang: PanelLanguage, now: () => number = Date.now) {
    this.#output = output;
    this.#lang = lang;
    this.#now = now;
  }

  show(shown: Display): void {
    this.#display = shown;
    if (this.#output.isTTY) {
      this.#timer ??= setInterval(() => this.#redraw(), redrawMs).unref();
      this.#redraw();
      return;
    }
    // TRAFFIC comes and goes by the second: alone it is not worth a line.
    const known = describeLamps({ ...shown, lamps: { ...shown.lamps, traffic: 'off' } }, this.#lang);
    if (known !== this.#lastLine) this.#output.write(`${describeLamps(shown, this.#lang)}\n`);
    this.#lastLine = known;
  }

  /** Prints text for people above the lamps. */
  print(text: string): void {
    this.#clear();
    this.#output.write(`${text}\n`);
    this.#redraw();
  }

  /** Leaves the last state of the lamps standing as plain text. Harmless twice. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const shown = this.#display;
    if (shown === undefined) return;
    this.#clear();
    if (this.#output.isTTY) this.#output.write(`${describeLamps(shown, this.#lang)}\n`);
    this.#display = undefined;
  }

  #clear(): void {
    if (this.#output.isTTY && this.#display !== undefined) this.#output.write('\r\x1b[2K');
  }

  #redraw(): void {
    if (!this.#output.isTTY || this.#display === undefined) return;
    this.#output.write(`\r\x1b[2K${drawLamps(this.#display, this.#lang, this.#now(), this.#output.columns || columnsDefault)}`);
  }
}

/** One line with colours: what a glance at the lamps shows at this moment. */
export function drawLamps(shown: Display, lang: PanelLanguage, nowMs: number, columns: number): string {
  let width = 0;
  const cells = lampNames.map((lamp) => {
    const look = lampLook[lamp];
    const lit = isLit(shown.lamps[lamp], nowMs);
    const text = ` ${lit ? look.symbol : darkSymbol} ${look[lang]} `;
    width += text.length + 1;
    return lit ? `\x1b[1;7;${look.ansi}m${text}\x1b[0m` : `\x1b[2m${text}\x1b[0m`;
  });
  const why = shown.faults[0]?.[lang] ?? '';
  return `${cells.join(' ')} ${why.slice(0, Math.max(0, columns - width - 1))}`.trimEnd();
}

/** One line without colours: what each lamp does, and why READY is dark where it is. */
export function describeLamps(shown: Display, lang: PanelLanguage): string {
  const cells = lampNames.map((lamp) => {
    const { symbol, [lang]: word } = lampLook[lamp];
    return `${word} ${shown.lamps[lamp] === 'off' ? darkSymbol : symbol} ${rhythmWords[shown.lamps[lamp]][lang]}`;
  });
  const why = shown.faults.map((fault) => fault[lang]).join('; ');
  return `[ ${cells.join(' | ')} ]${why === '' ? '' : ` ${why}`}`;
}
