/** The configuration of a box: every stage's options together, read from a JSON file. Defaults stand with the stages. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { summarySecondsSchema } from './agent/health/health-summary.ts';
import { displayLimitsSchema } from './agent/panel/display.ts';
import { panelOptionsSchema } from './agent/panel/options.ts';
import { uplinkOptionsSchema } from './agent/uplink/options.ts';
import { UserError } from './command/user-error.ts';
import { boxIdPattern } from './contract/topics.ts';
import { outboxOptionsSchema } from './outbox/options.ts';
import { liveOptionsSchema } from './sensor/capture/live-options.ts';
import { pipelineOptions } from './sensor/pipeline.ts';

export const captureOptions = z.strictObject({
  ...liveOptionsSchema.partial({ interface: true }).shape,
  file: z.string().optional().meta({ description: 'a capture file in place of the interface, for demonstrations' }),
  pace: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .meta({ description: "speed at which `file` is played; 1 = the capture's own pace, 0 = as fast as possible" }),
  retime: z.boolean().default(true).meta({
    description: 'frames of `file` carry the time at which they are played; false: their own, so that a second run gives the same alerts',
  }),
  once: z.boolean().default(false).meta({ description: 'end when `file` was played once, in place of starting again' }),
});

export const boxConfigSchema = z.strictObject({
  box: z
    .string()
    .regex(boxIdPattern, { error: 'is not 4 to 32 of a-z, 0-9 and -' })
    .default('local')
    .meta({ description: 'id of the box: the common name of its certificate' }),
  agency: z.string().max(200).optional().meta({ description: 'the agency in whose rooms the box stands, for people' }),
  lang: z.enum(['vi', 'en']).default('vi').meta({ description: 'language of what people read on the box' }),
  intel: z.array(z.string()).default([]).meta({ description: 'files of indicators: compiled sets or lists' }),
  allow: z.array(z.string()).default([]).meta({ description: 'lists of what is never to be reported: every entry is an allowance' }),
  capture: captureOptions.optional(),
  uplink: uplinkOptionsSchema.optional(),
  outbox: outboxOptionsSchema.prefault({}).meta({ description: 'what waits for the centre, and where' }),
  socket: z.string().min(1).optional().meta({
    description: 'unix socket between sensor and agent; otherwise agent.sock in $RUNTIME_DIRECTORY or /run/vonggac',
  }),
  panel: panelOptionsSchema
    .extend({ limits: displayLimitsSchema.prefault({}).meta({ description: 'what READY promises' }) })
    .prefault({})
    .meta({ description: 'the lamps, the buzzer and the button' }),
  healthIntervalSeconds: z.number().min(0.1).max(3600).default(30).meta({ description: 'seconds between two health messages' }),
  healthSummarySeconds: summarySecondsSchema,
  ...pipelineOptions.shape,
});
export type BoxConfig = z.infer<typeof boxConfigSchema>;

/** Reads and checks a configuration file; without a path, the defaults. Throws a `UserError` that names the file and each wrong setting. */
export function readConfig(path: string | undefined): BoxConfig {
  if (path === undefined) return boxConfigSchema.parse({});
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`cannot read the configuration ${path}: ${reasonOf(error)}`);
  }
  const parsed = boxConfigSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
  throw new UserError(`the configuration ${path} is not valid: ${faults.join('; ')}`);
}

const fileFaults: Readonly<Record<string, string>> = { ENOENT: 'no such file', EISDIR: 'it is a folder', EACCES: 'permission denied' };

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return `it is not JSON: ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  return ('code' in error ? fileFaults[String(error.code)] : undefined) ?? error.message;
}

/** Where the outbox is kept: as configured, in the folder that the service manager gives, or in the usual place. */
export function outboxFolder({ outbox }: Pick<BoxConfig, 'outbox'>, environment: NodeJS.ProcessEnv = process.env): string {
  // systemd.exec(5): several folders are parted by colons.
  return resolve(outbox.folder ?? (environment.STATE_DIRECTORY?.split(':')[0] || '/var/lib/vonggac'));
}
