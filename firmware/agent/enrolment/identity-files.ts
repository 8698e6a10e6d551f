/**
 * The identity folder of a box: who it is, its key and certificate (one file, so that they never part), the authorities, and what an enrolment that is
 * under way has got so far. Every file is replaced whole. The order of writing makes a power cut at any moment harmless.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type ClaimFile, contactSchema } from '../../contract/claim.ts';
import { replaceFile } from '../whole-file.ts';

/** Paths that other parts of the box know too. All lie in one folder. */
export interface IdentityPaths {
  folder: string;
  /** Who the box is; its presence says that the box is enrolled. */
  identity: string;
  /** The same, where that one is damaged. */
  identityCopy: string;
  /** Key and certificate, PEM, in one file. */
  credential: string;
  serverAuthority: string;
  boxesAuthority: string;
}

/** Of the indicators' repository, as the claim brought it. */
export const rootPath = ({ folder }: Pick<IdentityPaths, 'folder'>) => join(folder, 'root.json');
const pendingPath = ({ folder }: Pick<IdentityPaths, 'folder'>) => join(folder, 'pending.json');

const text = z.string();
/** All that a certificate makes of a box. */
const newIdentitySchema = z.object({
  certificate: text,
  serverAuthority: text,
  boxesAuthority: text,
  root: text.optional(),
  identity: z.object({
    box: text,
    agency: text,
    contacts: z.array(contactSchema),
    broker: text,
    director: z.array(text),
    intelligence: z.object({ url: text, channel: text }).optional(),
    enrolled: text,
  }),
});
export type NewIdentity = z.infer<typeof newIdentitySchema>;

const pendingSchema = z.object({
  schema: z.literal('pending/1'),
  claim: text.meta({ description: 'for which this key was made' }),
  box: text,
  key: text,
  csr: text,
  issued: newIdentitySchema.optional().meta({ description: 'from here on the box is enrolled; what is left is writing it down' }),
});
export type Pending = z.infer<typeof pendingSchema>;

/** An enrolment that is under way. A damaged file counts as none: the key is made anew. */
export function readPending(paths: IdentityPaths): Pending | undefined {
  try {
    return pendingSchema.parse(JSON.parse(readFileSync(pendingPath(paths), 'utf8')));
  } catch {
    return undefined;
  }
}

export function writePending(paths: IdentityPaths, pending: Pending): void {
  mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
  replaceFile(pendingPath(paths), JSON.stringify(pending));
}

export function removePending(paths: IdentityPaths): void {
  rmSync(pendingPath(paths), { force: true });
}

/** Makes the box what the certificate says it is. `identity` is written last; done again after a power cut, it does the same. */
export function adoptIdentity(paths: IdentityPaths, { key, issued }: { key: string; issued: NewIdentity }): void {
  replaceFile(paths.serverAuthority, issued.serverAuthority);
  replaceFile(paths.boxesAuthority, issued.boxesAuthority);
  if (issued.root !== undefined) replaceFile(rootPath(paths), issued.root);
  replaceFile(paths.credential, credentialOf(key, issued.certificate));
  const identity = `${JSON.stringify(issued.identity, null, 2)}\n`;
  replaceFile(paths.identityCopy, identity);
  replaceFile(paths.identity, identity);
}

export function credentialOf(key: string, certificate: string): string {
  return `${key.trim()}\n${certificate.trim()}\n`;
}

export function identityOf(claim: ClaimFile, certificate: string, enrolledMs: number): NewIdentity {
  const { box, agency, contacts, broker, director, intelligence, serverAuthority, boxesAuthority } = claim;
  return {
    certificate,
    serverAuthority,
    boxesAuthority,
    ...(intelligence === undefined ? {} : { root: intelligence.root }),
    identity: {
      box,
      agency,
      contacts,
      broker,
      director,
      ...(intelligence === undefined ? {} : { intelligence: { url: intelligence.url, channel: intelligence.channel } }),
      enrolled: new Date(enrolledMs).toISOString(),
    },
  };
}
