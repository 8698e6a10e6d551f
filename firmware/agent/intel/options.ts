/** Where releases of indicators come from, and how carefully a new one is taken up. */
import { z } from 'zod';

export const releaseOptionsSchema = z.strictObject({
  url: z
    .string()
    .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:', { error: 'must be an https:// URL' })
    .optional()
    .meta({
      description: 'the repository of releases; a box that was enrolled has it from its claim. The certificate of uplink is shown there',
    }),
  rootFile: z.string().optional().meta({ description: 'root.json of that repository; a box that was enrolled has it from its claim' }),
  spreadSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(8)
    .meta({ description: 'boxes that are ordered the same release at the same time fetch it within so long, not at once' }),
  trialSeconds: z.number().min(1).max(86_400).default(600).meta({ description: 'so long a new release is watched; then it is kept' }),
  stormAlertsMax: z
    .int()
    .min(1)
    .default(200)
    .meta({ description: 'with more alerts in that time the box goes back to the release before' }),
});
export type ReleaseOptions = z.infer<typeof releaseOptionsSchema>;
