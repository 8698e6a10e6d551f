/** The recordings in which a machine of the office behaves as if it were infected: one kind and one stage each, played by ordinary programs. */
import { clients, ignore, internet, servers } from './network.ts';
import { curl, dig, netcat, pause, type Scene, secureClient, tellCertificates } from './programs.ts';
import type { Recording } from './recording.ts';
import { names } from './servers.ts';
import { inside } from './shell.ts';

const [accounting, clerk, counter, head] = clients;

/** Documentation addresses that no server wears: a SYN to them is never answered. */
export const deadAddress = '203.0.113.44';
export const deadAddress6 = '2001:db8:bad::44';
/** Names that the resolver does not know. */
export const deadName = 'moi.tai-lieu-mat.example';

/** The path on an otherwise harmless site that hands out the bad file. */
export const badPath = '/wp-content/uploads/2026/gate.php';

export const badAgent = 'Mozilla/4.0 (compatible; MSIE 6.0; SuongMu 1.2)';

/** The TLS client whose JA3 stands for an implant: an order of old ciphers that no browser sends, and no server name. */
export const oddCiphers = ['-tls1_2', '-cipher', 'AES256-SHA:ECDHE-RSA-AES256-SHA:AES128-SHA256:AES128-SHA', '-no_ticket'];

/** The TLS client whose JA4 stands for an implant. */
export const oddCurl = ['-k', '--tlsv1.3', '--tls13-ciphers', 'TLS_CHACHA20_POLY1305_SHA256', '--curves', 'P-384', '--no-alpn'];

/** Raw TCP to a bad address, a greeting and two beacons, each echoed. */
export function rawExchange(): Promise<unknown> {
  return netcat(accounting, servers.talker, 4444, ['XIN-CHAO ke-toan-01 win10', 'NHIP 1', 'NHIP 2']);
}

/** A bad address knocks at a port of the counter's machine, which is deaf to it. */
export async function knock(): Promise<void> {
  await ignore(counter, servers.knocker);
  // The deaf machine would not answer the router's ARP either, and then nothing would be seen of the knock.
  await inside(internet, ['ip', 'neigh', 'replace', counter.ip, 'lladdr', counter.mac, 'dev', 'office']);
  await inside(internet, ['nc', '-w', '2', '-s', servers.knocker, counter.ip, '3389'], { accept: 'any' });
}

export async function oldCertificate(scene: Scene): Promise<void> {
  tellCertificates(scene, scene.servers.selfSigned);
  await curl(scene, head, [`https://${servers.selfSigned}/gate.php`], ['-k', '--http1.1']);
}

const addresses: readonly Recording[] = [
  {
    name: 'c2-address-attempt',
    origin: 'nc sends SYNs to bad addresses, IPv4 and IPv6, that never answer',
    indicators: [deadAddress, `${deadAddress6.replace('::44', '::')}/64`],
    alerts: [
      { kind: 'c2.address', stage: 'attempt', hostIp: accounting.ip, value: deadAddress },
      { kind: 'c2.address', stage: 'attempt', hostIp: clerk.ip6, value: '2001:db8:bad::/64' },
    ],
    async play() {
      await inside(accounting.namespace, ['nc', '-w', '3', deadAddress, '443'], { accept: 'any' });
      await inside(clerk.namespace, ['nc', '-w', '2', deadAddress6, '8080'], { accept: 'any' });
    },
  },
  {
    name: 'c2-address-contact',
    origin: 'nc -z: the bad address:port (socat) completes the TCP handshake and not a byte is sent',
    indicators: [`${servers.silent}:8443`],
    alerts: [{ kind: 'c2.address', stage: 'contact', hostIp: clerk.ip, value: `${servers.silent}:8443` }],
    async play() {
      await inside(clerk.namespace, ['nc', '-z', '-w', '2', servers.silent, '8443']);
    },
  },
  {
    name: 'c2-address-exchange',
    origin: 'nc talks to socat on a bad address, three lines, each echoed',
    indicators: [servers.talker],
    alerts: [{ kind: 'c2.address', stage: 'exchange', hostIp: accounting.ip, value: servers.talker }],
    async play() {
      await rawExchange();
    },
  },
  {
    name: 'c2-knock',
    origin: 'nc, from a bad address on the outside, sends SYNs to a machine of the office that does not answer',
    indicators: [servers.knocker],
    alerts: [{ kind: 'c2.address', stage: 'attempt', hostIp: counter.ip, value: servers.knocker, severityMax: 1 }],
    play: knock,
  },
];

