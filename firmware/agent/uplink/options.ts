/** How to reach the broker of the centre. Any MQTT 5 broker will do. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { backoffOptionsSchema } from './backoff.ts';

const defaultPorts: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883 };
/** RFC 7301 §3.1: the length of a protocol name is one byte. */
const alpnBytesMax = 255;

function isBrokerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  return protocol in defaultPorts && hostname !== '' && username + password + search + hash === '' && (pathname === '' || pathname === '/');
}

function isProxyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(text);
  return protocol === 'http:' && pathname === '/' && search + hash === '' && isDecodable(username) && isDecodable(password);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // A stray % in the URL.
    return false;
  }
}

export const uplinkOptionsSchema = z.strictObject({
  url: z
    .string()
    .refine(isBrokerUrl, { message: 'must be a broker URL: mqtt:// or mqtts://, host and port, and nothing else' })
    .meta({ description: 'the broker: mqtts://host:8883 (TLS 1.3) or mqtt://host:1883; any port, 443 too' }),
  serverName: z
    .string()
    .refine((name) => /^[A-Za-z0-9.-]{1,253}$/.test(name) && isIP(name) === 0, { message: 'must be a name, not an address' })
    .optional()
    .meta({ description: 'name in the broker’s certificate, where the URL holds an address or another name' }),
  username: z.string().optional().meta({ description: 'user name, where the broker asks for one' }),
  password: z.string().optional().meta({ description: 'password; better kept in passwordFile' }),
  passwordFile: z.string().optional().meta({ description: 'file whose first line is the password' }),
  caFile: z
    .string()
    .optional()
    .meta({ description: 'PEM file of the authority that signed the broker’s certificate; the only one trusted then' }),
  certFile: z.string().optional().meta({ description: 'PEM file of the client certificate' }),
  keyFile: z.string().optional().meta({ description: 'PEM file of the client certificate’s key' }),
  alpn: z
    .array(z.string().refine((name) => name !== '' && Buffer.byteLength(name) <= alpnBytesMax, { message: 'must be 1 to 255 bytes' }))
    .max(8)
    .optional()
    .meta({ description: 'ALPN protocol names to offer, where one port serves several protocols, such as ["mqtt"] on 443' }),
  proxy: z
    .string()
    .refine(isProxyUrl, { message: 'must be http://[user:password@]host:port' })
    .optional()
    .meta({ description: 'HTTP proxy on the way to the broker (CONNECT): http://[user:password@]host:port' }),
  proxyPasswordFile: z.string().optional().meta({ description: 'file whose first line is the password for the proxy' }),
  keepaliveSeconds: z.int().min(5).max(65_535).default(30).meta({ description: 'a silent link is asked for a sign of life this often' }),
  connectTimeoutMs: z
    .int()
    .min(100)
    .default(10_000)
    .meta({ description: 'for the way to the broker (proxy and TLS included), and again for its greeting' }),
  sessionExpirySeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(300)
    .meta({ description: 'how long the broker keeps what comes for the box while it is away' }),
  acknowledgeTimeoutMs: z
    .int()
    .min(100)
    .default(30_000)
    .meta({ description: 'a message that the broker leaves unacknowledged this long ends the connection; a new one sends it again' }),
  windowMax: z
    .int()
    .min(1)
    .max(65_535)
    .default(16)
    .meta({ description: 'messages on the way to the broker at once; its Receive Maximum may be lower' }),
  unacknowledgedMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .meta({ description: 'messages sent and not yet acknowledged by the centre; beyond, nothing new is sent' }),
  centreTimeoutMs: z.int().min(100).default(60_000).meta({
    description: 'a message that the centre leaves unacknowledged this long is sent again; doubled up to 10 min without any answer',
  }),
  backoff: backoffOptionsSchema.prefault({}).meta({ description: 'waits between attempts to connect' }),
});

export type UplinkOptions = z.output<typeof uplinkOptionsSchema>;

export interface Place {
  host: string;
  port: number;
}

/** Where a checked broker URL leads. An IPv6 address comes without its brackets. */
export function brokerOf(url: string): Place & { isTls: boolean } {
  const { protocol, hostname, port } = new URL(url);
  return {
    host: withoutBrackets(hostname),
    port: port === '' ? (defaultPorts[protocol] ?? 0) : Number(port),
    isTls: protocol === 'mqtts:',
  };
}

/** Where a checked proxy URL leads, and as whom. */
export function proxyOf(url: string): Place & { username: string; password: string } {
  const { hostname, port, username, password } = new URL(url);
  return {
    host: withoutBrackets(hostname),
    port: port === '' ? 80 : Number(port),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

/** As written in a URL: an IPv6 address in brackets. */
export function authorityOf({ host, port }: Place): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
