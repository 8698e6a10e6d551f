/** What the centre knows of itself and of a claim -> the file that is laid on the card of the box. Only the box and the centre may know its code. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { dirname, join } from 'node:path';
import { type ClaimFile, claimFileName, claimFileSchema } from '../../firmware/contract/claim.ts';
import type { CentreFolder } from '../centre-folder.ts';
import { UserError } from '../command/user-error.ts';
import type { NewBox } from '../register/boxes.ts';
import type { NewClaim } from '../register/claims.ts';

/** What all claims of a centre have in common. */
export type CentreWords = Pick<ClaimFile, 'claimBroker' | 'broker' | 'serverAuthority' | 'boxesAuthority' | 'director' | 'intelligence'>;

/** Rejects with a `UserError` where a file of the centre is missing. */
export async function centreWords(folder: CentreFolder): Promise<CentreWords> {
  const { host, port, claimPort, serve, channel } = folder.centre;
  const root = serve === undefined ? undefined : await trustedRoot(folder);
  const address = (where: string, at: number) => `${isIPv6(where) ? `[${where}]` : where}:${at}`;
  return {
    claimBroker: `mqtts://${address(host, claimPort)}`,
    broker: `mqtts://${address(host, port)}`,
    serverAuthority: textOf(folder, 'serversAuthority'),
    boxesAuthority: textOf(folder, 'boxesAuthority'),
    director: [textOf(folder, 'directorPublic'), ...(existsSync(folder.file('sparePublic')) ? [textOf(folder, 'sparePublic')] : [])],
    ...(serve === undefined || root === undefined
      ? {}
      : { intelligence: { url: `https://${address(serve.host, serve.port)}`, channel, root } }),
  };
}

export function claimFileOf(words: CentreWords, { box, agency, contacts }: NewBox, { claim, code, expiresMs }: NewClaim): string {
  const expires = new Date(expiresMs).toISOString();
  const file = claimFileSchema.parse({ schema: 'claim/1', claim, code, box, agency, contacts, ...words, expires });
  return `${JSON.stringify(file, null, 2)}\n`;
}

export function claimPath(out: string, box: string): string {
  return join(out, box, claimFileName);
}

/** For the owner alone. Throws the error of the system. */
export function writeClaimFile(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // The mode is given at the making only.
  rmSync(path, { force: true });
  writeFileSync(path, content, { mode: 0o600 });
}

function textOf(folder: CentreFolder, name: 'serversAuthority' | 'boxesAuthority' | 'directorPublic' | 'sparePublic'): string {
  const path = folder.file(name);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(
      `${path} cannot be read, and no box could trust this centre without it: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Whom boxes trust for indicators. Undefined where the centre publishes none yet. What makes releases is loaded only where there are some. */
async function trustedRoot(folder: CentreFolder): Promise<string | undefined> {
  const { repositoryOf } = await import('../intel/repository/repository.ts');
  const repository = repositoryOf(folder);
  return repository.exists ? repository.trustedRoot() : undefined;
}
