/**
 * The files of the state folder that both processes of the box know: who the box is, which settings of the centre are in force, and which release of
 * indicators. The agent alone writes them, whole and by renaming; whoever reads one that is damaged goes on without it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { contactSchema } from './contract/claim.ts';
import { releaseSchema } from './contract/intelligence-message.ts';
import { boxIdPattern } from './contract/topics.ts';

export const stateFiles = {
  /** Who the box is: `identitySchema`. Beside it the key, the certificate and the authorities. */
  identity: (folder: string) => join(folder, 'identity', 'identity.json'),
  /** The same, where the card has damaged that one: nobody but the centre could say it again, at the box. */
  identityCopy: (folder: string) => join(folder, 'identity', 'identity.json.copy'),
  /** Key and certificate in one file, so that they never part. */
  credential: (folder: string) => join(folder, 'identity', 'box.pem'),
  serverAuthority: (folder: string) => join(folder, 'identity', 'servers.crt'),
  boxesAuthority: (folder: string) => join(folder, 'identity', 'boxes.crt'),
  /** Root of the repository of indicators, as the claim brought it; nothing ever changes it. */
  root: (folder: string) => join(folder, 'identity', 'root.json'),
  /** The settings in force: `settingsInForceSchema`. What they were before, and what was ordered, stands in the same folder. */
  settings: (folder: string) => join(folder, 'config', 'in-force.json'),
  configFolder: (folder: string) => join(folder, 'config'),
  /** Which release is in use: `releaseInUseSchema`. The compiled sets lie below. */
  release: (folder: string) => join(folder, 'intel', 'in-use.json'),
  intelligenceFolder: (folder: string) => join(folder, 'intel'),
  commandJournal: (folder: string) => join(folder, 'commands.json'),
  ledgerFolder: (folder: string) => join(folder, 'ledger'),
  memoryFolder: (folder: string) => join(folder, 'seen'),
} as const;

export const identitySchema = z.object({
  box: z.string().regex(boxIdPattern),
  agency: z.string(),
  contacts: z.array(contactSchema).default([]),
  broker: z.string(),
  director: z.array(z.string()).min(1).meta({ description: 'PEM of the public keys whose orders the box obeys' }),
  intelligence: z.object({ url: z.string(), channel: z.string() }).optional(),
  enrolled: z.string().meta({ description: 'when, RFC 3339' }),
});
export type Identity = z.infer<typeof identitySchema>;

export const settingsInForceSchema = z.object({
  seq: z.int().min(1),
  hash: z.string(),
  settings: z.record(z.string(), z.unknown()),
  release: releaseSchema.optional(),
});
export type SettingsInForce = z.infer<typeof settingsInForceSchema>;

export const releaseInUseSchema = z.object({
  release: releaseSchema,
  file: z.string().meta({ description: 'compiled set, relative to the folder of this file' }),
});
export type ReleaseInUse = z.infer<typeof releaseInUseSchema>;

/** Far more than any of these files has. */
const bytesMax = 4 * 1024 * 1024;

/** The content of a file; undefined where there is none, or it is damaged, which `onFault` is told of. */
export function readStateFile<T>(path: string, schema: z.ZodType<T>, onFault: (text: string) => void = () => undefined): T | undefined {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > bytesMax) throw new Error(`has ${bytes.length} bytes`);
    const parsed = schema.safeParse(JSON.parse(bytes.toString('utf8')));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    onFault(`${path} is not what it should be (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})`);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) onFault(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}
