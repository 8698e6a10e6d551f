/** A list of revoked certificates (CRL, RFC 5280 §5) in PEM -> what it says, where its authority has signed it. */
import type { RevokedCertificate } from './authority.ts';
import { X509Certificate, X509Crl } from './x509.ts';

export interface ReadRevocationList {
  revoked: RevokedCertificate[];
  nextUpdateMs: number;
}

/** Undefined where it is no list, is damaged, or is not of this authority. */
export async function readRevocationList(pem: string, authorityPem: string): Promise<ReadRevocationList | undefined> {
  try {
    const list = new X509Crl(pem);
    const isOwn = await list.verify({ publicKey: new X509Certificate(authorityPem) });
    if (!isOwn) return undefined;
    return {
      nextUpdateMs: list.nextUpdate?.getTime() ?? Number.POSITIVE_INFINITY,
      revoked: list.entries.map(({ serialNumber, revocationDate }) => ({
        serial: serialNumber.toLowerCase().replace(/^(?:00)+(?=.)/, ''),
        revokedMs: revocationDate.getTime(),
      })),
    };
  } catch {
    return undefined;
  }
}
