/** The options of `init` and the settings that a folder has already -> its settings from now on, written before anything else. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { secretMode, writeWhole } from '../authority/whole-file.ts';
import { writtenFiles } from '../broker/layout.ts';
import { type Centre, type CentreFolder, centreFiles, centreFolderAt, centreSchema, openCentreFolder } from '../centre-folder.ts';
import type { InitFlags } from '../command/init.ts';
import { UserError } from '../command/user-error.ts';
import { brokerUser } from './broker-user.ts';

const folderMode = 0o700;
/** What a file system or a killed run may have left in an empty folder. */
const isNothing = (name: string) =>
  name.startsWith('.') || name === 'lost+found' || (name.startsWith(centreFiles.settings) && name.endsWith('.new'));

/** Makes the folder where there is none. Throws a `UserError` where there is something else, or an option is not valid. */
export function settledFolder(named: string, flags: InitFlags): CentreFolder {
  const path = resolve(named);
  const isThere = existsSync(join(path, centreFiles.settings));
  if (!isThere) requireEmpty(path);
  const former = isThere ? openCentreFolder(path, {}).centre : undefined;
  const settings = centreSchema.safeParse(settingsOf(path, flags, former));
  if (!settings.success) {
    const issue = settings.error.issues[0];
    throw new UserError(`${issue?.path.join('.') ?? 'settings'}: ${issue?.message ?? ''}`);
  }
  requirePortEach(settings.data);
  mkdirSync(path, { recursive: true, mode: folderMode });
  if (JSON.stringify(former) !== JSON.stringify(settings.data))
    writeWhole(join(path, centreFiles.settings), `${JSON.stringify(settings.data, undefined, 2)}\n`, secretMode);
  return centreFolderAt(path, settings.data);
}

function settingsOf(path: string, flags: InitFlags, former: Centre | undefined): object {
  const [host, ...otherHosts] = flags.host ?? [];
  const main = host ?? former?.host ?? hostname();
  const broker = former?.broker;
  return {
    ...former,
    schema: 'centre/1',
    name: flags.name ?? former?.name ?? 'Vọng Gác',
    host: main,
    otherHosts: host === undefined ? (former?.otherHosts ?? []) : otherHosts,
    ...given({ port: flags.port, servicePort: flags.servicePort, claimPort: flags.claimPort }),
    ...given({ keysFolder: flags.keys === undefined ? undefined : resolve(flags.keys) }),
    serve: { ...former?.serve, host: host ?? former?.serve?.host ?? main, ...given({ port: flags.servePort }) },
    // Looks at the files first, and needs no systemd. Relative, so that the folder may move.
    reloadBroker: former?.reloadBroker ?? [join(centreFiles.broker, writtenFiles.reload)],
    broker: {
      bridgeId: randomBytes(16).toString('hex'),
      ...broker,
      user: flags.user ?? broker?.user ?? brokerUser(path),
      ...given({
        bind: flags.bind,
        stateFolder: flags.state === undefined ? undefined : resolve(flags.state),
        logFolder: flags.log === undefined ? undefined : resolve(flags.log),
      }),
    },
  };
}

/** Without what was not given, which leaves the former value or the default. */
function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function requireEmpty(path: string): void {
  let names: string[];
  try {
    names = readdirSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return;
    throw new UserError(`${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
  const found = names.find((name) => !isNothing(name));
  if (found !== undefined) throw new UserError(`${path} is no centre, and not empty (${found}): name a new folder`);
}

function requirePortEach({ port, servicePort, claimPort, serve }: Centre): void {
  const ports = [port, servicePort, claimPort, serve?.port];
  if (new Set(ports).size < ports.length)
    throw new UserError(
      `boxes, services, claims and indicators need a port each, not ${ports.join(', ')} (--port, --service-port, --claim-port, --serve-port)`,
    );
}
