/**
 * Durable messages: what a box keeps until the centre has it. Their kinds in the order of sending, and the two fields that number them.
 * A message is named by its box, its outbox and its `seq`; whoever sees the same name twice sees the same message.
 */
import { z } from 'zod';

/** In the order of sending; the last is dropped first where room is short. */
export const durableKinds = ['alert', 'loss', 'presence', 'health', 'evidence'] as const;
export type DurableKind = (typeof durableKinds)[number];

/** Fields of every durable message in JSON. Evidence is no JSON: there they are MQTT user properties of the same names, the number in decimal. */
export const durableFields = {
  seq: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'number of this message among the durable messages of the outbox, without gaps; absent in a message not kept' }),
  outboxId: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'id of the outbox that counts `seq`. A new one, which counts from 1, is begun where the old one was lost' }),
};

/** Names a durable message of one box. */
export interface DurableKey {
  outbox: string;
  seq: number;
}
