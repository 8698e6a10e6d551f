/**
 * centre-state/1: whether the centre stores what boxes send. Retained, and also the will of each process that stores. A box that sees
 * `online` with another `generation` sends again what was not acknowledged: it may have died on the way.
 */
import { z } from 'zod';

export const centreStateSchema = z
  .object({
    schema: z.literal('centre-state/1'),
    online: z.boolean(),
    since: z.string().meta({ description: 'RFC 3339, UTC', format: 'date-time' }),
    generation: z.string().max(64).meta({ description: 'another one each time that a process of the centre came or went' }),
  })
  .meta({ id: 'centre-state/1', title: 'State of the centre, version 1' });

export type CentreState = z.infer<typeof centreStateSchema>;
