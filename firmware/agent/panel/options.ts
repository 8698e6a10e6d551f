/** What lamps a box has, and how bright and loud they may be. */
import { z } from 'zod';
import { type LampName, lampNames } from './display.ts';

/** As the udev rule of the appliance names the panel's USB adapter; a name that stays, whatever else is plugged in. */
export const defaultPanelPort = '/dev/vonggac-panel';

export const panelDrivers = ['none', 'firmata', 'leds', 'terminal'] as const;
export type PanelDriverName = (typeof panelDrivers)[number];

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time of day, such as 21:30' });
const percent = z.int().min(1).max(100);
/** A name of a folder in `/sys/class/leds`, and no way out of it. */
const ledName = z.string().regex(/^(?!\.{1,2}$)[^/\0]{1,64}$/, { error: 'must be the name of an LED in /sys/class/leds' });

const ledShape = Object.fromEntries(
  lampNames.map((lamp) => [lamp, ledName.optional().meta({ description: `LED of the lamp ${lamp}` })]),
) as Record<LampName, z.ZodOptional<typeof ledName>>;

export const panelOptionsSchema = z.strictObject({
  driver: z
    .enum(panelDrivers)
    .default('none')
    .meta({ description: 'firmata: the panel with its own chip; leds: lamps on pins of the computer; terminal: drawn, for trials' }),
  port: z.string().min(1).default(defaultPanelPort).meta({ description: 'serial port of the panel (driver firmata)' }),
  leds: z.strictObject(ledShape).default({}).meta({ description: 'names of the lamps in /sys/class/leds (driver leds)' }),
  brightnessPercent: percent.default(100).meta({ description: 'of a lit lamp' }),
  quietHours: z
    .strictObject({
      from: timeOfDay.meta({ description: "by the box's clock and time zone" }),
      to: timeOfDay.meta({ description: 'may be earlier than from: over midnight' }),
      brightnessPercent: percent.default(20).meta({ description: 'of a lit lamp in these hours' }),
    })
    .optional()
    .meta({ description: 'hours without the buzzer, and with dimmed lamps; the lamps themselves stay what they are' }),
});
export type PanelOptions = z.output<typeof panelOptionsSchema>;

/** Whether the local time of this moment lies from `from` on and before `to`. Equal times: always. */
export function isQuiet({ quietHours }: Pick<PanelOptions, 'quietHours'>, moment: Date): boolean {
  if (quietHours === undefined) return false;
  const minutesOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const now = moment.getHours() * 60 + moment.getMinutes();
  const from = minutesOf(quietHours.from);
  const to = minutesOf(quietHours.to);
  return from < to ? from <= now && now < to : from <= now || now < to;
}
