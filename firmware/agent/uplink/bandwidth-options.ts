/** What a box may take of the agency's line. Alerts and health are small and never wait; what is large does. */
import { z } from 'zod';

export const bandwidthSchema = z.strictObject({
  bytesPerSecondMax: z
    .int()
    .min(1024)
    .max(1_000_000_000)
    .default(262_144)
    .meta({ description: 'of evidence and of the fetching of indicators, each; averaged over some seconds' }),
  evidenceBytesPerDayMax: z
    .int()
    .min(0)
    .default(268_435_456)
    .meta({ description: 'of evidence sent in a day; the rest waits for the next' }),
});
export type Bandwidth = z.infer<typeof bandwidthSchema>;
