/** Options of looking for known indicators. Defaults stand here and nowhere else. */
import { z } from 'zod';

export const knownBadOptions = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: 'look for contacts with known indicators' }),
  watchedFlowsMax: z
    .int()
    .min(64)
    .max(1_048_576)
    .default(16_384)
    .meta({ description: 'open flows to known-bad ends that are followed at once' }),
  resolvedMax: z
    .int()
    .min(64)
    .max(1_048_576)
    .default(8192)
    .meta({ description: 'answers for known-bad names that are remembered at once' }),
});
export type KnownBadOptions = z.infer<typeof knownBadOptions>;
