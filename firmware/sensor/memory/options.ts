/** Options of the memory of what was seen. Defaults stand here and nowhere else. */
import { z } from 'zod';

const megabyte = 1_000_000;

export const memoryOptions = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description:
      'remember which machine met which name, address, JA4 and certificate on which day, so that new indicators find old contacts; false removes what was kept',
  }),
  days: z.int().min(1).max(366).default(30).meta({ description: 'days that are kept' }),
  bytesMax: z
    .int()
    .min(megabyte)
    .max(10_000 * megabyte)
    .default(150 * megabyte)
    .meta({ description: 'bytes on disk; where they are short, the oldest day goes first' }),
  flushSeconds: z
    .int()
    .min(10)
    .max(3600)
    .default(300)
    .meta({ description: 'seconds between two writings: what a sudden end loses at most' }),
  sightingsMax: z
    .int()
    .min(1024)
    .max(1_048_576)
    .default(65_536)
    .meta({ description: 'pairs of machine and value between two writings; beyond it new ones are refused and counted' }),
});
export type MemoryOptions = z.infer<typeof memoryOptions>;
