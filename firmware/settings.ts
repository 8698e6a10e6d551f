/**
 * The settings of a box that the centre may change: the part of its configuration that says what to watch for and how, and nothing of who the box is,
 * where its files lie and how it reaches the centre. One schema for both sides. Laid over the file of the box member by member.
 */
import { z } from 'zod';
import { displayLimitsSchema } from './agent/panel/display.ts';
import { panelOptionsSchema } from './agent/panel/options.ts';
import { boxConfigSchema } from './config.ts';
import { laidOver } from './overlay.ts';
import { liveOptionsSchema } from './sensor/capture/live-options.ts';
import { givenFaults } from './sensor/intel/given-faults.ts';

const { shape } = boxConfigSchema;

/** As an order to a box, with its signature, still below what a box takes from the broker. */
export const settingsBytesMax = 180 * 1024;

export const settingsSchema = z
  .strictObject({
    agency: shape.agency,
    lang: shape.lang,
    contacts: shape.contacts,
    advice: shape.advice,
    capture: liveOptionsSchema.partial(),
    homeNetworks: shape.homeNetworks,
    hostsMax: shape.hostsMax,
    flows: shape.flows,
    streams: shape.streams,
    detectors: shape.detectors,
    alerts: shape.alerts,
    indicators: shape.indicators,
    allowances: shape.allowances,
    suppressions: shape.suppressions,
    duty: shape.duty,
    memory: shape.memory,
    panel: panelOptionsSchema
      .pick({ brightnessPercent: true, quietHours: true })
      .extend({ limits: displayLimitsSchema.prefault({}).meta({ description: 'what READY promises' }) }),
    healthIntervalSeconds: shape.healthIntervalSeconds,
    healthSummarySeconds: shape.healthSummarySeconds,
    bandwidth: shape.bandwidth,
  })
  .partial()
  .meta({ id: 'settings', title: 'Settings of a box that the centre may change' });

/** As written in the order: what is not named is left as it is in the file of the box. */
export type Settings = z.input<typeof settingsSchema>;

export interface SettingsFault {
  /** Of the setting, as in `capture.filter` or `indicators.3.value`. */
  path: string;
  message: string;
}

const faultsMax = 100;

/** Everything that is wrong with a document; empty: it can be used. Never throws. */
export function settingsFaults(document: unknown): SettingsFault[] {
  const parsed = settingsSchema.safeParse(document);
  if (parsed.success) return [...blindness(parsed.data), ...givenFaults(parsed.data)].slice(0, faultsMax);
  return faultsOf(parsed.error);
}

/** The same for one box: what is well by itself may still not fit its own file, here `own`. Never throws. */
export function settingsFaultsFor(own: unknown, document: unknown): SettingsFault[] {
  const faults = settingsFaults(document);
  if (faults.length > 0) return faults;
  const parsed = boxConfigSchema.safeParse(laidOver(own, document));
  return parsed.success ? [] : faultsOf(parsed.error);
}

function faultsOf(error: z.ZodError): SettingsFault[] {
  const faults = error.issues.slice(0, faultsMax).flatMap(({ path, message, ...issue }) => {
    const at = path.map(String).join('.');
    // An unknown name is told of where it stands, not of what stands around it.
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: at === '' ? key : `${at}.${key}`, message: 'is no setting' }));
    return [{ path: at, message }];
  });
  // One issue may name thousands of unknown settings.
  return faults.slice(0, faultsMax);
}

/** A box that looks for nothing would show READY all the same. */
function blindness({ detectors }: z.output<typeof settingsSchema>): SettingsFault[] {
  if (detectors === undefined || Object.values(detectors).some(({ enabled }) => enabled)) return [];
  return [{ path: 'detectors', message: 'are all switched off: the box would look for nothing' }];
}
