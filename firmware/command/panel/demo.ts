/** Every state of the lamps in turn, on whichever lamps there are, with the words for each. Measures nothing: the states are made up. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hostLostMs } from '../../agent/panel/chip-protocol.ts';
import { type Display, display } from '../../agent/panel/display.ts';
import { hostAway, hostLost } from '../../agent/panel/host-patterns.ts';
import { explainDisplay } from '../../agent/panel/lamp-words.ts';
import { openDriver } from '../../agent/panel/open-driver.ts';
import type { PanelOptions } from '../../agent/panel/options.ts';
import type { PanelDriver, PanelLog, Press } from '../../agent/panel/panel-driver.ts';
import type { PanelLanguage, PanelOutput } from '../../agent/panel/terminal.ts';
import type { Words } from '../../contract/language.ts';
import { UserError } from '../user-error.ts';
import { demoStates } from './demo-states.ts';

/** As often as the agent judges, or more: a press is heard at once all the same. */
const showEveryMs = 500;
const connectMs = 15_000;
/** After the last show, until the lamps have fallen by themselves. */
const fallMs = hostLostMs + 500;

export interface DemoParts {
  options: Pick<PanelOptions, 'driver' | 'port' | 'leds'>;
  lang: PanelLanguage;
  /** How long each state is shown. */
  seconds: number;
  output: PanelOutput;
  signal: AbortSignal;
}

const texts: Readonly<Record<'pressed' | 'silence' | 'stopped' | 'waiting', Words>> = {
  pressed: { vi: '>>> Nút nhấn: {press}', en: '>>> Button: {press}' },
  waiting: { vi: 'Đang kết nối với đèn…', en: 'Connecting to the lamps…' },
  silence: {
    vi: '{number}. Phần mềm ngừng gửi tín hiệu: sau 5 giây, đèn tự báo',
    en: '{number}. The software falls silent: after 5 seconds the lamps say so by themselves',
  },
  stopped: { vi: '{number}. Dừng theo kế hoạch', en: '{number}. A planned stop' },
};

const pressWords: Readonly<Record<Press, Words>> = {
  acknowledge: { vi: 'ngắn (xác nhận)', en: 'short (acknowledge)' },
  'self-test': { vi: '3 giây (thử đèn, tự kiểm tra)', en: '3 seconds (lamp test, self-test)' },
  help: { vi: '8 giây (gọi trợ giúp)', en: '8 seconds (call for help)' },
};

/** Throws a `UserError` where there are no lamps to show anything on. */
export async function runDemo(parts: DemoParts): Promise<void> {
  const demo = await Demo.open(parts);
  try {
    await demo.play();
  } finally {
    await demo.close();
  }
}

class Demo {
  readonly #parts: DemoParts;
  readonly #driver: PanelDriver;
  /** Text above drawn lamps must not break their line. */
  readonly #print: (text: string) => void;

  static async open(parts: DemoParts): Promise<Demo> {
    const { options, output, lang } = parts;
    let driver: PanelDriver | undefined;
    const print = (text: string) => {
      if (driver?.print === undefined) output.write(`${text}\n`);
      else driver.print(text);
    };
    const onPress = (press: Press) => print(texts.pressed[lang].replace('{press}', pressWords[press][lang]));
    const log: PanelLog = { info: () => undefined, warn: ({ reason }: { reason?: unknown }, text) => print(`${text}: ${reason}`) };
    driver = await openDriver(options, { onPress, log, output, lang });
    if (driver === undefined) throw new UserError('no lamps: give --driver firmata, leds or terminal');
    return new Demo(parts, driver, print);
  }

  constructor(parts: DemoParts, driver: PanelDriver, print: (text: string) => void) {
    this.#parts = parts;
    this.#driver = driver;
    this.#print = print;
  }

  async play(): Promise<void> {
    const { lang, signal, seconds } = this.#parts;
    await this.#connect();
    let number = 0;
    for (const { title, at } of demoStates) {
      number++;
      this.#explain(`${number}. ${title[lang]}`, display(at(Date.now())));
      await this.#hold(seconds * 1_000, () => display(at(Date.now())));
      if (signal.aborted) return;
    }
    const silence = texts.silence[lang].replace('{number}', String(number + 1));
    this.#explain(silence, hostLost);
    await this.#wait(fallMs + seconds * 1_000);
    if (!signal.aborted) this.#explain(texts.stopped[lang].replace('{number}', String(number + 2)), hostAway);
  }

  #explain(title: string, shown: Display): void {
    this.#print(`\n${title}`);
    for (const line of explainDisplay(shown, this.#parts.lang)) this.#print(`   ${line}`);
  }

  /** Lamps that are asked for and not there are a fault, not a demonstration. */
  async #connect(): Promise<void> {
    const endMs = performance.now() + connectMs;
    this.#print(texts.waiting[this.#parts.lang]);
    while (!this.#parts.signal.aborted) {
      this.#show(display(demoStates[0]!.at(Date.now())));
      const { connected, reason = 'no answer' } = this.#driver.state;
      if (connected) return;
      if (performance.now() > endMs) throw new UserError(`the lamps do not answer: ${reason}`);
      await this.#wait(showEveryMs / 5);
    }
  }

  #show(shown: Display): void {
    this.#driver.show({ display: shown, judgedAtMs: performance.now(), brightness: 1 });
  }

  async #hold(ms: number, judge: () => Display): Promise<void> {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs && !this.#parts.signal.aborted) {
      this.#show(judge());
      await this.#wait(Math.min(showEveryMs, Math.max(0, endMs - performance.now())));
    }
  }

  async #wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#parts.signal }).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#driver.close(true);
  }
}
