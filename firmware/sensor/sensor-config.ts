/**
 * What the sensor runs with: the file of the box, with the settings of the centre laid over it where they can be used. Says what of another
 * configuration a running sensor takes up, and what only a new process can. Reads files; changes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../command/user-error.ts';
import { type BoxConfig, type BoxConfigInForce, boxConfigSchema, outboxFolder, readBoxConfig } from '../config.ts';
import type { SensorReport } from '../contract/health.ts';
import { stateFiles } from '../state-folder.ts';
import type { SourceConfig } from './capture/configured-source.ts';
import { givenFaults } from './intel/given-faults.ts';

export interface SensorConfig {
  config: BoxConfig & { capture: SourceConfig };
  /** Which settings of the centre these are, or why those in the state folder are not among them. */
  settings: NonNullable<SensorReport['settings']>;
  /** Who gave the indicators in the configuration. */
  givenSource: 'centre' | 'config';
  release: BoxConfigInForce['release'];
  /** Why the state folder does not say which release to use; the one in use stays then. */
  releaseError: string | undefined;
}

/** What an error says of itself at most: it travels with every report. */
const errorCharactersMax = 1000;

const noCapture = 'the configuration has no "capture": give capture.interface (or capture.file)';

/**
 * Throws a `UserError` where the file of the box itself is wrong. `refused`: the settings of the centre are known not to work, for this reason: the
 * file of the box stands alone then.
 */
export function readSensorConfig(path: string | undefined, refused?: string): SensorConfig {
  const box = readBoxConfig(path);
  const { config, inForce, release } = box;
  const { ofSettings, ofRelease } = faultsOf(box);
  const found = { release, releaseError: ofRelease };
  if (inForce === undefined) {
    return { ...found, config: usable(config), settings: ofSettings === undefined ? {} : { error: ofSettings }, givenSource: 'config' };
  }
  const fault = refused ?? faultOf(config);
  if (fault !== undefined) return { ...found, config: withoutSettings(box), settings: { error: bounded(fault) }, givenSource: 'config' };
  const { seq, hash, settings } = inForce;
  return { ...found, config: usable(config), settings: { seq, hash }, givenSource: 'indicators' in settings ? 'centre' : 'config' };
}

/** Changed, these need a new process: what is observed, from where, and in whose name. */
const ofAProcess = [
  'box',
  'outbox',
  'socket',
  'intel',
  'allow',
  'capture',
  'homeNetworks',
  'hostsMax',
  'flows',
  'streams',
  'memory',
] as const;

export function needsNewProcess(running: BoxConfig, next: BoxConfig): boolean {
  return ofAProcess.some((name) => !isDeepStrictEqual(running[name], next[name]));
}

export function bounded(text: string): string {
  return text.slice(0, errorCharactersMax);
}

/** What is wrong with identity and key is for the agent to tell. */
function faultsOf({ config, faults }: BoxConfigInForce): { ofSettings: string | undefined; ofRelease: string | undefined } {
  const folder = outboxFolder(config);
  const isOf = (file: string) => (text: string) => text.startsWith(file);
  const joined = (texts: readonly string[]) => (texts.length === 0 ? undefined : bounded(texts.join('; ')));
  const isOfRelease = isOf(stateFiles.release(folder));
  const isOfIdentity = isOf(stateFiles.identity(folder));
  return {
    ofSettings: joined(faults.filter((text) => !isOfRelease(text) && !isOfIdentity(text))),
    ofRelease: joined(faults.filter(isOfRelease)),
  };
}

function faultOf(config: BoxConfig): string | undefined {
  if (!hasCapture(config)) return noCapture;
  const faults = givenFaults(config).map(({ path, message }) => `${path}: ${message}`);
  return faults.length === 0 ? undefined : faults.join('; ');
}

function hasCapture({ capture }: BoxConfig): boolean {
  return capture?.interface !== undefined || capture?.file !== undefined;
}

function usable(config: BoxConfig): SensorConfig['config'] {
  const fault = faultOf(config);
  if (fault !== undefined || config.capture === undefined) throw new UserError(fault ?? noCapture);
  return { ...config, capture: config.capture };
}

/** The file of the box alone. One that names no capture watches where the centre wants it to, unfiltered: better than not at all. */
function withoutSettings({ own, config: { capture } }: BoxConfigInForce): SensorConfig['config'] {
  const parsed = boxConfigSchema.safeParse(own);
  if (!parsed.success) throw new UserError(`the configuration with the identity of this box is not valid: ${parsed.error.message}`);
  if (hasCapture(parsed.data) || capture === undefined) return usable(parsed.data);
  return usable({ ...parsed.data, capture: { ...capture, filter: '' } });
}
