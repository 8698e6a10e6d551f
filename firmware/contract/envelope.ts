/**
 * DSSE v1 envelopes (secure-systems-lab/dsse, protocol.md) with Ed25519: bytes and what kind of bytes they are, signed together. Whoever opens one
 * gets the bytes only where a trusted key has signed exactly these, as exactly this kind; nothing is parsed before that. No I/O.
 */
import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

/** More signatures are not even looked at. */
const signaturesMax = 8;

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'is not base64');

export const envelopeSchema = z
  .object({
    payloadType: z.string().max(100),
    payload: base64.meta({ description: 'what is signed' }),
    signatures: z
      .array(z.object({ keyid: z.string().max(128).optional(), sig: base64.max(128) }))
      .min(1)
      .max(signaturesMax),
  })
  .meta({ id: 'envelope', title: 'DSSE envelope' });
export type Envelope = z.infer<typeof envelopeSchema>;

export const payloadTypes = {
  configuration: 'application/vnd.vonggac.config-desired.v1+json',
  command: 'application/vnd.vonggac.command-request.v1+json',
} as const;
export type PayloadType = (typeof payloadTypes)[keyof typeof payloadTypes];

/** Its message is fit for people and for a report; `code` is for programs. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
  readonly code: 'malformed' | 'wrong-type' | 'unsigned' | 'foreign-signature';

  constructor(code: EnvelopeError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Hex SHA-256 of a public key's SubjectPublicKeyInfo. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** dsse/protocol.md, PAE: the lengths keep type and payload apart, whatever bytes they hold. */
function preAuthenticationEncoding(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

/** `key`: private, Ed25519. `publicKey` gives the key its id. */
export function sealEnvelope(type: PayloadType, payload: Uint8Array, key: KeyObject, publicKey: KeyObject): Envelope {
  const sig = sign(null, preAuthenticationEncoding(type, payload), key).toString('base64');
  return { payloadType: type, payload: Buffer.from(payload).toString('base64'), signatures: [{ keyid: keyIdOf(publicKey), sig }] };
}

/** Bytes as they came -> the payload that one of `keys` has signed, and the id of that key. Throws an `EnvelopeError`. */
export function openEnvelope(bytes: Uint8Array, type: PayloadType, keys: readonly KeyObject[]): { payload: Buffer; keyId: string } {
  const envelope = envelopeOf(bytes);
  if (envelope.payloadType !== type)
    throw new EnvelopeError('wrong-type', `is signed as ${JSON.stringify(envelope.payloadType)}, not as ${type}`);
  const payload = Buffer.from(envelope.payload, 'base64');
  const signed = preAuthenticationEncoding(type, payload);
  for (const { sig } of envelope.signatures) {
    const signature = Buffer.from(sig, 'base64');
    const key = keys.find((candidate) => verify(null, signed, candidate, signature));
    if (key !== undefined) return { payload, keyId: keyIdOf(key) };
  }
  throw new EnvelopeError('foreign-signature', 'is not signed by the director of this box');
}

function envelopeOf(bytes: Uint8Array): Envelope {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw new EnvelopeError('malformed', 'is not JSON');
  }
  const parsed = envelopeSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  if (typeof json === 'object' && json !== null && !('signatures' in json)) throw new EnvelopeError('unsigned', 'is not signed');
  const issue = parsed.error.issues[0];
  throw new EnvelopeError('malformed', `is no signed envelope (${issue?.path.join('.') || 'message'}: ${issue?.message ?? ''})`);
}
