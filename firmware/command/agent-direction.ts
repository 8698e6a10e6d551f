/** The parts of the agent that obey the director, for a box that knows whom to obey: keys, files and commands handed to `agent/direction.ts`. Wiring. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { CommandFault } from '../agent/command/command-desk.ts';
import { Direction, type DirectionParts } from '../agent/direction.ts';
import { fetchBy } from '../agent/intel/fetch-process.ts';
import { ReleaseStore } from '../agent/intel/release-store.ts';
import type { AgentSettings, DirectedAgent } from '../agent/main.ts';
import { type BoxConfig, type BoxConfigInForce, boxConfigSchema } from '../config.ts';
import { laidOver } from '../overlay.ts';
import { commandAnswerBytesMax, commandHostsPerValueMax, retroMatch } from '../retro-match.ts';
import { settingsFaultsFor } from '../settings.ts';
import { readStateFile, type SettingsInForce, stateFiles } from '../state-folder.ts';
import { releaseDate } from '../version.ts';
import { exitRestart } from './child-state.ts';
import { identityPaths } from './enrol.ts';
import { UserError } from './user-error.ts';

/** An answer to the last command is on its way meanwhile. */
const restartAfterMs = 1_000;
const fetcher = fileURLToPath(new URL('../fetcher/main.ts', import.meta.url));

export interface DirectionSetup {
  found: BoxConfigInForce;
  folder: string;
  boot: string;
  /** What the doctor finds, as the centre shows it. */
  doctor: () => Promise<readonly object[]>;
  /** Ends the agent in order, with this status. */
  end: (exitCode: number) => void;
  log: Logger;
}

/** Undefined where nobody has told this box whom to obey. Throws a `UserError` where a key cannot be read. */
export function directionFor(setup: DirectionSetup): ((agent: DirectedAgent) => Direction) | undefined {
  const directorKeys = directorKeysOf(setup.found);
  return directorKeys.length === 0 ? undefined : (agent) => new Direction(partsOf(setup, directorKeys, agent));
}

function directorKeysOf({ identity, config }: BoxConfigInForce): KeyObject[] {
  const pems = [...(identity?.director ?? []), ...(config.directorKeys ?? []).map(readKey)];
  return pems.map((pem) => {
    try {
      const key = createPublicKey(pem);
      if (key.asymmetricKeyType === 'ed25519') return key;
    } catch {
      // Told below, as for a key of another kind.
    }
    throw new UserError('a key of the director is no Ed25519 public key in PEM form');
  });
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`the director’s key ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function partsOf(setup: DirectionSetup, directorKeys: readonly KeyObject[], agent: DirectedAgent): DirectionParts {
  const { found, folder, boot, end, log } = setup;
  const { config, identity } = found;
  const root = identity?.intelligence === undefined ? config.releases.rootFile : stateFiles.root(folder);
  const effective = (inForce: SettingsInForce | undefined) => boxConfigSchema.parse(laidOver(found.own, inForce?.settings ?? {}));
  let bandwidth = config.bandwidth;
  return {
    box: config.box,
    boot,
    directorKeys,
    files: {
      configFolder: stateFiles.configFolder(folder),
      inForce: stateFiles.settings(folder),
      time: join(stateFiles.configFolder(folder), 'time.json'),
      commandJournal: stateFiles.commandJournal(folder),
    },
    builtMs: Date.parse(releaseDate),
    clock: agent.clock,
    check: (settings) => settingsFaultsFor(found.own, settings),
    apply: (inForce) => {
      const settings = effective(inForce);
      bandwidth = settings.bandwidth;
      agent.change(settingsOf(settings));
    },
    limits: { trialMs: config.trialSeconds * 1_000 },
    uplink: agent.uplink,
    sensor: agent.sensor,
    ledger: agent.ledger,
    handlers: handlersOf(setup, agent),
    intelligence: {
      store: new ReleaseStore(stateFiles.intelligenceFolder(folder), { read: readStateFile }),
      repository: () => repositoryOf(found),
      rootFile: root ?? stateFiles.root(folder),
      bytesPerSecondMax: () => bandwidth.bytesPerSecondMax,
      fetch: fetchBy(fetcher),
      limits: {
        spreadMs: config.releases.spreadSeconds * 1_000,
        trialMs: config.releases.trialSeconds * 1_000,
        stormAlertsMax: config.releases.stormAlertsMax,
      },
    },
    certificate: identity && { paths: identityPaths(folder), onNew: () => setTimeout(() => end(exitRestart), restartAfterMs) },
    log,
  };
}

function settingsOf({ agency, lang, capture, healthIntervalSeconds, healthSummarySeconds, panel, duty }: BoxConfig): AgentSettings {
  const named = { ...(agency === undefined ? {} : { agency }), ...(capture === undefined ? {} : { capture }) };
  return { ...named, lang, healthIntervalSeconds, healthSummarySeconds, panel, duty };
}

function repositoryOf({ identity, config }: BoxConfigInForce) {
  const url = identity?.intelligence?.url ?? config.releases.url;
  const { caFile, certFile, keyFile } = config.uplink ?? {};
  if (url === undefined) return undefined;
  return { url, ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
}

function handlersOf({ folder, doctor, end }: DirectionSetup, { sensor, identify, testLamps }: DirectedAgent): DirectionParts['handlers'] {
  return {
    identify: async ({ seconds }) => identify(seconds),
    'lamp-test': async () => testLamps(),
    restart: async ({ process: name }) => {
      if (name === 'agent') setTimeout(() => end(exitRestart), restartAfterMs);
      else if (!sensor.isConnected) throw new CommandFault('failed', 'there is no sensor to be restarted');
      else sensor.tellRestart();
    },
    doctor: async () => ({ findings: await doctor() }),
    'retro-match': ({ values, days }) => {
      const bounds = { hostsPerValueMax: commandHostsPerValueMax, bytesMax: commandAnswerBytesMax };
      return retroMatch({ folder: stateFiles.memoryFolder(folder), values, days, nowMs: Date.now(), ...bounds });
    },
  };
}
