/**
 * `vonggac intel load`: a release of indicators on a stick or in a folder -> verified by the same signatures as one from the line, and left for the agent,
 * which takes it up within seconds. For boxes that have no way to the repository.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FetchFault, fetchBy } from '../agent/intel/fetch-process.ts';
import { offeredFile } from '../agent/intel/release-store.ts';
import { replaceFile } from '../agent/whole-file.ts';
import { outboxFolder, readBoxConfig } from '../config.ts';
import { type Language, languageOf } from '../contract/language.ts';
import { readStateFile, releaseInUseSchema, stateFiles } from '../state-folder.ts';
import { releaseDate } from '../version.ts';
import { UserError } from './user-error.ts';

/** A stick is no line to be shared. */
const bytesPerSecondMax = 1e9;
const fetcher = fileURLToPath(new URL('../fetcher/main.ts', import.meta.url));

export interface IntelLoadOptions {
  config?: string;
  json?: boolean;
  lang?: Language;
}

const words = {
  older: {
    vi: (version: number, running: number) => `Bản phát hành ${version} không mới hơn bản đang dùng (${running}); không có gì thay đổi.`,
    en: (version: number, running: number) => `Release ${version} is not newer than the one in use (${running}); nothing is changed.`,
  },
  loaded: {
    vi: (version: number) => `Đã kiểm tra chữ ký của bản phát hành ${version}. Thiết bị sẽ dùng nó trong vài giây, nếu phần mềm đang chạy.`,
    en: (version: number) => `Release ${version} has the right signatures. The box takes it up within seconds if its software is running.`,
  },
} as const;

/** Throws a `UserError` where there is no repository, or it is not to be believed. */
export async function intelLoad(folder: string, options: IntelLoadOptions): Promise<void> {
  const { config, identity } = readBoxConfig(options.config);
  const state = outboxFolder(config);
  const rootFile = identity?.intelligence === undefined ? config.releases.rootFile : stateFiles.root(state);
  if (rootFile === undefined || !existsSync(rootFile))
    throw new UserError('this box knows no root of signatures: enrol it, or name releases.rootFile in its configuration');
  const timestamp = join(folder, 'metadata', 'timestamp.json');
  if (!existsSync(timestamp))
    throw new UserError(`${folder} holds no repository of releases: copy the centre’s folder intel/repository, with metadata and targets`);
  becomeOwnerOf(state);
  if (!isReadable(timestamp))
    throw new UserError(`${folder} cannot be read by the user that the software of this box runs as: copy it into /tmp first`);
  const channel = identity?.intelligence?.channel ?? 'main';
  const intelligence = stateFiles.intelligenceFolder(state);
  const inUse = readStateFile(stateFiles.release(state), releaseInUseSchema);
  const order = {
    release: { channel },
    repository: { folder: resolve(folder) },
    folder: intelligence,
    rootFile: resolve(rootFile),
    ...(inUse === undefined ? {} : { from: { release: inUse.release, file: join(intelligence, inUse.file) } }),
    trustedMs: Math.max(Date.now(), Date.parse(releaseDate)),
    bytesPerSecondMax,
  };
  const { release } = await fetchBy(fetcher)(order, new AbortController().signal).catch((error: unknown) => {
    throw error instanceof FetchFault ? new UserError(`${folder}: ${error.message} (${error.code})`) : error;
  });
  const lang = options.lang ?? languageOf(process.env);
  const isNewer = release.version > (inUse?.release.version ?? 0);
  if (isNewer) replaceFile(offeredFile(intelligence), JSON.stringify({ release }));
  const text = isNewer ? words.loaded[lang](release.version) : words.older[lang](release.version, inUse?.release.version ?? 0);
  process.stdout.write(`${options.json === true ? JSON.stringify({ release, isNewer }) : text}\n`);
}

/** Whoever types this with sudo must leave nothing behind that the agent cannot read or replace; and a stick may hold anything. */
function becomeOwnerOf(state: string): void {
  if (process.getuid?.() !== 0) return;
  const folders = [stateFiles.intelligenceFolder(state), stateFiles.configFolder(state), dirname(stateFiles.identity(state)), state];
  const owner = folders.map((folder) => statSync(folder, { throwIfNoEntry: false })).find((stat) => stat !== undefined && stat.uid !== 0);
  if (owner === undefined) return;
  process.setgroups?.([owner.gid]);
  process.setgid?.(owner.gid);
  process.setuid?.(owner.uid);
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
