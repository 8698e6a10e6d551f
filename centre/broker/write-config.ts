/** A layout -> the files of the broker's configuration in its folder: all of them or, where a person has edited one, none. Touches no key. */
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { boxesAccess, claimsAccess, logFilterAccess, servicesAccess } from './access.ts';
import { claimsConfiguration } from './claims-conf.ts';
import { type FileState, type GeneratedFile, replace, stateOf } from './generated-file.ts';
import { type BrokerLayout, placedClaimsFiles, placedFiles, writtenClaimsFiles, writtenFiles } from './layout.ts';
import { logFilter } from './log-filter.ts';
import { mosquittoConfiguration, tlsConfiguration } from './mosquitto-conf.ts';
import { brokerReadme } from './readme.ts';
import { reloadScript, startClaimsScript, startScript } from './scripts.ts';
import { brokerUnit, claimsUnit } from './unit.ts';

export interface WrittenConfig {
  files: readonly { path: string; state: FileState }[];
  /** Files that people have yet to put in place, and those that everybody may read though nobody should. */
  missing: readonly string[];
  exposed: readonly string[];
}

/** What the broker trusts and who may do what is nobody's business; the unit and the guide are for all. */
const modes = { secret: 0o640, program: 0o750, open: 0o644 } as const;

type Texts<Names> = Record<keyof Names, [string, number]>;

/** `revoked`: boxes that may do nothing. */
function filesOf(layout: BrokerLayout, revoked: readonly string[]): readonly GeneratedFile[] {
  const texts: Texts<typeof writtenFiles> = {
    configuration: [mosquittoConfiguration(layout), modes.secret],
    boxesAccess: [boxesAccess(revoked), modes.secret],
    servicesAccess: [servicesAccess(), modes.secret],
    logFilterAccess: [logFilterAccess(), modes.secret],
    tls: [tlsConfiguration(), modes.secret],
    start: [`#!/bin/bash\n${startScript(layout)}`, modes.program],
    reload: [`#!/bin/bash\n${reloadScript(layout)}`, modes.program],
    logFilter: [logFilter(), modes.secret],
    unit: [brokerUnit(layout), modes.open],
    readme: [brokerReadme(layout), modes.open],
  };
  return [...placed(layout.folder, writtenFiles, texts), ...claimsFilesOf(layout)];
}

function claimsFilesOf(layout: BrokerLayout): GeneratedFile[] {
  const { claims } = layout;
  if (claims === undefined) return [];
  return placed(layout.folder, writtenClaimsFiles, {
    configuration: [claimsConfiguration(layout, claims), modes.secret],
    access: [claimsAccess(), modes.secret],
    start: [`#!/bin/bash\n${startClaimsScript(layout)}`, modes.program],
    unit: [claimsUnit(layout), modes.open],
  });
}

function placed<Names extends Record<string, string>>(folder: string, names: Names, texts: Texts<Names>): GeneratedFile[] {
  return Object.entries(names).map(([key, name]) => {
    const [text, mode] = texts[key as keyof Names];
    return { path: join(folder, name), text, mode };
  });
}

/** Paths of files that a person has edited. */
export class EditedFiles extends Error {
  override readonly name = 'EditedFiles';
  readonly paths: readonly string[];

  constructor(paths: readonly string[]) {
    super(`edited by hand: ${paths.join(', ')}`);
    this.paths = paths;
  }
}

export interface WriteOptions {
  /** Replace what a person has edited too. */
  force?: boolean;
  /** Boxes that may do nothing. */
  revoked?: readonly string[];
}

/** Rejects with `EditedFiles` unless forced, and with the system's error where a file cannot be read or written. */
export async function writeBrokerConfig(layout: BrokerLayout, options: WriteOptions = {}): Promise<WrittenConfig> {
  const files = await Promise.all(filesOf(layout, options.revoked ?? []).map(async (file) => ({ file, state: await stateOf(file) })));
  const edited = files.filter(({ state }) => state === 'edited').map(({ file }) => file.path);
  if (edited.length > 0 && !options.force) throw new EditedFiles(edited);
  for (const { file, state } of files) if (state !== 'same') await replace(file);
  return { files: files.map(({ file, state }) => ({ path: file.path, state })), ...(await placedIn(layout)) };
}

/** The rights of boxes alone. Rejects with `EditedFiles` where a person has edited them. */
export async function writeBoxesAccess(layout: BrokerLayout, revoked: readonly string[]): Promise<void> {
  const file = { path: join(layout.folder, writtenFiles.boxesAccess), text: boxesAccess(revoked), mode: modes.secret };
  const state = await stateOf(file);
  if (state === 'edited') throw new EditedFiles([file.path]);
  if (state !== 'same') await replace(file);
}

async function placedIn({ folder, claims }: BrokerLayout): Promise<{ missing: string[]; exposed: string[] }> {
  const missing: string[] = [];
  const forClaims = claims === undefined ? [] : Object.values(placedClaimsFiles);
  for (const name of [...Object.values(placedFiles), ...forClaims]) {
    const isThere = await access(join(folder, name), constants.F_OK).then(
      () => true,
      () => false,
    );
    if (!isThere) missing.push(name);
  }
  const exposed: string[] = [];
  for (const name of [placedFiles.key, placedClaimsFiles.key]) {
    const key = await stat(join(folder, name)).catch(() => undefined);
    if (key !== undefined && (key.mode & 0o007) !== 0) exposed.push(name);
  }
  return { missing, exposed };
}
