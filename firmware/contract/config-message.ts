/**
 * What the director asks of a box, and what the box answers. `config-desired/1` is the payload of a DSSE envelope (envelope.ts) that is retained on
 * `down/{id}/config/desired`; `config-reported/1` is retained on `up/{id}/config/reported`.
 */
import { z } from 'zod';
import { hashOfJson } from './canonical-json.ts';
import { releaseSchema } from './intelligence-message.ts';

const timestamp = z.iso.datetime().meta({ description: 'RFC 3339, UTC', format: 'date-time' });
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hex');
const seq = z.int().min(1);

export const configDesiredSchema = z
  .strictObject({
    schema: z.literal('config-desired/1'),
    box: z.string(),
    seq: seq.meta({ description: 'grows with every order to this box; a box never goes back' }),
    issued: timestamp.optional().meta({ description: 'when it was signed: it is not earlier; absent: notBefore stands for it' }),
    notBefore: timestamp,
    expires: timestamp.meta({ description: 'not accepted later; what was accepted stays in force' }),
    hash: hash.meta({ description: 'SHA-256 of the canonical JSON of {release, settings}' }),
    settings: z
      .record(z.string(), z.unknown())
      .meta({ description: 'the whole of the settings, laid over the file of the box; see firmware/settings.ts' }),
    release: releaseSchema.optional().meta({ description: 'the release of indicators that the box shall run' }),
    author: z.string().max(200).optional(),
    comment: z.string().max(1000).optional(),
  })
  .meta({ id: 'config-desired/1', title: 'Desired configuration of a box, version 1' });
export type ConfigDesired = z.infer<typeof configDesiredSchema>;

export function hashOfConfig({ settings, release }: Pick<ConfigDesired, 'settings' | 'release'>): string {
  return hashOfJson({ settings, release });
}

/** Codes of what can be wrong with an order, for programs. */
export const configFaultCodes = [
  'malformed',
  'unsigned',
  'wrong-type',
  'foreign-signature',
  'other-box',
  'older',
  'conflict',
  'not-yet-valid',
  'expired',
  'wrong-hash',
  'invalid',
  'refused-by-sensor',
] as const;
export type ConfigFaultCode = (typeof configFaultCodes)[number];

export const configReportedSchema = z
  .object({
    schema: z.literal('config-reported/1'),
    box: z.string(),
    boot: z.string().optional(),
    ts: timestamp,
    seq: seq.optional().meta({ description: 'of the order that this is about; absent: it could not be read, or there is none' }),
    hash: hash.optional(),
    state: z.enum(['applied', 'rejected', 'rolled_back', 'none']).meta({
      description: 'applied: in force. rejected: never was. rolled_back: was, and gave way. none: no order was ever accepted',
    }),
    confirmed: z.boolean().optional().meta({ description: 'applied, and the time in which it gives way by itself is over' }),
    errors: z
      .array(z.object({ path: z.string().max(200), message: z.string().max(500), code: z.enum(configFaultCodes) }))
      .max(100)
      .optional()
      .meta({ description: 'why it was rejected; path: of the setting, or empty' }),
    reason: z.string().max(1000).optional().meta({ description: 'why it was rolled back' }),
    running: z
      .object({ seq: seq.optional(), hash: hash.optional() })
      .meta({ description: 'the order in force; without seq: the file of the box alone' }),
    suppressed: z
      .record(z.string(), z.int().min(0))
      .optional()
      .meta({ description: 'alerts hidden since the start, by id of the suppression' }),
  })
  .meta({ id: 'config-reported/1', title: 'Reported configuration of a box, version 1' });
export type ConfigReported = z.infer<typeof configReportedSchema>;
