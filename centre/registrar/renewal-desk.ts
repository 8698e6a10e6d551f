/**
 * A request of an enrolled box for another certificate -> the certificate or a refusal. The broker is not trusted: it is the signature by the key of the
 * certificate in force that counts, so whoever owns the broker gets nothing. A request that was granted gets the same certificate again; where it
 * is signed by that very certificate's key, the box has it in use, and the ones before end. Publishes nothing.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type CertificateRequest, certificateRequestSchema, renewalText } from '../../firmware/contract/claim.ts';
import { CsrError, parseCsr } from '../authority/certificate-request.ts';
import { findBox } from '../register/boxes.ts';
import {
  type BoxCertificate,
  certificateForKey,
  certificateWithSerial,
  insertCertificate,
  issuedSince,
  supersede,
} from '../register/certificates.ts';
import { inTransaction, recordEvent } from '../register/register-file.ts';
import type { DeskParts } from './claim-desk.ts';
import { type Judgement, type RefusalCode, refusal } from './judgement.ts';
import { parsedJson } from './request-text.ts';

const dayMs = 86_400_000;
/** A box renews once in months; somebody who rotates keys in anger, or tries, does so a few times a day. */
const perDayMax = 6;

export class RenewalDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** `box`: as the topic names it. Undefined where the register has no such box: there is nobody to answer. Rejects where the register does. */
  async judge(box: string, payload: Uint8Array): Promise<Judgement | undefined> {
    const known = findBox(this.#parts.register, box);
    if (known === undefined) return undefined;
    const refuse = (code: RefusalCode, detail?: string) => refusal(code, box, 'certificate.refused', detail);
    const parsed = certificateRequestSchema.safeParse(parsedJson(payload));
    if (!parsed.success)
      return refuse('csr', `${parsed.error.issues[0]?.path.join('.') || 'request'}: ${parsed.error.issues[0]?.message ?? ''}`);
    const request = parsed.data;
    if (request.box !== box) return refuse('other-box');
    const signer = certificateWithSerial(this.#parts.register, request.serial);
    if (signer?.box !== box) return refuse('unknown', 'no certificate of this box has that serial number');
    if (!isSigned(request, signer)) return refuse('proof');
    if (known.revokedMs !== undefined || signer.revokedMs !== undefined) return refuse('revoked', `certificate ${signer.serial}`);
    if (this.#parts.nowMs() > signer.notAfterMs) return refuse('expired', `certificate ${signer.serial}`);
    return this.#judgeSigned(request, signer);
  }

  async #judgeSigned(request: CertificateRequest, signer: BoxCertificate): Promise<Judgement> {
    const { box, csr } = request;
    const { register, issue, nowMs } = this.#parts;
    try {
      const { commonName, publicKeyPem } = await parseCsr(csr);
      if (commonName !== box) return refusal('csr', box, 'certificate.refused', 'it is for another name');
      const before = certificateForKey(register, publicKeyPem);
      if (before !== undefined) return this.#again(before, signer);
      if (issuedSince(register, box, 'renewal', nowMs() - dayMs) >= perDayMax) return refusal('later', box, undefined, 'too many in a day');
      const made = await issue({ box, csrPem: csr });
      return inTransaction(register, () => {
        const other = certificateForKey(register, publicKeyPem);
        if (other !== undefined) return this.#again(other, signer);
        // While it was signed somebody may have shut the box out.
        if (findBox(register, box)?.revokedMs !== undefined) return refusal('revoked', box, 'certificate.refused');
        const { publicKeyPem: publicKey, ...rest } = made;
        insertCertificate(register, { box, source: 'renewal', publicKey, ...rest }, nowMs());
        const event = `renewed: certificate ${made.serial} after ${signer.serial}, good until ${new Date(made.notAfterMs).toISOString()}`;
        recordEvent(register, 'renewed', box, event, nowMs());
        return { state: 'issued', certificate: made.pem, event, superseded: [], box };
      });
    } catch (error) {
      if (error instanceof CsrError) return refusal('csr', box, 'certificate.refused', error.message);
      throw error;
    }
  }

  /** There is a certificate for the key: it is given again, unless it is another's or is over. */
  #again(before: BoxCertificate, signer: BoxCertificate): Judgement {
    const { box } = signer;
    const { register, nowMs } = this.#parts;
    if (before.box !== box) return refusal('csr', box, 'certificate.refused', 'its key belongs to another box');
    if (before.revokedMs !== undefined) return refusal('used', box, 'certificate.refused', 'the certificate for this key was revoked');
    if (nowMs() > before.notAfterMs) return refusal('used', box, 'certificate.refused', 'the certificate for this key has ended');
    const isInUse = before.serial === signer.serial;
    const superseded = isInUse ? supersede(register, signer, nowMs()) : [];
    const ended = superseded.length === 0 ? {} : { event: `certificate ${before.serial} is in use; ended: ${superseded.join(', ')}` };
    if (ended.event !== undefined) recordEvent(register, 'superseded', box, ended.event, nowMs());
    return { state: 'issued', certificate: before.pem, superseded, box, ...ended };
  }
}

function isSigned(request: CertificateRequest, { publicKey }: BoxCertificate): boolean {
  try {
    const key: KeyObject = createPublicKey(publicKey);
    const signature = Buffer.from(request.signature, 'base64url');
    return verify('sha256', Buffer.from(renewalText(request)), { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    // A key of another kind, which cannot sign so.
    return false;
  }
}
