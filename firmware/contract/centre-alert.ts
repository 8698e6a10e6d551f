/**
 * centre-alert/1: what the centre itself has noticed of a box or of its own broker. Not about a machine in an agency: about something
 * that would otherwise be taken for quiet. One is open at most for a box and a kind; it grows in `rev` and is closed when mended.
 */
import { z } from 'zod';

export const centreAlertKinds = [
  'box.silent',
  'box.blind',
  'box.hole',
  'box.loss',
  'box.clock',
  'box.outbox',
  'box.stale',
  'box.refused',
  'box.clone',
  'certificate.refused',
  'broker.denied',
] as const;
export type CentreAlertKind = (typeof centreAlertKinds)[number];

const timestamp = z.string().meta({ description: 'RFC 3339, UTC', format: 'date-time' });

export const centreAlertSchema = z
  .object({
    schema: z.literal('centre-alert/1'),
    id: z.string().meta({ description: 'UUIDv7; the same for every revision' }),
    rev: z.int().min(1),
    state: z.enum(['open', 'closed']),
    box: z.string().meta({ description: 'the box that it is about; for broker.denied the name that the client gave, or -' }),
    agency: z.string().optional(),
    kind: z.enum(centreAlertKinds).meta({
      description:
        'box.silent: no sign of life. box.blind: it lives but sees no traffic. box.hole: numbers are missing. box.loss: it had to drop ' +
        'messages. box.clock: its clock is off. box.outbox: its disk fails. box.stale: its indicators are old, missing or refused. box.refused: it sent what is no valid message. ' +
        'box.clone: two machines use its id. certificate.refused: somebody asked for a certificate and was turned away. ' +
        'broker.denied: the broker turned somebody away',
    }),
    severity: z.int().min(1).max(4).meta({ description: '1 notice, 2 suspicious, 3 serious, 4 critical' }),
    tsFirst: timestamp,
    tsLast: timestamp,
    count: z.int().min(1),
    reasons: z
      .array(
        z.object({
          measured: z.string(),
          value: z.union([z.string(), z.number()]),
          threshold: z.union([z.string(), z.number()]).optional(),
        }),
      )
      .min(1),
    advice: z.object({ vi: z.string(), en: z.string() }),
  })
  .meta({ id: 'centre-alert/1', title: 'Alert of the centre itself, version 1' });

export type CentreAlert = z.infer<typeof centreAlertSchema>;
