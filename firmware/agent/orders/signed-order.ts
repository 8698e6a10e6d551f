/**
 * Bytes from the broker -> the JSON that a director of this box has signed, and the id of the key. Nobody between director and box is trusted, so
 * nothing is parsed before the signature fits. Does not know what is ordered.
 */
import type { KeyObject } from 'node:crypto';
import type { z } from 'zod';
import { EnvelopeError, openEnvelope, type PayloadType } from '../../contract/envelope.ts';

/** What the box takes from the broker at all; longer ones are not even parsed. */
export const orderBytesMax = 256 * 1024;
/** What a report has room for. */
const pathCharactersMax = 200;
const messageCharactersMax = 500;
const faultsMax = 100;

/** One thing that is wrong with an order; `path`: of the setting or the field, or empty. */
export interface OrderFault<Code extends string> {
  path: string;
  message: string;
  code: Code;
}

/** What an `EnvelopeError` may say. */
export type SignatureFaultCode = EnvelopeError['code'];

export type Opened =
  | { signer: string; document: unknown }
  | { fault: OrderFault<SignatureFaultCode> /** The key is right; what it signed is not JSON. */; signer?: string };

/** Never throws. */
export function openOrder(bytes: Uint8Array, type: PayloadType, keys: readonly KeyObject[]): Opened {
  if (bytes.length > orderBytesMax) return { fault: fault('', `is larger than ${orderBytesMax / 1024} KiB`, 'malformed') };
  try {
    const { payload, keyId } = openEnvelope(bytes, type, keys);
    try {
      return { signer: keyId, document: JSON.parse(payload.toString('utf8')) };
    } catch {
      return { signer: keyId, fault: fault('', 'what is signed is not JSON', 'malformed') };
    }
  } catch (error) {
    const code = error instanceof EnvelopeError ? error.code : 'malformed';
    return { fault: fault('', error instanceof Error ? error.message : String(error), code) };
  }
}

/** Cut to what a report has room for. */
export function fault<Code extends string>(path: string, message: string, code: Code): OrderFault<Code> {
  return { path: path.slice(0, pathCharactersMax), message: message.slice(0, messageCharactersMax), code };
}

/** An unknown name is told of where it stands, not of what stands around it. */
export function faultsOf<Code extends string>(error: z.ZodError, code: Code): OrderFault<Code>[] {
  return error.issues.slice(0, faultsMax).flatMap(({ path, message, ...issue }) => {
    const at = path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [fault(at, message, code)];
    return issue.keys.slice(0, faultsMax).map((key) => fault(at === '' ? key : `${at}.${key}`, 'is unknown here', code));
  });
}