const otherKinds: readonly Recording[] = [
  {
    name: 'c2-domain-attempt',
    origin: 'dig asks for a bad name that does not exist, and for one that does, and nothing follows',
    indicators: ['tai-lieu-mat.example', names.panel],
    alerts: [
      { kind: 'c2.domain', stage: 'attempt', hostIp: clerk.ip, value: 'tai-lieu-mat.example' },
      { kind: 'c2.domain', stage: 'attempt', hostIp: head.ip, value: names.panel },
    ],
    async play(scene) {
      await dig(scene, clerk, deadName, 'A');
      await dig(scene, head, names.panel, 'A');
    },
  },
  {
    name: 'c2-domain-exchange',
    origin: 'curl resolves a bad name and visits it over HTTPS (accounting) and over HTTP (clerk)',
    indicators: ['phan-mem-ke-toan.example'],
    alerts: [
      { kind: 'c2.domain', stage: 'exchange', hostIp: accounting.ip, value: 'phan-mem-ke-toan.example' },
      { kind: 'c2.domain', stage: 'exchange', hostIp: clerk.ip, value: 'phan-mem-ke-toan.example' },
    ],
    async play(scene) {
      tellCertificates(scene, scene.servers.site);
      await curl(scene, accounting, [`https://${names.panel}/gate.php`]);
      await curl(scene, clerk, [`http://${names.panel}/gate.php?id=1`], ['-4']);
    },
  },
  {
    name: 'c2-url',
    origin: 'curl fetches a bad URL, and then a harmless page, of the same harmless site',
    indicators: [`http://${names.library}${badPath}`],
    alerts: [{ kind: 'c2.url', stage: 'exchange', hostIp: counter.ip, value: `http://${names.library}${badPath}` }],
    async play(scene) {
      await curl(scene, counter, [`http://${names.library}${badPath}?id=7`, `http://${names.library}/`]);
      await curl(scene, head, [`http://${names.library}/`]);
    },
  },
  {
    name: 'c2-ja3',
    origin: 'openssl s_client 3.0 with a cipher list of its own and no server name, to nginx over TLS 1.2',
    indicators: ['<ja3>'],
    alerts: [{ kind: 'c2.tls', stage: 'exchange', hostIp: clerk.ip, value: '<ja3>' }],
    async play(scene) {
      tellCertificates(scene, scene.servers.site);
      await secureClient(scene, clerk, servers.panel, oddCiphers);
    },
  },
  {
    name: 'c2-ja4',
    origin: 'curl 7.88 with one TLS 1.3 cipher, one curve and no ALPN, to nginx over TLS 1.3',
    indicators: ['<ja4>'],
    alerts: [{ kind: 'c2.tls', stage: 'exchange', hostIp: head.ip, value: '<ja4>' }],
    async play(scene) {
      await curl(scene, head, [`https://${names.library}/van-ban.txt`], oddCurl);
    },
  },
  {
    name: 'c2-certificate',
    origin: 'curl -k over TLS 1.2 to nginx with a self-signed certificate, by address and without a server name',
    indicators: ['<cert>'],
    alerts: [{ kind: 'c2.certificate', stage: 'exchange', hostIp: head.ip, value: '<cert>' }],
    play: oldCertificate,
  },
  {
    name: 'c2-user-agent',
    origin: 'curl with a bad User-Agent to a harmless site',
    indicators: [`ua:${badAgent}`],
    alerts: [{ kind: 'c2.user-agent', stage: 'exchange', hostIp: counter.ip, value: badAgent }],
    async play(scene) {
      await curl(scene, counter, [`http://${names.portal}/`], [], badAgent);
      await pause(100);
    },
  },
];

export const contactRecordings: readonly Recording[] = [...addresses, ...otherKinds];
