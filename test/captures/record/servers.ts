/**
 * Starts the servers of the recordings inside the "internet" namespace: nginx (HTTP, TLS 1.2 and 1.3), dnsmasq (DNS and DHCP), gtlsserver
 * (HTTP/3), aiosmtpd (STARTTLS) and socat (raw TCP). Keys and certificates are made anew in the work folder and never kept.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clients, internet, router, servers } from './network.ts';
import { inside, run, start } from './shell.ts';

/** What the resolver knows. A name under `.example` that is not here does not exist (NXDOMAIN). */
export const names = {
  news: 'www.tintuc.example',
  portal: 'congvan.example',
  mail: 'mail.congvan.example',
  library: 'thuvien.example',
  video: 'video.example',
  panel: 'cdn.phan-mem-ke-toan.example',
} as const;

const hostRecords: ReadonlyArray<readonly [name: string, ...addresses: string[]]> = [
  [names.news, servers.news, servers.news6],
  [names.portal, servers.portal],
  [names.mail, servers.mail],
  [names.library, servers.library],
  [names.video, servers.video],
  [names.panel, servers.panel],
];

/** A TXT record set too long for 512 bytes: the first answer is cut short and the client asks again over TCP. */
export const longTextName = 'dai.tintuc.example';

export interface Certificate {
  certificateFile: string;
  keyFile: string;
  /** Lower-case hex of the SHA-1 of each certificate that a server sends, the leaf first. */
  sha1: string[];
}

export interface Servers {
  authorityFile: string;
  site: Certificate;
  selfSigned: Certificate;
}

async function sha1(file: string): Promise<string> {
  const { stdout } = await run(['openssl', 'x509', '-in', file, '-noout', '-fingerprint', '-sha1']);
  return (stdout.split('=')[1] ?? '').trim().replaceAll(':', '').toLowerCase();
}

