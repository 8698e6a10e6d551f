/** The configuration of a box: every stage's options together, read from a JSON file. Defaults stand with the stages. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { summarySecondsSchema } from './agent/health/health-summary.ts';
import { releaseOptionsSchema } from './agent/intel/options.ts';
import { displayLimitsSchema } from './agent/panel/display.ts';
import { panelOptionsSchema } from './agent/panel/options.ts';
import { bandwidthSchema } from './agent/uplink/bandwidth-options.ts';
import { uplinkOptionsSchema } from './agent/uplink/options.ts';
import { UserError } from './command/user-error.ts';
import { contactSchema } from './contract/claim.ts';
import { dutySchema } from './contract/duty.ts';
import { boxIdPattern } from './contract/topics.ts';
import { outboxOptionsSchema } from './outbox/options.ts';
import { laidOver } from './overlay.ts';
import { suppressionsSchema } from './sensor/alert/suppression-options.ts';
import { liveOptionsSchema } from './sensor/capture/live-options.ts';
import { givenOptions } from './sensor/intel/given-options.ts';
import { memoryOptions } from './sensor/memory/options.ts';
import { pipelineOptions } from './sensor/pipeline-options.ts';
import {
  type Identity,
  identitySchema,
  type ReleaseInUse,
  readStateFile,
  releaseInUseSchema,
  type SettingsInForce,
  settingsInForceSchema,
  stateFiles,
} from './state-folder.ts';

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
  ...givenOptions,
  suppressions: suppressionsSchema,
  contacts: z.array(contactSchema).max(10).default([]).meta({ description: 'whom to call; shown with every alert' }),
  advice: z
    .strictObject({
      vi: z.string().max(1000).meta({ description: 'in Vietnamese' }),
      en: z.string().max(1000).meta({ description: 'in English' }),
    })
    .partial()
    .default({})
    .meta({ description: 'what to do here beside the general advice; shown with every alert' }),
  duty: dutySchema
    .prefault({})
    .meta({ description: 'days of heightened watch: attempts count one step more, and the buzzer knows no quiet hours' }),
  bandwidth: bandwidthSchema.prefault({}).meta({ description: 'what the box may take of the line' }),
  directorKeys: z.array(z.string()).max(4).optional().meta({
    description: 'PEM files of the public keys whose orders are obeyed; a box that was enrolled has them from its claim',
  }),
  trialSeconds: z
    .number()
    .min(5)
    .max(3600)
    .default(60)
    .meta({ description: 'so long new settings of the centre are watched; where the box does not fare well with them it goes back' }),
  releases: releaseOptionsSchema.prefault({}).meta({ description: 'releases of indicators from the centre' }),
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
  memory: memoryOptions.prefault({}).meta({ description: 'the memory of what was seen' }),
  ...pipelineOptions.shape,
});
export type BoxConfig = z.infer<typeof boxConfigSchema>;

/** Reads and checks a configuration file; without a path, the defaults. Throws a `UserError` that names the file and each wrong setting. */
export function readConfig(path: string | undefined): BoxConfig {
  return checkedConfig(readDocument(path), `the configuration ${path}`);
}

export interface BoxConfigInForce {
  config: BoxConfig;
  /** The file of the box and its identity, without the settings of the centre: what these are laid over. */
  own: unknown;
  identity?: Identity;
  inForce?: SettingsInForce;
  /** Indicators of the centre, and the compiled set that holds them. */
  release?: { release: ReleaseInUse['release']; path: string };
  /** Why something in the state folder is not in force. */
  faults: readonly string[];
}

/**
 * What the box runs with: its file, over it what its enrolment says, and over both the settings of the centre. What is damaged in the state
 * folder, or does not fit the file, is left out and told. Throws a `UserError` where the file itself is wrong.
 */
export function readBoxConfig(path: string | undefined): BoxConfigInForce {
  const document = readDocument(path);
  const faults: string[] = [];
  const folder = outboxFolder(checkedConfig(document, `the configuration ${path}`));
  const tell = (text: string) => faults.push(text);
  const identity = readIdentity(folder, tell);
  const own = identity === undefined ? document : laidOver(document, ofIdentity(identity, folder));
  const inForce = readStateFile(stateFiles.settings(folder), settingsInForceSchema, tell);
  const inUse = readStateFile(stateFiles.release(folder), releaseInUseSchema, tell);
  const release = inUse && { release: inUse.release, path: resolve(stateFiles.intelligenceFolder(folder), inUse.file) };
  const found = { own, faults, ...(identity && { identity }), ...(release && { release }) };
  const whole = inForce === undefined ? undefined : boxConfigSchema.safeParse(laidOver(own, inForce.settings));
  if (whole?.success === true && inForce !== undefined) return { ...found, config: whole.data, inForce };
  if (whole !== undefined) tell(`the settings of the centre do not fit this box: ${faultsOf(whole.error)}`);
  return { ...found, config: checkedConfig(own, `the configuration ${path} with the identity of this box`) };
}

/** A box without its file of identity was not enrolled. One whose file is damaged was, and must not fall silent for it. */
function readIdentity(folder: string, tell: (text: string) => void): Identity | undefined {
  let isDamaged = false;
  const identity = readStateFile(stateFiles.identity(folder), identitySchema, (text) => {
    isDamaged = true;
    tell(text);
  });
  return isDamaged ? readStateFile(stateFiles.identityCopy(folder), identitySchema, tell) : identity;
}

/** What enrolment says of a box, as members of its configuration. */
function ofIdentity({ box, agency, contacts, broker }: Identity, folder: string): unknown {
  const files = {
    caFile: stateFiles.serverAuthority(folder),
    certFile: stateFiles.credential(folder),
    keyFile: stateFiles.credential(folder),
  };
  return { box, agency, ...(contacts.length === 0 ? {} : { contacts }), uplink: { url: broker, ...files } };
}

function readDocument(path: string | undefined): unknown {
  if (path === undefined) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`cannot read the configuration ${path}: ${reasonOf(error)}`);
  }
}

function checkedConfig(document: unknown, what: string): BoxConfig {
  const parsed = boxConfigSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new UserError(`${what} is not valid: ${faultsOf(parsed.error)}`);
}

function faultsOf(error: z.ZodError | undefined): string {
  return (error?.issues ?? []).map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`).join('; ');
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
