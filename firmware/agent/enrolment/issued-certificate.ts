/** A certificate as it came -> whether it is the one that this box asked for: for its key, in its name, of the centre's authority. Trusts no clock. Pure. */
import { createPrivateKey, X509Certificate } from 'node:crypto';

/** A certificate for longer than any box lives, or for less than a day, is a slip of somebody. */
const lifetimeMsMin = 60_000;
const lifetimeMsMax = 20 * 366 * 86_400_000;

export interface Wanted {
  box: string;
  /** PEM. */
  key: string;
  /** PEM of the authority that the claim named. */
  boxesAuthority: string;
}

/** Why it must not be used; undefined: it may. Never throws. */
export function certificateFault(pem: string, { box, key, boxesAuthority }: Wanted): string | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const authority = new X509Certificate(boxesAuthority);
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'it is for another key';
    if (certificate.subject !== `CN=${box}`) return 'it is for another name';
    if (certificate.ca) return 'it is that of an authority';
    if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
      return 'it is not signed by the centre’s authority for boxes';
    const { fromMs, untilMs } = validityOf(certificate);
    const lifetimeMs = untilMs - fromMs;
    // Whether it is valid now is for the clock of the broker: ours may stand at 1970.
    return lifetimeMs >= lifetimeMsMin && lifetimeMs <= lifetimeMsMax ? undefined : 'its time makes no sense';
  } catch (error) {
    return `it cannot be read (${error instanceof Error ? error.message : String(error)})`;
  }
}

export function validityOf({ validFromDate, validToDate }: X509Certificate): { fromMs: number; untilMs: number } {
  return { fromMs: validFromDate.getTime(), untilMs: validToDate.getTime() };
}

/** As the centre keeps it: hex, small letters. */
export function serialOf({ serialNumber }: X509Certificate): string {
  return serialNumber.toLowerCase();
}
