/**
 * What sensor and agent say to each other over the unix socket between them: one JSON object a line, both ways. Either may be of another
 * version, or dying in the middle of a line: what is not understood is ignored.
 */
import { z } from 'zod';
import { durableKinds } from './durable.ts';
import { clockSchema, sensorReportSchema } from './health.ts';

/** Longest line. A report is some 3 KB; what is handed over goes in pieces below this. */
export const linkLineBytesMax = 512 * 1024;

export const fromSensorSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), pid: z.int(), startedMs: z.number().meta({ description: 'ms since 1970' }) }),
  z.object({ type: z.literal('report'), report: sensorReportSchema }),
  /** Something new is in the outbox on disk. */
  z.object({ type: z.literal('appended') }),
  /** The disk cannot be written: the agent shall keep these and answer `taken`. */
  z.object({
    type: z.literal('hand-over'),
    number: z.int(),
    messages: z.array(
      z.object({
        kind: z.enum(durableKinds),
        body: z.string(),
        encoding: z.literal('base64').optional().meta({ description: 'of a body that is bytes' }),
        id: z.string().optional(),
      }),
    ),
  }),
]);
export type FromSensor = z.infer<typeof fromSensorSchema>;

export const fromAgentSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('clock'), clock: clockSchema }),
  z.object({ type: z.literal('taken'), number: z.int() }),
  /** The settings or the indicators in the state folder are others: read them anew. What came of it stands in the reports. */
  z.object({ type: z.literal('reload') }),
  /** End in order, and be started again. */
  z.object({ type: z.literal('restart') }),
  /** How many messages that were handed over this agent process still holds in memory: gone with it, should it die now. */
  z.object({ type: z.literal('held'), run: z.string().max(64), count: z.int().min(0) }),
]);
export type FromAgent = z.infer<typeof fromAgentSchema>;
