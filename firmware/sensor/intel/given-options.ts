/** Indicators and allowances that stand in the configuration itself: the emergency of the hour, and what is known to be harmless here. */
import { z } from 'zod';
import { tlps } from './indicator.ts';

/** What fits an order to a box, and what one person can answer for. */
export const givenIndicatorsMax = 1000;
const allowancesMax = 1000;

const until = z.iso.datetime().optional().meta({ description: 'RFC 3339, UTC; not used later' });
const comment = z.string().min(1).max(500).meta({ description: 'why, and who asked for it' });
const value = z.string().min(1).max(2048);

export const givenOptions = {
  indicators: z
    .array(
      z.strictObject({
        value: value.meta({ description: 'as in a list of indicators: address, network, name, URL, JA3, JA4, certificate, ua:…' }),
        family: z.string().max(100).optional().meta({ description: 'of the malware' }),
        confidence: z.int().min(0).max(100).default(90).meta({ description: 'how sure we are that it is bad' }),
        tlp: z.enum(tlps).optional().meta({ description: 'to whom it may be told (Traffic Light Protocol)' }),
        reference: z.string().max(500).optional().meta({ description: 'where to read about it' }),
        comment,
        until,
      }),
    )
    .max(givenIndicatorsMax)
    .default([])
    .meta({ description: 'indicators of the hour, in force at once, beside those of the lists' }),
  allowances: z
    .array(z.strictObject({ value: value.meta({ description: 'as in a list of indicators' }), comment, until }))
    .max(allowancesMax)
    .default([])
    .meta({ description: 'what is never to be reported, although a list names it or something above it' }),
};
export const givenSchema = z.strictObject(givenOptions);
export type Given = z.infer<typeof givenSchema>;
