/** `vonggac panel flash`, `wiring`, `demo` and `status`: the program of the panel's chip, its wires, every state of the lamps, the lamps in words. */

import { readFile } from 'node:fs/promises';
import { lampTitles } from '../agent/panel/lamp-words.ts';
import { defaultPanelPort, type PanelDriverName, panelOptionsSchema } from '../agent/panel/options.ts';
import { panelReportFile } from '../agent/panel/panel-report.ts';
import { panelPins } from '../agent/panel/pins.ts';
import { socketPath } from '../boot.ts';
import { readConfig } from '../config.ts';
import { type Language, languageOf } from '../contract/language.ts';
import { runDemo } from './panel/demo.ts';
import { flashPanel } from './panel/flash.ts';
import { describeReport, readPanelReport } from './panel/status.ts';
import { UserError } from './user-error.ts';

/** Done, and something asked for was not true. */
const exitNotWell = 1;
const demoSecondsDefault = 4;

export interface PanelFlashOptions {
  port?: string;
  programmer?: string;
  print?: boolean;
}

/** Throws a `UserError` where a tool is missing or the chip does not answer. */
export async function panelFlash({ port = defaultPanelPort, programmer = 'optiboot', print = false }: PanelFlashOptions): Promise<void> {
  await flashPanel({ port, programmer, print });
}

/** One line for each wire: the pin as printed on the board, what hangs on it, and the way to ground. */
export function panelWiring(options: { lang?: Language }): void {
  const lang = options.lang ?? languageOf(process.env);
  const titles = { button: { vi: 'NÚT NHẤN', en: 'BUTTON' }, buzzer: { vi: 'CÒI', en: 'BUZZER' }, ...lampTitles };
  for (const { board, part, wire } of panelPins) process.stdout.write(`${board.padEnd(3)}  ${titles[part][lang]}: ${wire[lang]}\n`);
}

export interface PanelDemoOptions {
  driver?: PanelDriverName;
  port?: string;
  lang?: Language;
  seconds?: number;
  config?: string;
}

/** What stands on the command line comes before the configuration. */
export async function panelDemo(options: PanelDemoOptions): Promise<void> {
  const { limits: _, ...configured } = readConfig(options.config).panel;
  const { driver, port, leds } = panelOptionsSchema.parse({
    ...configured,
    ...(options.port === undefined ? {} : { port: options.port }),
    driver: options.driver ?? (configured.driver === undefined || configured.driver === 'none' ? 'terminal' : configured.driver),
  });
  if (driver === 'leds' && Object.keys(leds).length === 0) throw new UserError('--driver leds needs --config FILE with panel.leds');
  const stopping = new AbortController();
  process.once('SIGTERM', () => stopping.abort()).once('SIGINT', () => stopping.abort());
  await runDemo({
    options: { driver, port, leds },
    lang: options.lang ?? languageOf(process.env),
    seconds: options.seconds ?? demoSecondsDefault,
    output: process.stdout,
    signal: stopping.signal,
  });
}

export interface PanelStatusOptions {
  config?: string;
  lang?: Language;
  json?: boolean;
}

/** Sets exit status 1 where the lamps are not there, or nobody drives them. */
export async function panelStatus(options: PanelStatusOptions): Promise<void> {
  const file = panelReportFile(socketPath(readConfig(options.config)));
  const report = await readPanelReport(() => readFile(file, 'utf8').catch(() => undefined));
  const { lines, isWell } = describeReport(report, options.lang ?? languageOf(process.env), Date.now());
  if (!isWell) process.exitCode = exitNotWell;
  if (options.json === true)
    process.stdout.write(`${JSON.stringify(typeof report === 'string' ? { schema: 'panel/1', error: report } : report)}\n`);
  else process.stdout.write(`${lines.join('\n')}\n`);
}
