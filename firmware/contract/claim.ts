/**
 * How a box becomes one of the centre's: the claim file that is laid on its memory card, the request that it makes with it, and the answer. Later
 * certificates are asked for by the box itself, in the name and with the signature of the key that it has.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { boxIdPattern } from './topics.ts';

const timestamp = z.iso.datetime().meta({ description: 'RFC 3339, UTC', format: 'date-time' });
const pem = z.string().max(16_384);
const claimId = z.string().regex(/^[0-9a-f]{32}$/, 'is not 32 hex digits');
const boxId = z.string().regex(boxIdPattern, 'is not 4 to 32 of a-z, 0-9 and -');
const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);

export const contactSchema = z.strictObject({
  name: z.string().min(1).max(100).meta({ description: 'of a person or an office' }),
  role: z.string().max(100).optional().meta({ description: 'what for, such as technician' }),
  phone: z.string().max(40).optional().meta({ description: 'for people to dial' }),
  email: z.string().max(100).optional().meta({ description: 'for people to write to' }),
});
export type Contact = z.infer<typeof contactSchema>;

/** Name of the file on the boot partition of the card. */
export const claimFileName = 'vonggac-claim.json';

export const claimFileSchema = z
  .strictObject({
    schema: z.literal('claim/1'),
    claim: claimId.meta({ description: 'names the claim; nobody can guess it' }),
    code: base64url.min(22).max(86).meta({ description: 'proves it once; never sent' }),
    box: boxId,
    agency: z.string().min(1).max(200),
    contacts: z.array(contactSchema).max(10).default([]),
    claimBroker: z.string().meta({ description: 'mqtts:// address of the listener that knows only claims' }),
    broker: z.string().meta({ description: 'mqtts:// address for the certificate that the claim brings' }),
    serverAuthority: pem.meta({ description: 'PEM: signs the servers of the centre' }),
    boxesAuthority: pem.meta({ description: 'PEM: signs boxes; the answer must be of it' }),
    director: z.array(pem).min(1).max(4).meta({ description: 'PEM of the public keys whose orders the box obeys' }),
    intelligence: z
      .strictObject({
        url: z.string(),
        channel: z.string(),
        root: z.string().max(65_536).meta({ description: 'root.json of the TUF repository' }),
      })
      .optional()
      .meta({ description: 'where indicators come from' }),
    expires: timestamp,
  })
  .meta({ id: 'claim/1', title: 'Claim file of a box, version 1' });
export type ClaimFile = z.infer<typeof claimFileSchema>;

/** On `claim/{claim}/req`. The same request again gets the same answer; another one, none. */
export const claimRequestSchema = z
  .strictObject({
    schema: z.literal('claim-request/1'),
    claim: claimId,
    box: boxId,
    csr: pem.meta({ description: 'PKCS #10, PEM, subject CN = the id of the box' }),
    proof: base64url.max(86).meta({ description: 'HMAC-SHA-256 over claim, box and csr with the code' }),
  })
  .meta({ id: 'claim-request/1', title: 'Request of a claim, version 1' });
export type ClaimRequest = z.infer<typeof claimRequestSchema>;

export function claimProof({ claim, box, csr }: Pick<ClaimRequest, 'claim' | 'box' | 'csr'>, code: string): string {
  return createHmac('sha256', code).update(`vonggac claim 1\n${claim}\n${box}\n${csr}`).digest('base64url');
}

/** On `up/{id}/certificate/req`: renewal, or another key. `signature`: by the key of the certificate in force, over `renewalText`. */
export const certificateRequestSchema = z
  .strictObject({
    schema: z.literal('certificate-request/1'),
    box: boxId,
    csr: pem,
    serial: z
      .string()
      .regex(/^[0-9a-f]{2,40}$/)
      .meta({ description: 'of the certificate in force, hex' }),
    signature: base64url.max(1024).meta({ description: 'ECDSA P-256 with SHA-256, IEEE P1363 form' }),
  })
  .meta({ id: 'certificate-request/1', title: 'Request for another certificate, version 1' });
export type CertificateRequest = z.infer<typeof certificateRequestSchema>;

export function renewalText({ box, csr, serial }: Pick<CertificateRequest, 'box' | 'csr' | 'serial'>): string {
  return `vonggac renewal 1\n${box}\n${serial}\n${csr}`;
}

export const claimRefusalCodes = ['unknown', 'used', 'expired', 'revoked', 'proof', 'other-box', 'csr', 'later'] as const;

/** On `claim/{claim}/res` and `down/{id}/certificate/res`. */
export const certificateAnswerSchema = z
  .discriminatedUnion('state', [
    z.strictObject({ schema: z.literal('certificate-answer/1'), state: z.literal('issued'), certificate: pem }),
    z.strictObject({
      schema: z.literal('certificate-answer/1'),
      state: z.literal('refused'),
      code: z.enum(claimRefusalCodes).meta({ description: 'later: try again; all others are final' }),
      message: z.string().max(500),
    }),
  ])
  .meta({ id: 'certificate-answer/1', title: 'Answer to a request for a certificate, version 1' });
export type CertificateAnswer = z.infer<typeof certificateAnswerSchema>;
