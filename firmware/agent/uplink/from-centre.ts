/** Messages of the centre about delivery -> checked values: its acknowledgements and its state. Throws an `Error` in words for any other. */
import type { z } from 'zod';
import { ackSchema } from '../../contract/ack.ts';
import { type CentreState, centreStateSchema } from '../../contract/centre-state.ts';
import type { DurableKey } from '../../contract/durable.ts';

/** The messages that an acknowledgement names. They need not have been sent by this process: it may answer one before. */
export function acknowledgedBy(payload: Uint8Array, box: string): DurableKey[] {
  const ack = checked(ackSchema, payload);
  if (ack.box !== box) throw new Error('acknowledges messages of another box');
  const { outboxId: outbox, seqs } = ack;
  // All that this product keeps until the centre has it bears the name of its outbox.
  if (outbox === undefined) throw new Error('names no outbox');
  return seqs.map((seq) => ({ outbox, seq }));
}

export function centreStateOf(payload: Uint8Array): CentreState {
  return checked(centreStateSchema, payload);
}

function checked<T>(schema: z.ZodType<T>, payload: Uint8Array): T {
  const parsed = schema.safeParse(jsonOf(payload));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`does not follow its schema (${issue?.path.join('.') || 'message'}: ${issue?.message ?? ''})`);
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    throw new Error('is not JSON');
  }
}
