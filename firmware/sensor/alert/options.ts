/** Options of the alerting stage. Defaults stand here and nowhere else. */
import { z } from 'zod';

export const alertOptions = z.strictObject({
  openMax: z
    .int()
    .min(16)
    .max(1_000_000)
    .default(10_000)
    .meta({ description: 'alerts open at once; beyond it new ones are refused and counted' }),
  closeAfterS: z.int().min(60).max(86_400).default(3600).meta({ description: 'seconds of quiet after which an alert is closed' }),
  updateAfterS: z
    .int()
    .min(10)
    .max(86_400)
    .default(600)
    .meta({ description: 'at least so many seconds lie between two updates of an alert whose stage has not grown' }),
});
export type AlertOptions = z.infer<typeof alertOptions>;