/** One authority with one leaf for every harmless site, and beside them a certificate signed by nobody but itself. */
async function makeCertificates(folder: string): Promise<Servers> {
  const at = (name: string) => join(folder, name);
  const request = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-days', '3650'];
  await run([...request, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/O=Vong Gac recordings/CN=Recording authority']);
  const alternatives = `subjectAltName=${Object.values(names)
    .map((name) => `DNS:${name}`)
    .join(',')}`;
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-addext', alternatives, '-addext', 'basicConstraints=CA:FALSE'];
  await run([...request, ...signed, '-keyout', at('site.key'), '-out', at('site.pem'), '-subj', `/O=Vong Gac recordings/CN=${names.news}`]);
  const { stdout: leaf } = await run(['openssl', 'x509', '-in', at('site.pem')]);
  const { stdout: authority } = await run(['openssl', 'x509', '-in', at('ca.pem')]);
  writeFileSync(at('chain.pem'), leaf + authority);
  const curve = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '3650'];
  await run([...curve, '-keyout', at('self.key'), '-out', at('self.pem'), '-subj', '/C=XX/O=Default Company Ltd/CN=localhost']);
  return {
    authorityFile: at('ca.pem'),
    site: { certificateFile: at('chain.pem'), keyFile: at('site.key'), sha1: [await sha1(at('site.pem')), await sha1(at('ca.pem'))] },
    selfSigned: { certificateFile: at('self.pem'), keyFile: at('self.key'), sha1: [await sha1(at('self.pem'))] },
  };
}

function nginxConfiguration(folder: string, made: Servers): string {
  const site = (addresses: string[], lines: string[]) =>
    `server { ${addresses.map((each) => `listen ${each};`).join(' ')} server_name _; root ${folder}/www;
      ${lines.join(' ')}
      location /nhan { default_type text/plain; return 200 "da nhan\\n"; }
      location /gate.php { default_type text/plain; return 200 "c2xlZXAgNjA=\\n"; }
      location /wp-content/ { default_type text/plain; return 200 "TVqQAAMAAAAEAAAA\\n"; } }`;
  const tls = (certificate: Certificate) => [
    `ssl_certificate ${certificate.certificateFile};`,
    `ssl_certificate_key ${certificate.keyFile};`,
  ];
  const oldTls = ['ssl_protocols TLSv1.2;', 'ssl_ciphers ALL:@SECLEVEL=0;'];
  const { news, news6, portal, library, panel, selfSigned } = servers;
  return `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
    events { worker_connections 256; }
    http { access_log off; gzip on; gzip_types text/plain; gzip_min_length 64; types { text/html html; text/plain txt; }
      client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      ${site([`${news}:80`, `[${news6}]:80`, `${portal}:80`, `${library}:80`, `${panel}:80`], [])}
      ${site([`${news}:443 ssl`, `[${news6}]:443 ssl`, `${library}:443 ssl`], ['ssl_protocols TLSv1.2 TLSv1.3;', ...tls(made.site)])}
      ${site([`${portal}:443 ssl`, `${panel}:443 ssl`], [...oldTls, ...tls(made.site)])}
      ${site([`${selfSigned}:443 ssl`], [...oldTls, ...tls(made.selfSigned)])} }`;
}

/** Pages of the size that a small site has, the same bytes each time. */
function writePages(folder: string): void {
  mkdirSync(join(folder, 'www'), { recursive: true });
  const paragraph = '<p>Thong bao lich truc Tet cua co quan.</p>\n';
  writeFileSync(join(folder, 'www', 'index.html'), `<!doctype html><title>Tin tuc</title>\n${paragraph.repeat(30)}`);
  writeFileSync(join(folder, 'www', 'van-ban.txt'), 'Cong van so 01/CNTT-ATTT\n'.repeat(60));
  const picture = Buffer.alloc(4096);
  for (let at = 0, state = 1; at < picture.length; at++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    picture[at] = state >> 16;
  }
  writeFileSync(join(folder, 'www', 'anh.png'), picture);
}

function resolverConfiguration(folder: string): string {
  // SvcPriority 1, TargetName ".", alpn = h2,h3 (RFC 9460 §2.2).
  const serviceBinding = '0001000001000602683202 6833'.replace(' ', '');
  return [
    'no-resolv',
    'no-hosts',
    'bind-interfaces',
    'user=root',
    `pid-file=${folder}/dnsmasq.pid`,
    `listen-address=${router.ip},${servers.resolver6}`,
    'local=/example/',
    ...hostRecords.map((record) => `host-record=${record.join(',')}`),
    `mx-host=${names.portal},${names.mail},10`,
    `txt-record=${names.portal},v=spf1 mx -all`,
    `txt-record=${longTextName},${Array.from({ length: 5 }, (_, index) => `phan-${index}-${'x'.repeat(180)}`).join(',')}`,
    `dns-rr=${names.news},65,${serviceBinding}`,
    'interface=office',
    'dhcp-authoritative',
    'no-ping',
    `dhcp-leasefile=${folder}/leases`,
    'dhcp-range=10.20.0.50,10.20.0.99,1h',
    ...clients.map((each) => `dhcp-host=${each.mac},${each.ip}`),
    `dhcp-option=option:router,${router.ip}`,
    `dhcp-option=option:dns-server,${router.ip}`,
  ].join('\n');
}

/** Starts all servers and waits until each one listens. */
export async function startServers(folder: string): Promise<Servers> {
  const made = await makeCertificates(folder);
  writePages(folder);
  writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(folder, made));
  writeFileSync(join(folder, 'dnsmasq.conf'), resolverConfiguration(folder));
  const log = join(folder, 'servers.log');
  const { certificateFile, keyFile } = made.site;
  start(internet, ['dnsmasq', '--keep-in-foreground', `--conf-file=${join(folder, 'dnsmasq.conf')}`], log);
  start(internet, ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf')], log);
  start(internet, ['gtlsserver', '-q', '-d', join(folder, 'www'), servers.video, '443', keyFile, certificateFile], log);
  const smtp = ['aiosmtpd', '-n', '-l', `${servers.mail}:25`, '--tlscert', certificateFile, '--tlskey', keyFile];
  start(internet, smtp, log);
  start(internet, ['socat', `TCP-LISTEN:4444,bind=${servers.talker},fork,reuseaddr`, 'EXEC:cat'], log);
  start(internet, ['socat', '-u', `TCP-LISTEN:8443,bind=${servers.silent},fork,reuseaddr`, 'OPEN:/dev/null'], log);
  await listening([`${router.ip}:53`, `${servers.panel}:443`, `${servers.video}:443`, `${servers.mail}:25`, `${servers.talker}:4444`]);
  await listening([`${servers.silent}:8443`]);
  return made;
}

async function listening(wanted: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const { stdout } = await inside(internet, ['ss', '-Hlntu']);
    const missing = wanted.filter((each) => !stdout.includes(each));
    if (missing.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`a server does not listen: ${wanted.join(' or ')}`);
}
