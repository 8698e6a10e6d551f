/**
 * The folder of a centre: where its authorities, keys, broker, register and indicators lie, and `centre.json`, which says by what name boxes reach
 * it. Made by `vonggac-centre init`; found by every other command.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from './command/user-error.ts';
import type { BrokerAccess } from './connection.ts';

const host = z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be a host name or an address');
const port = z.int().min(1).max(65_535);

export const centreSchema = z.strictObject({
  schema: z.literal('centre/1'),
  name: z.string().min(1).max(200).meta({ description: 'of the centre, for people' }),
  host: host.meta({ description: 'by which boxes reach the broker' }),
  otherHosts: z.array(host).max(10).default([]).meta({ description: 'more names and addresses of the same servers' }),
  port: port.default(8883).meta({ description: 'for boxes' }),
  servicePort: port.default(8884).meta({ description: 'for the services of the centre' }),
  claimPort: port.default(8885).meta({ description: 'for claims alone' }),
  serviceHost: host.default('127.0.0.1').meta({ description: 'by which the services reach the broker' }),
  store: z.string().default('centre.db').meta({ description: 'a SQLite file (relative to this folder), or postgres://…' }),
  keysFolder: z.string().optional().meta({ description: 'where the private keys are, if not here: separate media' }),
  reloadBroker: z.array(z.string()).min(1).default(['systemctl', 'reload', 'vonggac-broker']).meta({
    description: 'program (relative to this folder, or found by the system) and arguments that make the broker read its files anew',
  }),
  broker: z
    .strictObject({
      bind: host.optional().meta({ description: 'address to listen on for boxes and claims; absent: every one' }),
      user: z.string().meta({ description: 'whom the broker runs as' }),
      stateFolder: z
        .string()
        .default('broker-state')
        .meta({ description: 'what the broker keeps over a restart (relative to this folder)' }),
      logFolder: z.string().default('broker-log').meta({ description: 'the log of refusals (relative to this folder)' }),
      bridgeId: z
        .string()
        .regex(/^[0-9a-f]{32}$/)
        .meta({ description: 'random; of the bridge from the broker for claims to the other one' }),
    })
    .optional()
    .meta({ description: 'absent: the broker was set up in another way' }),
  ownNames: z
    .array(z.string())
    .max(100)
    .default([])
    .meta({ description: 'names and addresses of the centre that no list may ever condemn' }),
  serve: z
    .strictObject({ host, port: port.default(8443) })
    .optional()
    .meta({ description: 'where boxes fetch releases of indicators by HTTPS' }),
  channel: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .default('main')
    .meta({ description: 'of the releases of indicators' }),
});
export type Centre = z.infer<typeof centreSchema>;

/** Paths below the folder; nothing else knows them. The servers' authority signs servers and services of the centre, the other one boxes only. */
export const centreFiles = {
  settings: 'centre.json',
  passphrase: 'passphrase',
  serversAuthority: 'authority/servers.crt',
  serversKey: 'authority/servers.key',
  boxesAuthority: 'authority/boxes.crt',
  boxesKey: 'authority/boxes.key',
  directorPublic: 'director/director.pub',
  directorKey: 'director/director.key',
  /** Boxes obey it too, from the first day: it lies in a safe until the other one is lost. */
  sparePublic: 'director/spare.pub',
  spareKey: 'director/spare.key',
  register: 'register.db',
  broker: 'broker',
  services: 'services',
  claims: 'claims',
  intelligence: 'intel',
} as const;

export interface CentreFolder {
  path: string;
  centre: Centre;
  /** Absolute path of one of `centreFiles`; private keys may lie elsewhere. */
  file: (name: keyof typeof centreFiles) => string;
}

const keyNames: ReadonlySet<string> = new Set<keyof typeof centreFiles>(['serversKey', 'boxesKey', 'directorKey', 'spareKey']);
const usualFolder = '/var/lib/vonggac-centre';

/** The folder named, or $VONGGAC_CENTRE, or here, or the usual place. Throws a `UserError` where there is no centre. */
export function openCentreFolder(named: string | undefined, environment: NodeJS.ProcessEnv = process.env): CentreFolder {
  const given = named ?? environment.VONGGAC_CENTRE;
  const candidates = given === undefined ? ['.', usualFolder] : [given];
  const path = candidates.map((candidate) => resolve(candidate)).find((candidate) => existsSync(join(candidate, centreFiles.settings)));
  if (path === undefined) {
    const where = given ?? `. and ${usualFolder}`;
    throw new UserError(`there is no centre in ${where}: make one with vonggac-centre init DIR, or name its folder with --centre DIR`);
  }
  return centreFolderAt(path, readCentre(join(path, centreFiles.settings)));
}

export function centreFolderAt(path: string, centre: Centre): CentreFolder {
  const file = (name: keyof typeof centreFiles) =>
    keyNames.has(name) && centre.keysFolder !== undefined
      ? resolve(path, centre.keysFolder, centreFiles[name])
      : join(path, centreFiles[name]);
  return { path, centre, file };
}

function readCentre(path: string): Centre {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = centreSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UserError(`${path} is not valid: ${issue?.path.join('.') || '(top)'}: ${issue?.message ?? ''}`);
}

/** PEM, in the folder of the services. `serve` is the HTTPS server, the others are clients of the broker. */
export function serviceFiles({ file }: CentreFolder, name: string): { certFile: string; keyFile: string } {
  return { certFile: join(file('services'), `${name}.crt`), keyFile: join(file('services'), `${name}.key`) };
}

/** How a service of the centre reaches the broker: `ingest`, `watch`, `director`, `registrar`. */
export function serviceAccess(folder: CentreFolder, name: string): BrokerAccess {
  const { serviceHost, servicePort } = folder.centre;
  return { url: `mqtts://${serviceHost}:${servicePort}`, caFile: folder.file('serversAuthority'), ...serviceFiles(folder, name) };
}

/** Where the store of the ingest is. */
export function storeLocation({ path, centre }: CentreFolder): string {
  return /^postgres(ql)?:\/\//i.test(centre.store) ? centre.store : resolve(path, centre.store);
}
