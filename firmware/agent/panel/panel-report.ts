/** panel/1: what the panel shows and why, as the agent tells it to `vonggac panel status`. It crosses a process boundary, so it is checked. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { rhythmCodes } from './chip-protocol.ts';
import { type Display, type LampName, lampNames, type Rhythm } from './display.ts';
import type { DriverState } from './panel-driver.ts';

const rhythms = Object.keys(rhythmCodes).filter((name) => name !== 'direct') as [Rhythm, ...Rhythm[]];
const rhythmSchema = z.enum(rhythms);
const lampShape = Object.fromEntries(lampNames.map((lamp) => [lamp, rhythmSchema])) as Record<LampName, typeof rhythmSchema>;
const count = z.int().min(0);

export const panelReportSchema = z.object({
  schema: z.literal('panel/1'),
  /** RFC 3339: when this was judged. */
  ts: z.iso.datetime(),
  lamps: z.object(lampShape),
  buzzer: z.boolean(),
  faults: z.array(z.object({ vi: z.string(), en: z.string() })).max(100),
  /** Absent: no lamps are configured. */
  driver: z
    .object({
      connected: z.boolean(),
      reason: z.string().optional(),
      losses: count,
      stale: count,
      chip: z.object({ firmware: z.string(), phase: z.string(), resets: count, refused: count, buttonStuck: z.boolean() }).optional(),
    })
    .optional(),
});
export type PanelReport = z.infer<typeof panelReportSchema>;

export function panelReport(display: Display, driver: DriverState | undefined, now: Date): PanelReport {
  return {
    schema: 'panel/1',
    ts: now.toISOString(),
    lamps: display.lamps,
    buzzer: display.buzzer,
    faults: display.faults.map(({ vi, en }) => ({ vi, en })),
    ...(driver === undefined ? {} : { driver }),
  };
}

/** Beside the socket of the agent. */
export function panelReportFile(socket: string): string {
  return join(dirname(socket), 'panel.json');
}
