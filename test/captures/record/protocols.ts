/** The recordings of plain protocols: nothing bad happens in them, and each program's own arguments say what must be read. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tags } from './line.ts';
import { type Client, clients, internet, servers } from './network.ts';
import { put } from './oracle.ts';
import { askForAddress, curl, dig, pause, postQuantumClient, type Scene, tellCertificates, tellLookup } from './programs.ts';
import type { Recording } from './recording.ts';
import { longTextName, names } from './servers.ts';
import { inside, start } from './shell.ts';

const [accounting, clerk, counter, head] = clients;
const news = `http://${names.news}`;

const web: readonly Recording[] = [
  {
    name: 'http',
    origin:
      'curl 7.88 to nginx 1.22: two pages over one kept connection, a POST, a compressed (chunked) answer, a page that is not there, HEAD',
    async play(scene) {
      await curl(scene, accounting, [`${news}/`, `${news}/anh.png`]);
      await curl(scene, accounting, [`${news}/nhan?don=1`], ['--data', 'ho-ten=Nguyen+Van+A&so=12']);
      await curl(scene, clerk, [`${news}/van-ban.txt`], ['--compressed'], 'curl/7.88.1');
      await curl(scene, clerk, [`${news}/khong-co`, `http://${names.portal}/?q=a%20b`], ['--head']);
    },
  },
  {
    name: 'http-ipv6',
    origin: 'curl 7.88 -6 to nginx 1.22 over IPv6, by name and by address',
    async play(scene) {
      await curl(scene, counter, [`${news}/van-ban.txt`], ['-6']);
      await curl(scene, counter, [`http://[${servers.news6}]/`], ['-6']);
    },
  },
  {
    name: 'https-tls12',
    origin: 'curl 7.88 (OpenSSL 3.0) --tls-max 1.2 to nginx 1.22: the chain of two certificates crosses in the clear',
    async play(scene) {
      tellCertificates(scene, scene.servers.site);
      await curl(scene, accounting, [`https://${names.news}/`], ['--tls-max', '1.2']);
      await curl(scene, clerk, [`https://${names.portal}/nhan`], ['--http1.1']);
    },
  },
  {
    name: 'https-tls13',
    origin: 'curl 7.88 (OpenSSL 3.0) to nginx 1.22 over TLS 1.3, with HTTP/2 and HTTP/1.1 offered and then HTTP/1.1 alone',
    async play(scene) {
      await curl(scene, accounting, [`https://${names.news}/`, `https://${names.news}/anh.png`]);
      await curl(scene, counter, [`https://${names.library}/van-ban.txt`], ['--http1.1']);
    },
  },
  {
    name: 'hello-post-quantum',
    origin: "Node 24's TLS client (OpenSSL 3.5, X25519MLKEM768) to nginx 1.22: the ClientHello spans two segments",
    play: (scene) => postQuantumClient(scene, head, servers.news, names.news),
  },
  {
    name: 'quic',
    origin: 'gtlsclient to gtlsserver (ngtcp2 0.12, GnuTLS), HTTP/3 over QUIC version 1',
    play: (scene) => quic(scene, 'v1'),
  },
  {
    name: 'quic-draft-29',
    origin: 'gtlsclient to gtlsserver (ngtcp2 0.12), QUIC draft 29',
    play: (scene) => quic(scene, '0xff00001d'),
  },
  {
    name: 'quic-chromium',
    origin: 'headless Chromium to gtlsserver, HTTP/3: a hello of two datagrams with its CRYPTO frames out of order',
    play: chromium,
  },
  {
    name: 'smtp-starttls',
    origin: 'curl 7.88 smtp:// with STARTTLS (TLS 1.2) to aiosmtpd 1.4',
    async play(scene) {
      const mail = 'From: <a@congvan.example>\r\nTo: <b@congvan.example>\r\nSubject: thu\r\n\r\nXin chao.\r\n';
      tellLookup(scene, names.mail);
      put(scene.told, 'sni', names.mail);
      tellCertificates(scene, scene.servers.site);
      const options = ['--ssl-reqd', '--tls-max', '1.2', '--cacert', scene.servers.authorityFile, '--mail-from', 'a@congvan.example'];
      const argv = ['curl', '-sS', `smtp://${names.mail}`, ...options, '--mail-rcpt', 'b@congvan.example', '-T', '-'];
      await inside(clerk.namespace, argv, { input: mail });
    },
  },
];

async function quic(scene: Scene, version: string): Promise<void> {
  put(scene.told, 'quic_sni', names.video);
  tellLookup(scene, names.video);
  const argv = ['gtlsclient', '-q', '-v', version, '--exit-on-all-streams-close', names.video, '443', `https://${names.video}/van-ban.txt`];
  await inside(head.namespace, argv, { accept: 'any', timeoutMs: 6_000 });
}

async function chromium(scene: Scene): Promise<void> {
  put(scene.told, 'quic_sni', names.video);
  const rules = `--host-resolver-rules=MAP ${names.video} ${servers.video}, MAP * ~NOTFOUND`;
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-gpu'];
  const profile = `--user-data-dir=${join(scene.workFolder, 'chromium')}`;
  const force = ['--enable-quic', `--origin-to-force-quic-on=${names.video}:443`, '--ignore-certificate-errors', rules];
  const argv = ['chromium', '--headless', '--no-sandbox', profile, ...quiet, ...force, '--dump-dom', `https://${names.video}/van-ban.txt`];
  const spki = await inside(internet, [
    'sh',
    '-c',
    `openssl x509 -in ${scene.servers.site.certificateFile} -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`,
  ]);
  await inside(
    head.namespace,
    ['timeout', '12', ...argv.slice(0, 4), `--ignore-certificate-errors-spki-list=${spki.stdout.trim()}`, ...argv.slice(4)],
    { accept: 'any' },
  );
}

const lookups: readonly Recording[] = [
  {
    name: 'dns-udp',
    origin: 'dig 9.18 to dnsmasq 2.90 over UDP: A, AAAA, MX, TXT, HTTPS, mixed case, a name that does not exist, with and without EDNS',
    async play(scene) {
      for (const type of ['A', 'AAAA', 'HTTPS']) await dig(scene, accounting, names.news, type);
      for (const type of ['MX', 'TXT', 'SOA']) await dig(scene, clerk, names.portal, type, ['+noedns']);
      await dig(scene, counter, 'WwW.TinTuc.ExAmPlE', 'A');
      await dig(scene, head, 'khong-co.example', 'A');
    },
  },
  {
    name: 'dns-tcp',
    origin:
      'dig 9.18 to dnsmasq 2.90: +tcp, two questions over one connection (+keepopen), and a UDP answer cut short and asked again over TCP',
    async play(scene) {
      await dig(scene, accounting, names.news, 'A', ['+tcp']);
      await dig(scene, accounting, names.portal, 'MX', ['+tcp', '+keepopen', names.library, 'A']);
      put(scene.told, 'dns_queries', names.library);
      await dig(scene, clerk, longTextName, 'TXT', ['+noedns']);
    },
  },
  {
    name: 'dns-ipv6',
    origin: 'dig 9.18 to dnsmasq 2.90 over IPv6, UDP and TCP',
    async play(scene) {
      const over6 = [`@${servers.resolver6}`];
      await dig(scene, counter, names.news, 'AAAA', over6);
      await dig(scene, counter, names.portal, 'A', [...over6, '+tcp']);
    },
  },
];

const local: readonly Recording[] = [
  {
    name: 'dhcp',
    origin: 'dhclient 4.4 with a host name, on two machines, to dnsmasq 2.90',
    async play(scene) {
      await askForAddress(scene, accounting);
      await askForAddress(scene, clerk);
    },
  },
  { name: 'mdns', origin: 'avahi-daemon 0.8 announces its host name and address', play: announce },
  { name: 'nbns', origin: 'nmbd (Samba 4.17) registers a name, and nmblookup on another machine asks for it', play: register },
];

async function announce(scene: Scene): Promise<void> {
  const file = join(scene.workFolder, 'avahi.conf');
  put(scene.told, 'mdns_names', `${clerk.name}.local`);
  const server = `[server]\nhost-name=${clerk.name}\nallow-interfaces=eth0\nuse-ipv6=no\nenable-dbus=no\n`;
  writeFileSync(file, `${server}[publish]\npublish-workstation=no\npublish-hinfo=no\n`);
  const options = ['--no-drop-root', '--no-chroot', '--no-rlimits', '-f', file];
  mkdirSync('/run/avahi-daemon', { recursive: true });
  const daemon = start(clerk.namespace, ['avahi-daemon', ...options], join(scene.workFolder, 'avahi.log'));
  await pause(4_000);
  await daemon.stop();
}

async function register(scene: Scene): Promise<void> {
  const folder = join(scene.workFolder, 'nmbd');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'smb.conf');
  const folders = ['lock', 'state', 'cache', 'pid', 'private', 'ncalrpc'].map(
    (name) => `${name} ${name === 'private' || name === 'ncalrpc' ? 'dir' : 'directory'} = ${folder}`,
  );
  const broadcast = [`interfaces = ${clerk.ip}/24`, 'bind interfaces only = yes', 'local master = no', `netbios name = ${clerk.name}`];
  writeFileSync(file, ['[global]', ...folders, ...broadcast, 'workgroup = CO-QUAN'].join('\n'));
  put(scene.told, 'nbns_names', clerk.name.toUpperCase());
  const daemon = start(clerk.namespace, ['nmbd', '-F', '--no-process-group', '-s', file, '-l', folder], join(folder, 'log'));
  await pause(4_000);
  await inside(accounting.namespace, ['nmblookup', '-s', file, '-B', '10.20.0.255', clerk.name], { accept: 'any' });
  await daemon.stop();
}

/** The same small visit for every kind of line, so that what differs between the captures is the line alone. */
async function visit(scene: Scene, client: Client): Promise<void> {
  await curl(scene, client, [`${news}/`, `${news}/van-ban.txt`]);
}

