/** The configured driver, made. Loads no other: the serial packages cost memory that a box without the panel need not spend. */
import type { PanelOptions } from './options.ts';
import type { PanelDriver, PanelLog, Press } from './panel-driver.ts';
import type { PanelLanguage, PanelOutput } from './terminal.ts';

export interface DriverParts {
  onPress: (press: Press) => void;
  log: PanelLog;
  /** For the driver `terminal`. */
  output: PanelOutput;
  lang: PanelLanguage;
}

/** Undefined where no lamps are configured. */
export async function openDriver(
  options: Pick<PanelOptions, 'driver' | 'port' | 'leds'>,
  { onPress, log, output, lang }: DriverParts,
): Promise<PanelDriver | undefined> {
  switch (options.driver) {
    case 'firmata': {
      const { FirmataPanel } = await import('./firmata-panel.ts');
      return new FirmataPanel({ path: options.port, onPress, log });
    }
    case 'leds': {
      const { LedPanel } = await import('./led-panel.ts');
      return new LedPanel({ leds: options.leds, log });
    }
    case 'terminal': {
      const { TerminalDriver } = await import('./terminal-driver.ts');
      return new TerminalDriver(output, lang);
    }
    case 'none':
      return undefined;
  }
}
