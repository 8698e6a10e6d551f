/** loss/1: what a box had to drop, and why. It is a durable message itself, so the centre can tell what is missing from what is late. */
import { z } from 'zod';
import { durableFields, durableKinds } from './durable.ts';

/** A record of more ranges is closed and another one begun. */
export const lossRangesMax = 500;

export const lossReasons = {
  quota: 'the outbox had reached its size',
  disk: 'the disk was nearly full',
  merged: 'a later revision of the same alert was waiting too',
  damaged: 'the outbox was damaged or gone, and a new one was begun: nobody knows what it held',
  foreign: 'the outbox belonged to another box id: it was set aside and is not sent',
  memory: 'the disk could not be written, and what waits in memory is bounded',
  refused: 'the message could never have been delivered: it is larger than the broker accepts',
} as const;
export type LossReason = keyof typeof lossReasons;

const timestamp = z.string().meta({ description: 'RFC 3339, UTC', format: 'date-time' });

export const lossSchema = z
  .object({
    schema: z.literal('loss/1'),
    ...durableFields,
    box: z.string(),
    boot: z.string(),
    ts: timestamp.meta({ description: 'of the last drop that this record counts' }),
    tsFirst: timestamp.meta({ description: 'of the first' }),
    kind: z.enum(durableKinds).optional().meta({ description: 'absent: not known' }),
    reason: z.enum(Object.keys(lossReasons) as [LossReason, ...LossReason[]]),
    count: z.int().min(0).meta({ description: 'messages dropped; 0: not known' }),
    ranges: z
      .array(z.tuple([z.int().min(1), z.int().min(1)]))
      .max(lossRangesMax)
      .meta({ description: 'their numbers, first and last of each run; empty where they had none yet' }),
    ofOutbox: z.string().max(64).optional().meta({ description: 'the outbox that had numbered them, where it is not this one' }),
  })
  .meta({ id: 'loss/1', title: 'Loss, version 1' });

export type Loss = z.infer<typeof lossSchema>;
