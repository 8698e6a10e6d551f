/** ack/1: the numbers of durable messages that the centre has committed to its store. Only now may the box forget them. */
import { z } from 'zod';

/** Keeps an ack far below any limit of a broker. */
export const ackSeqsMax = 5_000;

export const ackSchema = z
  .object({
    schema: z.literal('ack/1'),
    box: z.string(),
    outboxId: z.string().max(64).optional().meta({ description: 'as in the messages acknowledged; absent where they named none' }),
    seqs: z.array(z.int().min(1)).max(ackSeqsMax),
  })
  .meta({ id: 'ack/1', title: 'Acknowledgement, version 1' });

export type Ack = z.infer<typeof ackSchema>;
