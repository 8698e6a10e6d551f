/** Alerts that shall not be told: whose, of what, why and until when. What a suppression hides is counted, never forgotten. */
import { z } from 'zod';
import { trafficAlertKinds } from '../../contract/alert.ts';
import { isNetwork } from '../bytes/network.ts';

const suppressionsMax = 200;
/** Six pairs of hex digits, with colons or hyphens. */
export const macPattern = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i;

export const suppressionsSchema = z
  .array(
    z
      .strictObject({
        id: z
          .string()
          .regex(/^[a-z0-9-]{1,32}$/, 'is not 1 to 32 of a-z, 0-9 and -')
          .meta({ description: 'under which it is counted' }),
        host: z
          .string()
          .max(64)
          .refine((text) => isNetwork(text) || macPattern.test(text), { error: 'is neither an address, nor a network, nor a MAC' })
          .optional()
          .meta({ description: 'our machine: an address, a network or a MAC' }),
        kind: z.enum(trafficAlertKinds).optional().meta({ description: 'of alert' }),
        indicator: z.string().max(2048).optional().meta({ description: 'the matched indicator, as alerts write it' }),
        family: z.string().max(100).optional().meta({ description: 'of the malware, as the indicator names it' }),
        stageMax: z
          .enum(['attempt', 'contact', 'exchange'])
          .default('exchange')
          .meta({ description: 'alerts that have gone further are told' }),
        comment: z.string().min(1).max(500).meta({ description: 'why, and who asked for it' }),
        until: z.iso.datetime().meta({ description: 'RFC 3339, UTC; it has to end' }),
      })
      .refine(({ host, kind, indicator, family }) => [host, kind, indicator, family].some((part) => part !== undefined), {
        error: 'would hide everything: give host, kind, indicator or family',
      }),
  )
  .max(suppressionsMax)
  .default([])
  .meta({ description: 'alerts that are counted and not told' });
export type Suppression = z.infer<typeof suppressionsSchema>[number];
