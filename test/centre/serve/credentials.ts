/** For tests of the file server: an authority for boxes, one for the server, and a folder with what both sides need. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { Authority, newAuthority, newKeyPair } from '../../../centre/authority/authority.ts';

export interface ClientCredentials {
  cert: string;
  key: string;
}

export interface Credentials {
  folder: string;
  /** Signs the server. */
  ca: string;
  files: { certFile: string; keyFile: string; clientAuthorityFile: string; revokedFile: string };
  /** With a certificate of the boxes' authority; `isForeign`: of another one. */
  client(name: string, isForeign?: boolean): Promise<ClientCredentials>;
  revoke(name: string): Promise<void>;
}

const pemOfKey = (key: ReturnType<typeof newKeyPair>['privateKey']) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

async function authority(commonName: string): Promise<Authority> {
  const { certificatePem, key } = await newAuthority({ commonName });
  return Authority.open(certificatePem, key);
}

export async function makeCredentials(): Promise<Credentials> {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-serve-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const [boxes, servers, foreign] = [await authority('boxes'), await authority('servers'), await authority('foreign')];
  const serverKeys = newKeyPair();
  const { pem } = await servers.issueServer({ names: ['localhost', '127.0.0.1'], publicKey: serverKeys.publicKey });
  const path = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const serials = new Map<string, string>();
  const revoked: { serial: string; revokedMs: number }[] = [];
  let listNumber = 1;
  const files = {
    certFile: path('serve.crt', pem),
    keyFile: path('serve.key', pemOfKey(serverKeys.privateKey)),
    clientAuthorityFile: path('boxes.crt', boxes.certificatePem),
    revokedFile: path('boxes.crl', await boxes.revocationList([], listNumber)),
  };
  return {
    folder,
    ca: servers.certificatePem,
    files,
    client: async (name, isForeign = false) => {
      const { publicKey, privateKey } = newKeyPair();
      const issued = await (isForeign ? foreign : boxes).issueService({ name, publicKey });
      serials.set(name, issued.serial);
      return { cert: issued.pem, key: pemOfKey(privateKey) };
    },
    revoke: async (name) => {
      revoked.push({ serial: serials.get(name) ?? '', revokedMs: Date.now() });
      path('boxes.crl', await boxes.revocationList(revoked, ++listNumber));
    },
  };
}