const openSwitch = 'Open vSwitch 3.1 (user space)';
const lines: readonly Recording[] = [
  {
    name: 'vlan',
    line: 'vlan',
    origin: `curl to nginx over an 802.1Q trunk of ${openSwitch}`,
    play: (scene) => tagged(scene, `${tags.vlan}`),
  },
  {
    name: 'qinq',
    line: 'qinq',
    origin: `curl to nginx over an 802.1ad service tag around an 802.1Q tag, dot1q-tunnel ports of ${openSwitch}`,
    play: (scene) => tagged(scene, `${tags.serviceVlan}.${tags.vlan}`),
  },
  {
    name: 'vxlan',
    line: 'vxlan',
    origin: 'curl to nginx through a VXLAN made with `ip link`, recorded on the underlay',
    play: (scene) => visit(scene, counter),
  },
  {
    name: 'gre',
    line: 'gre',
    origin: `curl to nginx through a GRE (Ethernet, keyed) tunnel of ${openSwitch}, recorded on the underlay`,
    play: (scene) => visit(scene, counter),
  },
  {
    name: 'geneve',
    line: 'geneve',
    origin: `curl to nginx through a GENEVE tunnel of ${openSwitch}, recorded on the underlay`,
    play: (scene) => visit(scene, counter),
  },
  {
    name: 'erspan',
    line: 'erspan',
    origin: `curl to nginx through an ERSPAN type II tunnel of ${openSwitch}, recorded on the underlay`,
    play: (scene) => visit(scene, counter),
  },
];

async function tagged(scene: Scene, stack: string): Promise<void> {
  put(scene.told, 'vlan_stacks', stack);
  await visit(scene, counter);
}

export const protocolRecordings: readonly Recording[] = [...web, ...lookups, ...local, ...lines];
