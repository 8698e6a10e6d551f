/** What the agent asks of the process that fetches a release, and what that says meanwhile. Over the channel of fork; nothing else goes this way. */
import { z } from 'zod';
import { type Release, releaseSchema } from './intelligence-message.ts';

export const fetchOrderSchema = z.object({
  release: z.union([
    releaseSchema.meta({ description: 'as the director has signed it' }),
    z.object({ channel: z.string() }).meta({ description: 'the newest of the channel: a person has brought the repository' }),
  ]),
  repository: z.union([
    z.object({
      url: z.string(),
      caFile: z.string().optional(),
      certFile: z.string().optional(),
      keyFile: z.string().optional(),
    }),
    z.object({ folder: z.string() }),
  ]),
  /** Of the box's intelligence; the compiled set comes into `releases/` below. */
  folder: z.string(),
  rootFile: z.string(),
  /** A release that the box has, from which a difference may lead to the wanted one. */
  from: z.object({ release: releaseSchema, file: z.string() }).optional(),
  trustedMs: z.number(),
  bytesPerSecondMax: z.number(),
});
export type FetchOrder = z.infer<typeof fetchOrderSchema>;

export const fetchFaultCodes = ['unreachable', 'untrusted', 'absent', 'damaged', 'no-room', 'died'] as const;
export type FetchFaultCode = (typeof fetchFaultCodes)[number];

export const fetchNewsSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('bytes'), fetched: z.number() }),
  z.object({ type: z.literal('done'), release: releaseSchema, file: z.string(), fetched: z.number() }),
  z.object({ type: z.literal('failed'), code: z.enum(fetchFaultCodes), reason: z.string() }),
]);
export type FetchNews = z.infer<typeof fetchNewsSchema>;

/** Of a compiled set, below the folder of the box's intelligence. */
export function releaseFileName({ version, sha256 }: Pick<Release, 'version' | 'sha256'>): string {
  return `releases/${version}-${sha256.slice(0, 16)}.vgi`;
}
