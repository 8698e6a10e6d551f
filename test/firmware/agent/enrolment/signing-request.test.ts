import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCsr } from '../../../../centre/authority/certificate-request.ts';
import { newPrivateKey, signingRequest } from '../../../../firmware/agent/enrolment/signing-request.ts';

describe('a request for a certificate', () => {
  it.each(['abcd', 'ubnd-huyen-cao-loc-1', 'a'.repeat(32)])('for %s is what the centre and openssl read', async (box) => {
    const key = createPrivateKey(newPrivateKey());
    const csr = signingRequest(box, key);
    const publicKeyPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
    expect(await parseCsr(csr)).toMatchObject({ commonName: box, publicKeyPem });
    const text = execFileSync('openssl', ['req', '-noout', '-verify', '-subject', '-pubkey'], {
      input: csr,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(text).toContain(`subject=CN = ${box}`);
    expect(text).toContain(publicKeyPem.trim());
  });
});
