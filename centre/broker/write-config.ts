/** A layout -> the files of the broker's configuration in its folder: all of them or, where a person has edited one, none. Touches no key. */
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { boxesAccess, logFilterAccess, servicesAccess } from './access.ts';
import { type FileState, type GeneratedFile, replace, stateOf } from './generated-file.ts';
import { type BrokerLayout, placedFiles, writtenFiles } from './layout.ts';
import { logFilter } from './log-filter.ts';
import { mosquittoConfiguration, tlsConfiguration } from './mosquitto-conf.ts';
import { brokerReadme } from './readme.ts';
import { reloadScript, startScript } from './scripts.ts';
import { brokerUnit } from './unit.ts';

export interface WrittenConfig {
  files: readonly { path: string; state: FileState }[];
  /** Files that people have yet to put in place, and those that everybody may read though nobody should. */
  missing: readonly string[];
  exposed: readonly string[];
}

/** What the broker trusts and who may do what is nobody's business; the unit and the guide are for all. */
const modes = { secret: 0o640, program: 0o750, open: 0o644 } as const;

export function filesOf(layout: BrokerLayout): readonly GeneratedFile[] {
  const texts: Record<keyof typeof writtenFiles, [string, number]> = {
    configuration: [mosquittoConfiguration(layout), modes.secret],
    boxesAccess: [boxesAccess(), modes.secret],
    servicesAccess: [servicesAccess(), modes.secret],
    logFilterAccess: [logFilterAccess(), modes.secret],
    tls: [tlsConfiguration(), modes.secret],
    start: [`#!/bin/bash\n${startScript(layout)}`, modes.program],
    reload: [`#!/bin/bash\n${reloadScript(layout)}`, modes.program],
    logFilter: [logFilter(), modes.secret],
    unit: [brokerUnit(layout), modes.open],
    readme: [brokerReadme(layout), modes.open],
  };
  return Object.entries(writtenFiles).map(([key, name]) => {
    const [text, mode] = texts[key as keyof typeof writtenFiles];
    return { path: join(layout.folder, name), text, mode };
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

/** Rejects with `EditedFiles` unless forced, and with the system's error where a file cannot be read or written. */
export async function writeBrokerConfig(layout: BrokerLayout, options: { force?: boolean } = {}): Promise<WrittenConfig> {
  const files = await Promise.all(filesOf(layout).map(async (file) => ({ file, state: await stateOf(file) })));
  const edited = files.filter(({ state }) => state === 'edited').map(({ file }) => file.path);
  if (edited.length > 0 && !options.force) throw new EditedFiles(edited);
  for (const { file, state } of files) if (state !== 'same') await replace(file);
  return { files: files.map(({ file, state }) => ({ path: file.path, state })), ...(await placedIn(layout.folder)) };
}

async function placedIn(folder: string): Promise<{ missing: string[]; exposed: string[] }> {
  const missing: string[] = [];
  for (const name of Object.values(placedFiles)) {
    const isThere = await access(join(folder, name), constants.F_OK).then(
      () => true,
      () => false,
    );
    if (!isThere) missing.push(name);
  }
  const key = await stat(join(folder, placedFiles.key)).catch(() => undefined);
  const isExposed = key !== undefined && (key.mode & 0o007) !== 0;
  return { missing, exposed: isExposed ? [placedFiles.key] : [] };
}
