/** What the agent keeps of orders: the shapes in its store, and the file that the sensor reads. Written by the agent alone, and checked when read all the same. */
import { z } from 'zod';
import { type ConfigDesired, configReportedSchema, hashOfConfig } from '../../contract/config-message.ts';
import { releaseSchema } from '../../contract/intelligence-message.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seq = z.int().min(1);
const amount = z.number().min(0);

/** An order that was accepted, with what the agency may want to know of it. */
export const acceptedOrderSchema = z
  .object({
    seq,
    hash,
    notBefore: z.iso.datetime(),
    settings: z.record(z.string(), z.unknown()),
    release: releaseSchema.optional(),
    signer: z.string().max(128),
    author: z.string().max(200).optional(),
    comment: z.string().max(1000).optional(),
  })
  .refine((order) => hashOfConfig(order) === order.hash, { error: 'the settings are not those of the hash' });
export type AcceptedOrder = z.infer<typeof acceptedOrderSchema>;

/** How things were before a change: what the change is measured by. */
export const baselineSchema = z.object({
  isSensorConnected: z.boolean(),
  isCapturing: z.boolean(),
  isLinked: z.boolean(),
  packetsPerSecond: amount.optional().meta({ description: 'absent: not watched for long enough' }),
  alertsPerSecond: amount.optional(),
});
export type Baseline = z.infer<typeof baselineSchema>;

export const configStateSchema = z.object({
  /** The highest number ever accepted; an older order is never accepted again. It counts for the director whose key it names. */
  floor: z.object({ seq, hash, signer: z.string().max(128) }).optional(),
  /** In force; on trial where there is a `trial`. */
  current: acceptedOrderSchema.optional(),
  /** What is gone back to: the last one that stood its trial. Only beside a `trial`; absent: the file of the box alone. */
  previous: acceptedOrderSchema.optional(),
  trial: z.object({ begun: z.int().min(1), baseline: baselineSchema }).optional(),
  /** What became of the order of the floor, where it is not the one in force. */
  outcome: configReportedSchema.pick({ state: true, errors: true, reason: true }).optional(),
});
export type ConfigState = z.infer<typeof configStateSchema>;

/** What the sensor and the agent run with: `settingsInForceSchema` of firmware/state-folder.ts. */
export interface SettingsInForce {
  seq: number;
  hash: string;
  settings: Record<string, unknown>;
  release?: AcceptedOrder['release'];
}

export function inForceOf({ seq, hash, settings, release }: AcceptedOrder): SettingsInForce {
  return { seq, hash, settings, ...(release === undefined ? {} : { release }) };
}

export function acceptedOrder({ order, signer }: { order: ConfigDesired; signer: string }): AcceptedOrder {
  const { seq, hash, notBefore, settings, release, author, comment } = order;
  return {
    ...{ seq, hash, notBefore, settings, signer },
    ...(release === undefined ? {} : { release }),
    ...(author === undefined ? {} : { author }),
    ...(comment === undefined ? {} : { comment }),
  };
}
