/** How much the outbox may hold, on disk and in memory, and how often it commits. */
import { z } from 'zod';

const mebibyte = 1024 * 1024;

export const outboxOptionsSchema = z.strictObject({
  folder: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'folder in which the outbox is; otherwise $STATE_DIRECTORY or /var/lib/vonggac' }),
  bytesMax: z
    .int()
    .min(64 * 1024)
    // A day without the centre at 10 alerts of 2 KB a second.
    .default(2048 * mebibyte)
    .meta({ description: 'most bytes of messages that wait on disk. The file is larger by a third, at worst twice as large' }),
  freeBytesMin: z
    .int()
    .min(0)
    .default(256 * mebibyte)
    .meta({ description: 'below this much free disk space (or a tenth of a small disk) evidence is dropped, and no more is taken' }),
  commitAfterMs: z
    .int()
    .min(0)
    .max(1_000)
    .default(20)
    .meta({ description: 'longest that a message waits for others to be committed with' }),
  memoryMessagesMax: z.int().min(1).default(10_000).meta({ description: 'most messages that wait in memory while the disk fails' }),
  memoryBytesMax: z
    .int()
    .min(1024)
    .default(16 * mebibyte)
    .meta({ description: 'most bytes of messages that wait in memory while the disk fails' }),
  handOverAfterMs: z
    .int()
    .min(0)
    .default(2_000)
    .meta({ description: 'after the disk has failed for so long, the sensor gives its messages to the agent' }),
});
export type OutboxOptions = z.infer<typeof outboxOptionsSchema>;
export type OutboxOptionsInput = z.input<typeof outboxOptionsSchema>;
