/**
 * presence/1: whether a box is there. Retained; the same shape with `online: false` is the will that the broker publishes when a box falls
 * silent. With a `seq` it is a record of a start or a planned stop, perhaps a late one: history, not retained, and not the present state.
 */
import { z } from 'zod';
import { durableFields } from './durable.ts';

export const versionsSchema = z.object({
  firmware: z.string().meta({ description: 'version of this product' }),
  node: z.string().meta({ description: 'version of the runtime' }),
  intel: z.string().optional().meta({ description: 'bundle of the indicator set in use' }),
});
export type Versions = z.infer<typeof versionsSchema>;

export const presenceSchema = z
  .object({
    schema: z.literal('presence/1'),
    ...durableFields,
    box: z.string(),
    agency: z.string().optional(),
    online: z.boolean().meta({ description: 'false: stopped on purpose (planned), or the broker lost it (the will)' }),
    planned: z.boolean().optional().meta({ description: 'true where the box itself said that it is stopping' }),
    event: z
      .enum(['started', 'stopped', 'acknowledged', 'self-test'])
      .optional()
      .meta({ description: 'of a record: what happened. acknowledged, self-test: somebody pressed the button of the panel' }),
    boot: z.string().meta({ description: 'id of this boot of the machine' }),
    session: z.int().min(1).meta({ description: 'grows with each connection within a boot; a will of an older session is out of date' }),
    ts: z.string().meta({ description: 'RFC 3339, UTC: when this was written; in a will, when the session began', format: 'date-time' }),
    versions: versionsSchema,
  })
  .meta({ id: 'presence/1', title: 'Presence, version 1' });

export type Presence = z.infer<typeof presenceSchema>;
