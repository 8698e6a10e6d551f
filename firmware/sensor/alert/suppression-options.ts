/** Alerts that shall not be told: whose, of what, why and until when. What a suppression hides is counted, never forgotten. */
import { z } from 'zod';
import { trafficAlertKinds } from '../../contract/alert.ts';
import { isNetwork } from '../bytes/network.ts';

const suppressionsMax = 200;
/** All that machines do may be hidden of one, or of a room of them: 256 with IPv4, one link with IPv6. Of more, it must be said what. */
const prefixLengthsMin = { ipv4: 24, ipv6: 64 } as const;
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
      })
      .refine(({ host, kind, indicator, family }) => [kind, indicator, family].some((part) => part !== undefined) || !isWide(host), {
        path: ['host'],
        error: 'would hide all that many machines do: give kind, indicator or family too, or a network no wider than /24 (IPv6: /64)',
      }),
  )
  .max(suppressionsMax)
  .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, { error: 'two of them have the same id' })
  .default([])
  .meta({ description: 'alerts that are counted and not told' });
export type Suppression = z.infer<typeof suppressionsSchema>[number];

function isWide(host: string | undefined): boolean {
  const [address = '', length] = (host ?? '').split('/');
  if (length === undefined) return false;
  return Number(length) < (address.includes(':') ? prefixLengthsMin.ipv6 : prefixLengthsMin.ipv4);
}
