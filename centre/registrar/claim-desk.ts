/**
 * A request of a claim -> the certificate or a refusal. The broker is not trusted: what counts is the proof made with the code of the claim file. A
 * claim works once; the same request again gets the same certificate, since its answer may have been lost. Publishes nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { type ClaimRequest, claimProof, claimRequestSchema } from '../../firmware/contract/claim.ts';
import type { IssuedCertificate } from '../authority/authority.ts';
import { CsrError } from '../authority/certificate-request.ts';
import { findBox } from '../register/boxes.ts';
import { certificateForKey, insertCertificate, supersede } from '../register/certificates.ts';
import { type Claim, countRefusal, findClaim, useClaim } from '../register/claims.ts';
import { inTransaction, recordEvent } from '../register/register-file.ts';
import { type Judgement, type RefusalCode, refusal } from './judgement.ts';
import { parsedJson } from './request-text.ts';

export interface DeskParts {
  register: DatabaseSync;
  /** Rejects with a `CsrError` where the request is not for this box. */
  issue: (request: { box: string; csrPem: string }) => Promise<IssuedCertificate>;
  /** ms since 1970. */
  nowMs: () => number;
}

export class ClaimDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** `claimId`: as the topic names it. Rejects where the register does. A claim that nobody knows costs one look into it. */
  async judge(claimId: string, payload: Uint8Array): Promise<Judgement> {
    const { register } = this.#parts;
    const claim = findClaim(register, claimId);
    if (claim === undefined) return refusal('unknown', undefined, 'certificate.refused');
    const judgement = await this.#judgeKnown(claim, payload);
    if (judgement.state === 'refused' && judgement.code !== 'later') countRefusal(register, claimId);
    return judgement;
  }

  async #judgeKnown(claim: Claim, payload: Uint8Array): Promise<Judgement> {
    const { box } = claim;
    const refuse = (code: RefusalCode, detail?: string) => refusal(code, box, 'certificate.refused', detail);
    const parsed = claimRequestSchema.safeParse(parsedJson(payload));
    if (!parsed.success)
      return refuse('csr', `${parsed.error.issues[0]?.path.join('.') || 'request'}: ${parsed.error.issues[0]?.message ?? ''}`);
    const request = parsed.data;
    if (request.claim !== claim.claim || !isProven(request, claim.code)) return refuse('proof');
    if (findBox(this.#parts.register, box)?.revokedMs !== undefined) return refuse('revoked');
    if (request.box !== box) return refuse('other-box');
    if (claim.usedMs !== undefined) return this.#judgeUsed(claim, request);
    if (this.#parts.nowMs() > claim.expiresMs) return refuse('expired');
    return this.#issue(claim, request);
  }

  #judgeUsed({ box, csrSha256, certificate }: Claim, { csr }: ClaimRequest): Judgement {
    if (certificate === undefined || csrSha256 !== sha256(csr)) return refusal('used', box, 'box.clone');
    return { state: 'issued', certificate, superseded: [], box };
  }

  async #issue({ claim, box }: Claim, request: ClaimRequest): Promise<Judgement> {
    const { register, issue, nowMs } = this.#parts;
    let made: IssuedCertificate;
    try {
      made = await issue({ box, csrPem: request.csr });
    } catch (error) {
      if (error instanceof CsrError) return refusal('csr', box, 'certificate.refused', error.message);
      throw error;
    }
    // Another process may have had the same thought: what it made counts then, and ours is told to nobody.
    return inTransaction(register, () => {
      const before = findClaim(register, claim);
      if (before === undefined) return refusal('unknown', box, 'certificate.refused');
      // While it was signed somebody may have shut the box out.
      if (findBox(register, box)?.revokedMs !== undefined) return refusal('revoked', box, 'certificate.refused');
      if (before.usedMs !== undefined) return this.#judgeUsed(before, request);
      if (certificateForKey(register, made.publicKeyPem) !== undefined)
        return refusal('csr', box, 'certificate.refused', 'there is a certificate for this key already');
      const { publicKeyPem: publicKey, ...rest } = made;
      insertCertificate(register, { box, source: 'claim', publicKey, ...rest }, nowMs());
      useClaim(register, claim, sha256(request.csr), made.pem, nowMs());
      const superseded = supersede(register, { box, serial: made.serial }, nowMs());
      const event = `claimed: certificate ${made.serial}, good until ${new Date(made.notAfterMs).toISOString()}`;
      recordEvent(register, 'claimed', box, event, nowMs());
      return { state: 'issued', certificate: made.pem, event, superseded, box };
    });
  }
}

function isProven(request: ClaimRequest, code: string): boolean {
  const [wanted, given] = [Buffer.from(claimProof(request, code)), Buffer.from(request.proof)];
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
