/**
 * What a box says of its memory of what was seen: how much there is, and the answer to `retro-match`: which machines met which of the values that were
 * asked for. The memory itself never leaves the box.
 */
import { z } from 'zod';
import { stageSchema } from './alert.ts';

const count = z.int().min(0);
const date = z.string().meta({ description: 'a day in UTC, such as 2026-01-19' });
const timestamp = z.string().meta({ description: 'RFC 3339, UTC', format: 'date-time' });

export const seenMemorySchema = z
  .object({
    days: count.meta({ description: 'days that are kept' }),
    bytes: count.meta({ description: 'on disk' }),
    oldest: date.optional(),
    newest: date.optional(),
    droppedForRoom: count.meta({ description: 'days given up because the room was short, since the start' }),
    damaged: count.meta({ description: 'days of which something could not be read, since the start' }),
    refused: count.meta({ description: 'pairs of machine and value over a cap, since the start' }),
    lost: count.meta({ description: 'pairs that were not written: disk failing or slow, or the day too large, since the start' }),
    writtenBytes: count.meta({ description: 'written to disk since the start' }),
    fault: z.string().max(500).optional().meta({ description: 'why nothing is written now' }),
  })
  .meta({ description: 'the memory of what was seen' });
export type SeenMemory = z.infer<typeof seenMemorySchema>;

export const retroHostSchema = z.object({
  ip: z.string(),
  mac: z.string().optional(),
  vlan: z.int().optional(),
  name: z.string().optional(),
  first: timestamp,
  last: timestamp,
  days: count.meta({ description: 'days on which it was seen' }),
  count: count.meta({ description: 'times' }),
  stage: stageSchema
    .exclude(['exchange'])
    .meta({ description: 'attempt: asked or knocked. contact: it answered. Exchange is not remembered.' }),
  inbound: z.literal(true).optional().meta({ description: 'the other side began it, every time' }),
  how: z.array(z.enum(['dns', 'tls', 'quic', 'http', 'tcp', 'udp', 'other'])),
  observed: z.array(z.string()).meta({ description: 'what met the value, at most a few' }),
  remote: z.string().optional().meta({ description: 'the far end that was met last' }),
});
export type RetroHost = z.infer<typeof retroHostSchema>;

export const retroValueSchema = z.object({
  value: z.string().meta({ description: 'as asked' }),
  state: z.enum(['seen', 'not-seen', 'not-kept', 'not-a-value']),
  type: z.string().optional(),
  note: z.string().optional().meta({ description: 'what of the value was not asked, or why nothing was' }),
  hosts: z.array(retroHostSchema).optional(),
  hostsOmitted: count.optional().meta({ description: 'machines over the bound of an answer' }),
});
export type RetroValue = z.infer<typeof retroValueSchema>;

export const retroMatchResultSchema = z
  .object({
    schema: z.literal('retro-match/1'),
    days: count.meta({ description: 'days that were looked at' }),
    oldest: date.optional(),
    newest: date.optional(),
    damaged: z.array(date).meta({ description: 'days of which something could not be read' }),
    seen: count.meta({ description: 'values that were met' }),
    values: z.array(retroValueSchema).meta({ description: 'in the order in which they were asked' }),
    valuesOmitted: count.optional().meta({ description: 'values over the bound of an answer; those that were met come in first' }),
  })
  .meta({ id: 'retro-match/1', title: 'Which machines met a value, version 1' });
export type RetroMatchResult = z.infer<typeof retroMatchResultSchema>;
