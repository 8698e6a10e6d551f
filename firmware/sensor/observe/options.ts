/** Options of the observing stage. Defaults stand here and nowhere else. */
import { z } from 'zod';
import { isNetwork } from '../bytes/network.ts';

export const flowOptions = z.strictObject({
  flowsMax: z.int().min(1024).max(1_048_576).default(131_072).meta({ description: 'flows kept at once; each takes 128 bytes of memory' }),
  unansweredTimeoutS: z.int().min(1).max(3600).default(60).meta({ description: 'seconds until a flow that nobody answered ends' }),
  tcpTimeoutS: z.int().min(10).max(86_400).default(1800).meta({ description: 'seconds of silence until an open TCP flow ends' }),
  otherTimeoutS: z.int().min(5).max(3600).default(180).meta({ description: 'seconds of silence until an answered flow without TCP ends' }),
  closedTimeoutS: z.int().min(1).max(600).default(10).meta({ description: 'seconds a closed TCP flow waits for stray segments' }),
});
export type FlowOptions = z.infer<typeof flowOptions>;

export const streamOptions = z.strictObject({
  connectionsMax: z.int().min(64).max(262_144).default(32_768).meta({ description: 'conversations whose payload is read at once' }),
  bufferedMaxBytes: z
    .int()
    .min(65_536)
    .max(1_073_741_824)
    .default(16 * 1024 * 1024)
    .meta({ description: 'bytes kept for segments that came out of order, all conversations together' }),
});
export type StreamOptions = z.infer<typeof streamOptions>;

/** RFC 1918, RFC 3927, RFC 6598, RFC 4193, RFC 4291 §2.5.6 */
export const defaultHomeNetworks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
];

/** They are gone through one by one for each flow; no office of ours has a tenth of this. */
const homeNetworksMax = 256;

export const observeOptions = z.strictObject({
  homeNetworks: z
    .array(z.string().refine(isNetwork, { error: 'is not a network such as 10.0.0.0/8 or 2001:db8::/32' }))
    .min(1)
    .max(homeNetworksMax)
    .default(defaultHomeNetworks)
    .meta({ description: 'the networks whose machines are ours' }),
  hostsMax: z.int().min(16).max(1_048_576).default(16_384).meta({ description: 'machines on the LAN remembered at once' }),
  flows: flowOptions.prefault({}),
  streams: streamOptions.prefault({}),
});
export type ObserveOptions = z.infer<typeof observeOptions>;
