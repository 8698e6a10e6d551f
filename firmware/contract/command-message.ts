/**
 * Orders to one box that are done once. `command-request/1` is the payload of a DSSE envelope (envelope.ts) on `down/{id}/cmd/req`; the answer
 * comes on `up/{id}/cmd/res` with the correlation data echoed.
 */
import { z } from 'zod';

const timestamp = z.iso.datetime().meta({ description: 'RFC 3339, UTC', format: 'date-time' });

export const commandNames = ['identify', 'lamp-test', 'restart', 'doctor', 'evidence', 'rotate-key', 'retro-match'] as const;
export type CommandName = (typeof commandNames)[number];

/** Values that one retro-match may ask for. */
export const retroMatchValuesMax = 2000;

/** What each command takes; strict, so that a slip of the pen is refused and not ignored. */
export const commandArguments = {
  identify: z.strictObject({ seconds: z.int().min(1).max(600).default(60) }),
  'lamp-test': z.strictObject({}),
  restart: z.strictObject({ process: z.enum(['sensor', 'agent']).default('sensor') }),
  doctor: z.strictObject({}),
  evidence: z.strictObject({ id: z.string().min(1).max(64) }),
  'rotate-key': z.strictObject({}),
  'retro-match': z.strictObject({
    values: z.array(z.string().min(1).max(2048)).min(1).max(retroMatchValuesMax),
    days: z.int().min(1).max(366).default(30),
  }),
} as const satisfies Record<CommandName, z.ZodType>;

/** Nobody may sign an order that waits longer for its box. */
export const commandLifetimeSecondsMax = 3600;
export const commandLifetimeSecondsDefault = 300;

export const commandRequestSchema = z
  .strictObject({
    schema: z.literal('command-request/1'),
    box: z.string(),
    id: z.uuid().meta({ description: 'used once; the box remembers it' }),
    command: z.enum(commandNames),
    arguments: z.record(z.string(), z.unknown()).default({}),
    issued: timestamp,
    expires: timestamp,
    author: z.string().max(200).optional(),
  })
  .meta({ id: 'command-request/1', title: 'Command to a box, version 1' });
export type CommandRequest = z.infer<typeof commandRequestSchema>;

export const commandFaultCodes = [
  'malformed',
  'unsigned',
  'wrong-type',
  'foreign-signature',
  'other-box',
  'replayed',
  'expired',
  'not-yet-valid',
  'lifetime',
  'invalid-arguments',
  'busy',
  'not-kept',
  'failed',
] as const;
export type CommandFaultCode = (typeof commandFaultCodes)[number];

export const commandResponseSchema = z
  .object({
    schema: z.literal('command-response/1'),
    box: z.string(),
    ts: timestamp,
    id: z.string().max(64).optional().meta({ description: 'of the request; absent where it could not be read' }),
    command: z.string().max(64).optional(),
    state: z.enum(['done', 'refused', 'failed']),
    code: z.enum(commandFaultCodes).optional(),
    message: z.string().max(1000).optional(),
    result: z.unknown().optional().meta({ description: 'of the command, at most 200 KB of JSON' }),
  })
  .meta({ id: 'command-response/1', title: 'Answer to a command, version 1' });
export type CommandResponse = z.infer<typeof commandResponseSchema>;
