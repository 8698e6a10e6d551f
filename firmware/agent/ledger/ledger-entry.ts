/**
 * What the ledger of a box holds, for the agency in whose rooms it stands: everything that left the box, and every order it received. One JSON
 * object a line. Text from outside is cut to a length, never changed.
 */
import { z } from 'zod';

const ts = z.iso.datetime();
const count = z.int().min(0);
const text = z.string().max(1000);

const changeSchema = z.object({
  path: z.string().max(200),
  from: z.string().max(300).optional().meta({ description: 'JSON; absent: was not set' }),
  to: z.string().max(300).optional().meta({ description: 'JSON; absent: is not set any more' }),
});
export type Change = z.infer<typeof changeSchema>;

export const orderOutcomes = ['accepted', 'applied', 'confirmed', 'rejected', 'rolled_back', 'begun', 'done', 'refused', 'failed'] as const;
export type OrderOutcome = (typeof orderOutcomes)[number];

export const entrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('sent'),
    message: z.string().max(64).meta({ description: 'kind of the message' }),
    topic: z.string().max(300),
    bytes: count,
    id: z.string().max(128).optional(),
    summary: text.optional(),
  }),
  z.object({
    kind: z.literal('sent-summary'),
    message: z.string().max(64),
    count,
    bytes: count,
    since: ts,
    until: ts,
  }),
  z.object({
    kind: z.literal('order'),
    order: z.enum(['configuration', 'command']),
    outcome: z.enum(orderOutcomes),
    seq: count.optional(),
    id: z.string().max(128).optional(),
    command: z.string().max(64).optional(),
    signer: z.string().max(128).optional().meta({ description: 'id of the key; absent: nobody whom the box obeys has signed' }),
    author: z.string().max(200).optional(),
    comment: text.optional(),
    reason: text.optional(),
    changes: z.array(changeSchema).max(100).optional(),
    changesLeftOut: count.optional(),
    times: count.optional().meta({ description: 'refusals of this kind since the last line about them' }),
  }),
  z.object({ kind: z.literal('connection'), broker: z.string().max(300), since: ts, until: ts.optional(), reason: text.optional() }),
  z.object({ kind: z.literal('identity'), what: z.enum(['enrolled', 'certificate', 'key']), detail: text.optional() }),
  z.object({ kind: z.literal('fetched'), what: z.string().max(200), from: z.string().max(300), bytes: count, detail: text.optional() }),
  z.object({ kind: z.literal('lost'), count: count.meta({ description: 'lines that could not be written' }) }),
]);
/** What is recorded; the ledger adds the time. */
export type LedgerEntry = z.infer<typeof entrySchema>;
export type OrderEntry = Extract<LedgerEntry, { kind: 'order' }>;

const timeSchema = z.object({ ts });
export type LedgerLine = LedgerEntry & { ts: string };

/** A line as read from disk; undefined where it is torn or of another version. */
export function lineOf(text: string): LedgerLine | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const entry = entrySchema.safeParse(json);
    const time = timeSchema.safeParse(json);
    return entry.success && time.success ? { ts: time.data.ts, ...entry.data } : undefined;
  } catch {
    return undefined;
  }
}

/** What the parts of the agent need of the ledger. */
export interface LedgerWriter {
  /** Returns at once, never throws. */
  record(entry: LedgerEntry): void;
}
