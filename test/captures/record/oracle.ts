/**
 * Reads a finished capture with tshark, so that what the programs were told to do can be held against what is on the wire, and computes the JA4
 * of every ClientHello by FoxIO's text. It shares no code with the sensor: it is the second opinion on it.
 */
import { createHash } from 'node:crypto';
import { run } from './shell.ts';

/** Values by kind, as sets: `dns_queries`, `sni`, `ja3` … The names are those of the expectation files. */
export type Values = Map<string, Set<string>>;

export function put(values: Values, kind: string, value: string): void {
  const set = values.get(kind);
  if (set === undefined) values.set(kind, new Set([value]));
  else set.add(value);
}

interface Question {
  kind: string;
  filter: string;
  field: string;
}

const questions: readonly Question[] = [
  { kind: 'dns_queries', filter: 'dns.flags.response == 0 && (udp.dstport == 53 || tcp.dstport == 53)', field: 'dns.qry.name' },
  { kind: 'dns_types', filter: 'dns.flags.response == 0 && (udp.dstport == 53 || tcp.dstport == 53)', field: 'dns.qry.type' },
  { kind: 'mdns_names', filter: 'mdns && dns.flags.response == 1 && dns.a', field: 'dns.resp.name' },
  { kind: 'nbns_names', filter: 'nbns.nb_flags.group == 0', field: 'nbns.name' },
  { kind: 'sni', filter: 'tls.handshake.type == 1 && tcp', field: 'tls.handshake.extensions_server_name' },
  { kind: 'quic_sni', filter: 'tls.handshake.type == 1 && quic', field: 'tls.handshake.extensions_server_name' },
  { kind: 'ja3', filter: 'tls.handshake.type == 1 && tcp', field: 'tls.handshake.ja3' },
  { kind: 'http_urls', filter: 'http.request', field: 'http.request.full_uri' },
  { kind: 'http_hosts', filter: 'http.request', field: 'http.host' },
  { kind: 'http_user_agents', filter: 'http.request', field: 'http.user_agent' },
  { kind: 'dhcp_hostnames', filter: 'dhcp.type == 1', field: 'dhcp.option.hostname' },
];

async function lines(file: string, filter: string, fields: readonly string[]): Promise<string[]> {
  const options = fields.flatMap((field) => ['-e', field]);
  const preferences = ['-o', 'tcp.reassemble_out_of_order:TRUE'];
  const argv = ['tshark', '-n', '-r', file, '-2', ...preferences, '-Y', filter, '-T', 'fields', '-E', 'occurrence=a', ...options];
  const { stdout } = await run(argv, { timeoutMs: 60_000 });
  return stdout.split('\n').filter((line) => line.trim() !== '');
}

/** The types that the recordings ask for (IANA, DNS resource record types). */
const typeNames = new Map([
  [1, 'A'],
  [6, 'SOA'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [65, 'HTTPS'],
]);

/** tshark writes a type as a number, and a NetBIOS name with the meaning of its last byte behind it: `PC-01 (Workstation/Redirector)`. */
function trimmed(kind: string, value: string): string {
  if (kind === 'dns_types') return typeNames.get(Number(value)) ?? `TYPE${value}`;
  return kind === 'nbns_names' ? value.replace(/ *[(<].*/, '') : value;
}

/** Every value that tshark sees in the capture. */
export async function consult(file: string): Promise<Values> {
  const values: Values = new Map();
  for (const { kind, filter, field } of questions) {
    for (const line of await lines(file, filter, [field])) {
      for (const value of line.split(',').filter((each) => kind !== 'mdns_names' || each.endsWith('.local')))
        put(values, kind, trimmed(kind, value));
    }
  }
  for (const line of await lines(file, 'vlan || ieee8021ad', ['ieee8021ad.id', 'vlan.id'])) {
    put(values, 'vlan_stacks', line.trim().replaceAll(/[\t,]/g, '.'));
  }
  for (const line of await lines(file, 'tls.handshake.type == 11', ['tls.handshake.certificate'])) {
    for (const der of line.split(',')) {
      put(
        values,
        'cert_sha1',
        createHash('sha1')
          .update(Buffer.from(der.replaceAll(':', ''), 'hex'))
          .digest('hex'),
      );
    }
  }
  for (const transport of ['tcp', 'quic'] as const) {
    for (const hello of await hellos(file, transport)) put(values, transport === 'tcp' ? 'ja4' : 'quic_ja4', hello.ja4);
  }
  return values;
}

export async function countPackets(file: string): Promise<number> {
  const { stdout } = await run(['tshark', '-n', '-r', file, '-T', 'fields', '-e', 'frame.number'], { timeoutMs: 60_000 });
  return stdout.trim() === '' ? 0 : stdout.trim().split('\n').length;
}

const helloFields = [
  'tls.handshake.version',
  'tls.handshake.extensions.supported_version',
  'tls.handshake.ciphersuite',
  'tls.handshake.extension.type',
  'tls.handshake.extensions_alpn_str',
  'tls.handshake.sig_hash_alg',
  'tls.handshake.ja3',
] as const;

/** The fingerprints of every ClientHello, in the order of the frames. */
export async function hellos(file: string, transport: 'tcp' | 'quic'): Promise<Array<{ ja3: string; ja4: string }>> {
  const found = await lines(file, `tls.handshake.type == 1 && ${transport}`, helloFields);
  return found.map((line) => {
    const [version = '', supported = '', ciphers = '', extensions = '', alpn = '', signatures = '', ja3 = ''] = line.split('\t');
    const numbers = (text: string) => (text === '' ? [] : text.split(',').map(Number)).filter((each) => !isGrease(each));
    const versions = numbers(supported);
    const text = ja4({
      transport,
      version: versions.length > 0 ? Math.max(...versions) : Number(version.split(',')[0]),
      ciphers: numbers(ciphers),
      extensions: numbers(extensions),
      alpn: alpn.split(',')[0] ?? '',
      signatures: numbers(signatures),
    });
    return { ja3, ja4: text };
  });
}

/** RFC 8701 §2: 0x0a0a, 0x1a1a, … 0xfafa. */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

interface Hello {
  transport: 'tcp' | 'quic';
  version: number;
  ciphers: number[];
  extensions: number[];
  alpn: string;
  signatures: number[];
}

const versionNames = new Map([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
]);

/** JA4 by FoxIO's technical description of the TLS client form. */
export function ja4(hello: Hello): string {
  const hex = (values: number[]) => values.map((value) => value.toString(16).padStart(4, '0'));
  const hash = (text: string) => (text === '' ? '000000000000' : createHash('sha256').update(text).digest('hex').slice(0, 12));
  const count = (values: number[]) => String(Math.min(values.length, 99)).padStart(2, '0');
  const named = hello.extensions.includes(0) ? 'd' : 'i';
  const first = hello.alpn === '' ? '00' : `${hello.alpn[0]}${hello.alpn.at(-1)}`;
  const version = versionNames.get(hello.version) ?? '00';
  const a = `${hello.transport === 'quic' ? 'q' : 't'}${version}${named}${count(hello.ciphers)}${count(hello.extensions)}${first}`;
  const b = hash(hex(hello.ciphers).sort().join(','));
  const sorted = hex(hello.extensions.filter((type) => type !== 0 && type !== 16)).sort();
  const signatures = hex(hello.signatures).join(',');
  const c = hash(sorted.length === 0 ? '' : sorted.join(',') + (signatures === '' ? '' : `_${signatures}`));
  return `${a}_${b}_${c}`;
}
