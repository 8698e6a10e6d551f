/** alert/1: what a box tells the centre about one host and one indicator or behaviour. Within version 1 fields are only ever added. */
import { z } from 'zod';
import { durableFields } from './durable.ts';

export const stages = ['attempt', 'contact', 'exchange'] as const;
/** `attempt` = asked or knocked; `contact` = it answered; `exchange` = payload both ways. */
export const stageSchema = z
  .enum(stages)
  .meta({ description: 'attempt: asked or knocked. contact: it answered. exchange: payload both ways.' });
export type Stage = z.infer<typeof stageSchema>;

export const alertKinds = [
  'c2.address',
  'c2.domain',
  'c2.url',
  'c2.tls',
  'c2.certificate',
  'c2.user-agent',
  'c2.beacon',
  'c2.dns-tunnel',
  'c2.dga',
  'assistance.requested',
] as const;
export const alertKindSchema = z.enum(alertKinds);
export type AlertKind = z.infer<typeof alertKindSchema>;
/** What traffic can raise; the rest comes from people. */
export const trafficAlertKinds = alertKinds.filter(
  (kind): kind is Exclude<AlertKind, 'assistance.requested'> => kind !== 'assistance.requested',
);
export type TrafficAlertKind = (typeof trafficAlertKinds)[number];

const timestamp = z.string().meta({ description: 'RFC 3339, UTC, microseconds', format: 'date-time' });

export const reasonSchema = z.object({
  measured: z.string().meta({ description: 'what was measured, in English' }),
  value: z.union([z.string(), z.number()]),
  threshold: z.union([z.string(), z.number()]).optional(),
});
export type Reason = z.infer<typeof reasonSchema>;

export const alertSchema = z
  .object({
    schema: z.literal('alert/1'),
    id: z
      .string()
      .meta({ description: 'UUIDv7; the same for every revision. Derived from box, key and first time, so that a replay gives the same.' }),
    rev: z.int().min(1).meta({ description: 'grows with every revision of this alert' }),
    ...durableFields,
    state: z.enum(['open', 'closed']),
    box: z.string(),
    agency: z.string().optional(),
    boot: z.string().optional().meta({ description: 'id of this boot of the machine, as in presence and health; absent in a replay' }),
    tsFirst: timestamp,
    tsLast: timestamp,
    clock: z
      .object({
        synced: z.boolean(),
        offsetMs: z.number().optional().meta({ description: 'ahead of the time server; absent: nobody says' }),
      })
      .optional()
      .meta({ description: 'of the box when it sent this; absent in a replay and where nobody knows' }),
    detector: z.string(),
    kind: alertKindSchema,
    stage: stageSchema,
    severity: z.int().min(1).max(4).meta({ description: '1 notice, 2 suspicious, 3 serious, 4 critical' }),
    duty: z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'name of the period of heightened watch in which this was seen; attempts count one step more then' }),
    confidence: z.int().min(0).max(100),
    count: z.int().min(1).meta({ description: 'times this was seen since the alert was opened' }),
    dedupKey: z.string(),
    host: z
      .object({
        ip: z.string(),
        mac: z.string().optional(),
        vlan: z.int().optional(),
        name: z.string().optional(),
        port: z.int().optional().meta({ description: 'our port that was asked for, where the remote side began the connection' }),
      })
      .meta({ description: 'the machine inside' }),
    remote: z.object({ ip: z.string().optional(), port: z.int().optional(), name: z.string().optional() }),
    net: z.object({
      proto: z.string(),
      app: z.string().optional(),
      communityId: z.string().optional(),
      bytesOut: z.number().optional(),
      bytesIn: z.number().optional(),
      direction: z.literal('inbound').optional().meta({ description: 'the remote side began the connection; absent: our machine did' }),
    }),
    match: z
      .object({
        type: z.string(),
        value: z.string(),
        observed: z.string(),
        family: z.string().optional(),
        source: z.string().optional(),
        tlp: z.string().optional(),
        reference: z.string().optional(),
        firstSeen: timestamp.optional(),
        validUntil: timestamp.optional(),
        bundle: z.string().optional(),
      })
      .optional(),
    context: z
      .object({
        dns: z.record(z.string(), z.unknown()).optional(),
        tls: z.record(z.string(), z.unknown()).optional(),
        http: z.record(z.string(), z.unknown()).optional(),
      })
      .optional(),
    reasons: z.array(reasonSchema).min(1),
    advice: z.object({ vi: z.string(), en: z.string() }),
    evidence: z.object({ id: z.string(), bytes: z.int(), sha256: z.string() }).optional(),
    retro: z
      .object({
        firstSeen: timestamp,
        lastSeen: timestamp,
        days: z.int().min(1).meta({ description: 'days on which it was seen' }),
        count: z.int().min(1).meta({ description: 'times it was seen' }),
      })
      .optional()
      .meta({
        description: 'found in the memory of what was seen, after the indicator became known; tsFirst and tsLast are of the search',
      }),
    sensor: z.object({
      version: z.string(),
      intel: z.string().optional().meta({ description: 'bundle of the indicator set' }),
      dropped: z.int().meta({ description: 'frames lost in the kernel or at the interface since the start' }),
    }),
  })
  .meta({ id: 'alert/1', title: 'Alert, version 1' });

export type Alert = z.infer<typeof alertSchema>;
