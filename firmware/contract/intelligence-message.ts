/**
 * Which release of indicators there is, which one a box shall run, and what a box says of the one it runs. The files themselves are fetched over
 * HTTPS from a TUF repository, never by MQTT.
 */
import { z } from 'zod';

const timestamp = z.string().meta({ description: 'RFC 3339, UTC', format: 'date-time' });
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hex');

/** A number that grows with every release of a channel. */
const version = z.int().min(1);

export const releaseSchema = z
  .strictObject({
    channel: z.string().regex(/^[a-z0-9-]{1,32}$/, 'is not 1 to 32 of a-z, 0-9 and -'),
    version,
    sha256: hash.meta({ description: 'of the compiled set, as its own header claims it' }),
  })
  .meta({ description: 'a release of indicators' });
export type Release = z.infer<typeof releaseSchema>;

/**
 * The domain that a release of this version holds for its own test: a box asks a scratch pipeline for it before it trusts the release. RFC 6761 §6.4:
 * `.invalid` never resolves, so nobody meets it by chance.
 */
export function canaryDomain(release: number): string {
  return `canary-${release}.vonggac.invalid`;
}

/** On `bcast/intel/{channel}`, retained. A hint only: nothing is trusted for it. */
export const intelligenceCurrentSchema = z
  .object({ schema: z.literal('intel-current/1'), ...releaseSchema.shape, ts: timestamp })
  .meta({ id: 'intel-current/1', title: 'The release of indicators that is current, version 1' });
export type IntelligenceCurrent = z.infer<typeof intelligenceCurrentSchema>;

export const intelligenceStates = ['fetching', 'testing', 'armed', 'failed', 'rolled_back'] as const;

/** On `up/{id}/intel/reported`, retained. */
export const intelligenceReportedSchema = z
  .object({
    schema: z.literal('intel-reported/1'),
    box: z.string(),
    ts: timestamp,
    wanted: releaseSchema.optional().meta({ description: 'as the configuration names it' }),
    running: releaseSchema.optional().meta({ description: 'what the sensor matches with; absent: none of the centre’s' }),
    state: z.enum(intelligenceStates).meta({
      description: 'of the wanted one. testing: loaded, on trial. armed: in use. failed, rolled_back: not in use, `running` is',
    }),
    confirmed: z.boolean().optional().meta({ description: 'armed, and its trial is over' }),
    code: z.string().max(100).optional().meta({ description: 'why it failed, for programs' }),
    reason: z.string().max(1000).optional(),
    bytesFetched: z.int().min(0).optional(),
    retroMatches: z.int().min(0).optional().meta({ description: 'alerts that the memory of what was seen gave' }),
  })
  .meta({ id: 'intel-reported/1', title: 'What a box says of its indicators, version 1' });
export type IntelligenceReported = z.infer<typeof intelligenceReportedSchema>;
