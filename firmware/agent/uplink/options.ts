/** How to reach the broker of the centre. Any MQTT 5 broker will do. */
import { z } from 'zod';
import { backoffOptionsSchema } from './backoff.ts';

const protocols = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

export const uplinkOptionsSchema = z.strictObject({
  url: z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
      message: 'must be a broker URL: mqtt://, mqtts://, ws:// or wss://, host and port',
    })
    .meta({ description: 'the broker: mqtts://host:8883, mqtt://host:1883, ws://…, wss://…' }),
  username: z.string().optional().meta({ description: 'user name, where the broker asks for one' }),
  password: z.string().optional().meta({ description: 'password; better kept in passwordFile' }),
  passwordFile: z.string().optional().meta({ description: 'file whose first line is the password' }),
  caFile: z
    .string()
    .optional()
    .meta({ description: 'PEM file of the authority that signed the broker’s certificate; the only one trusted then' }),
  certFile: z.string().optional().meta({ description: 'PEM file of the client certificate' }),
  keyFile: z.string().optional().meta({ description: 'PEM file of the client certificate’s key' }),
  keepaliveSeconds: z.int().min(5).max(65_535).default(30).meta({ description: 'a silent link is asked for a sign of life this often' }),
  connectTimeoutMs: z.int().min(100).default(10_000).meta({ description: 'for the connection and the broker’s greeting' }),
  acknowledgeTimeoutMs: z
    .int()
    .min(100)
    .default(30_000)
    .meta({ description: 'a message that stays unacknowledged this long ends the connection; a new one sends it again' }),
  windowMax: z
    .int()
    .min(1)
    .max(65_535)
    .default(16)
    .meta({ description: 'messages on the way at once; the broker’s Receive Maximum may be lower' }),
  backoff: backoffOptionsSchema.prefault({}).meta({ description: 'waits between attempts to connect' }),
});

export type UplinkOptions = z.output<typeof uplinkOptionsSchema>;
