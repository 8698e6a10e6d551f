/**
 * The programs that play in a recording, each with what it was told written down beside it: the name that dig was given, the URL that curl was given.
 * That note, not a look at the traffic, becomes the expectation.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Client, giveAddress, router, takeAddress } from './network.ts';
import { put, type Values } from './oracle.ts';
import type { Certificate, Servers } from './servers.ts';
import { inside, type Outcome, start } from './shell.ts';

/** What a recording has at hand while it plays. */
export interface Scene {
  servers: Servers;
  workFolder: string;
  /** What the programs were told, by kind. */
  told: Values;
}

/** What the browsers of the office call themselves. */
export const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

export const pause = (milliseconds: number): Promise<unknown> => delay(milliseconds);

function isName(host: string): boolean {
  return /[a-z]$/.test(host) && !host.includes(':');
}

/** What the C library asks the resolver when a program is told to go to a name. */
export function tellLookup(scene: Scene, name: string, options: readonly string[] = []): void {
  put(scene.told, 'dns_queries', name);
  put(scene.told, 'dns_types', 'A');
  // curl -4 asks for A alone; curl -6 asks for both and then leaves the IPv4 addresses out.
  if (!options.includes('-4')) put(scene.told, 'dns_types', 'AAAA');
}

function tellHost(scene: Scene, url: URL, options: readonly string[]): void {
  if (isName(url.hostname)) tellLookup(scene, url.hostname, options);
  if (url.protocol === 'https:' && isName(url.hostname)) put(scene.told, 'sni', url.hostname);
}

export function tellCertificates(scene: Scene, certificate: Certificate): void {
  for (const sha1 of certificate.sha1) put(scene.told, 'cert_sha1', sha1);
}

/** curl, over one connection for all URLs where that can be. TLS up to 1.2 is asked for with `options`; then name the certificates it will see. */
export async function curl(
  scene: Scene,
  client: Client,
  urls: readonly string[],
  options: readonly string[] = [],
  agent = browser,
): Promise<Outcome> {
  for (const each of urls) {
    const url = new URL(each);
    tellHost(scene, url, options);
    if (url.protocol !== 'http:') continue;
    put(scene.told, 'http_urls', each);
    put(scene.told, 'http_hosts', url.host);
    put(scene.told, 'http_user_agents', agent);
  }
  const trust = ['--cacert', scene.servers.authorityFile];
  const outputs = urls.flatMap((url) => [url, '-o', '/dev/null']);
  return await inside(client.namespace, ['curl', '-sS', '--max-time', '8', '-A', agent, ...trust, ...options, ...outputs], {
    accept: 'any',
  });
}

/** dig for one name and type, as it stands on its command line. */
export async function dig(scene: Scene, client: Client, name: string, type: string, options: readonly string[] = []): Promise<void> {
  put(scene.told, 'dns_queries', name.toLowerCase());
  put(scene.told, 'dns_types', type);
  await inside(client.namespace, ['dig', `@${router.ip}`, '+tries=1', '+time=2', '+nocookie', ...options, name, type]);
}

/** Sends lines through netcat, one every `gapMs`, and reads what comes back. */
export async function netcat(client: Client, address: string, port: number, sent: readonly string[], gapMs = 400): Promise<Outcome> {
  const script = sent.map((line) => `echo '${line}'; sleep ${gapMs / 1000};`).join(' ');
  return await inside(client.namespace, ['sh', '-c', `{ ${script} } | nc -N -w 3 ${address} ${port}`], { accept: 'any' });
}

/** openssl's TLS client, asking for a page. */
export async function secureClient(scene: Scene, client: Client, address: string, options: readonly string[], name = ''): Promise<void> {
  if (name !== '') put(scene.told, 'sni', name);
  const naming = name === '' ? ['-noservername'] : ['-servername', name];
  const argv = ['openssl', 's_client', '-connect', `${address}:443`, '-quiet', '-ign_eof', ...naming, ...options];
  await inside(client.namespace, argv, { input: 'GET /gate.php HTTP/1.0\r\n\r\n', accept: 'any' });
}

/** The TLS client of the pinned Node, whose OpenSSL offers X25519MLKEM768: a hello longer than one segment. */
export async function postQuantumClient(scene: Scene, client: Client, address: string, name: string): Promise<void> {
  put(scene.told, 'sni', name);
  const script = `const s = require('node:tls').connect({ host: '${address}', port: 443, servername: '${name}', rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'] }, () => s.end('GET / HTTP/1.0\\r\\nHost: ${name}\\r\\n\\r\\n')); s.resume(); s.on('error', (e) => { throw e; });`;
  const node = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
  await inside(client.namespace, [node, '-e', script]);
}

/** dhclient, from "I have no address" to the lease; it sets the address that it was given. */
export async function askForAddress(scene: Scene, client: Client): Promise<void> {
  put(scene.told, 'dhcp_hostnames', client.name);
  put(scene.told, 'dhcp_macs', client.mac);
  await takeAddress(client);
  const at = (name: string) => join(scene.workFolder, `${client.name}.${name}`);
  writeFileSync(at('conf'), `send host-name "${client.name}";\nsend vendor-class-identifier "MSFT 5.0";\n`);
  // The address that dnsmasq holds for this MAC is set below; dhclient's own script would rewrite files of the machine.
  writeFileSync(at('script'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const files = ['-cf', at('conf'), '-lf', at('leases'), '-pf', at('pid'), '-sf', at('script')];
  writeFileSync(at('leases'), '');
  const dhclient = start(client.namespace, ['dhclient', '-4', '-1', '-d', ...files, 'eth0'], at('log'));
  await dhclient.says('bound to', 10_000);
  await dhclient.stop();
  await giveAddress(client);
}
