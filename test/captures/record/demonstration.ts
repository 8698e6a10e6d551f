/**
 * The bundled demonstration: half a minute in an office. Four machines get their addresses and work; in between, each does something that a machine
 * with malware does. Also the list of bad values that fits it. All families, names and reports are invented.
 */
import { badPath, deadAddress, deadName, knock, oddCiphers, oddCurl, oldCertificate, rawExchange } from './contacts.ts';
import { type Client, clients, servers } from './network.ts';
import { put } from './oracle.ts';
import { askForAddress, curl, dig, pause, type Scene, secureClient, tellCertificates, tellLookup } from './programs.ts';
import type { ExpectedAlert, Recording } from './recording.ts';
import { names } from './servers.ts';
import { inside } from './shell.ts';

const [accounting, clerk, counter, head] = clients;

interface ListedIndicator {
  value: string;
  family: string;
  confidence: number;
  tlp: string;
  firstSeen: string;
  reference: string;
}

function listed(value: string, family: string, confidence: number, tlp: string, firstSeen: string, report: number): ListedIndicator {
  return { value, family, confidence, tlp, firstSeen, reference: `https://ung-cuu.example/bao-cao/${report}` };
}

const badUrl = `http://${names.library}${badPath}`;
const contactAddress = `${servers.silent}:8443`;

const list: readonly ListedIndicator[] = [
  listed(deadAddress, 'ThuyTrieu', 80, 'green', '2026-08-02', 101),
  listed(contactAddress, 'ThuyTrieu', 70, 'green', '2026-08-02', 101),
  listed(servers.talker, 'BuomDem', 95, 'amber', '2026-10-17', 117),
  listed('tai-lieu-mat.example', 'HangDa', 60, 'green', '2026-05-30', 88),
  listed('phan-mem-ke-toan.example', 'SuongMu', 90, 'amber', '2026-11-03', 121),
  listed(badUrl, 'SuongMu', 85, 'green', '2026-11-03', 121),
  listed('<ja3>', 'RungTham', 75, 'clear', '2026-09-09', 109),
  listed('<ja4>', 'BuomDem', 80, 'green', '2026-10-17', 117),
  listed('<cert>', 'HangDa', 95, 'green', '2026-05-30', 88),
  listed(servers.knocker, 'QuetCong', 50, 'clear', '2026-07-21', 97),
  // Nobody contacts these: a list is never only what is found.
  listed('203.0.113.200/29', 'QuetCong', 50, 'clear', '2026-07-21', 97),
  listed('[2001:db8:bad::7]:443', 'ThuyTrieu', 80, 'green', '2026-08-02', 101),
  listed('=tai-ve.example', 'HangDa', 60, 'green', '2026-05-30', 88),
];

const at = (machine: Client) => ({ hostIp: machine.ip, hostName: machine.name });

const alerts: readonly ExpectedAlert[] = [
  { kind: 'c2.address', stage: 'attempt', ...at(counter), value: deadAddress },
  { kind: 'c2.address', stage: 'contact', ...at(clerk), value: contactAddress },
  { kind: 'c2.address', stage: 'exchange', ...at(accounting), value: servers.talker },
  { kind: 'c2.address', stage: 'attempt', ...at(counter), value: servers.knocker, severityMax: 1 },
  { kind: 'c2.domain', stage: 'attempt', ...at(clerk), value: 'tai-lieu-mat.example' },
  { kind: 'c2.domain', stage: 'exchange', ...at(accounting), value: 'phan-mem-ke-toan.example' },
  { kind: 'c2.url', stage: 'exchange', ...at(counter), value: badUrl },
  { kind: 'c2.tls', stage: 'exchange', ...at(clerk), value: '<ja3>' },
  { kind: 'c2.tls', stage: 'exchange', ...at(head), value: '<ja4>' },
  { kind: 'c2.certificate', stage: 'exchange', ...at(head), value: '<cert>' },
];

/** Reads a page with its picture, now over HTTP, now over HTTPS. */
async function browse(scene: Scene): Promise<void> {
  const readers = [accounting, clerk, counter, head] as const;
  for (const [index, reader] of readers.entries()) {
    const site = `${index % 2 === 0 ? 'https' : 'http'}://${names.news}`;
    await curl(scene, reader, [`${site}/`, `${site}/anh.png`], ['--http1.1']);
    await pause(250);
  }
}

async function play(scene: Scene): Promise<void> {
  for (const machine of clients) await askForAddress(scene, machine);
  await browse(scene);
  await dig(scene, clerk, deadName, 'A');
  await pause(2_500);
  await inside(counter.namespace, ['nc', '-w', '3', deadAddress, '443'], { accept: 'any' });
  await curl(scene, head, [`https://${names.library}/van-ban.txt`], ['--http1.1']);
  await pause(2_500);
  await inside(clerk.namespace, ['nc', '-z', '-w', '2', servers.silent, '8443']);
  await browse(scene);
  await pause(2_500);
  await curl(scene, counter, [`${badUrl}?id=7`]);
  await pause(3_200);
  await knock();
  await rawExchange();
  await browse(scene);
  await pause(3_200);
  tellCertificates(scene, scene.servers.site);
  await secureClient(scene, clerk, servers.portal, oddCiphers, names.portal);
  await pause(3_200);
  await curl(scene, head, [`https://${names.library}/van-ban.txt`], oddCurl);
  await curl(scene, clerk, [`http://${names.portal}/?ngay=23`]);
  await pause(3_200);
  await oldCertificate(scene);
  await pause(3_200);
  await curl(scene, accounting, [`https://${names.panel}/gate.php`], ['--http1.1']);
  await inside(
    head.namespace,
    ['gtlsclient', '-q', '--exit-on-all-streams-close', names.video, '443', `https://${names.video}/van-ban.txt`],
    {
      accept: 'any',
    },
  );
  put(scene.told, 'quic_sni', names.video);
  tellLookup(scene, names.video);
  await browse(scene);
}

export const demonstration: Recording = {
  name: 'demonstration',
  origin:
    'dhclient, curl, dig, nc, openssl s_client and gtlsclient on four machines: office work, and one C2 contact of each stage and kind',
  indicators: list.map((each) => each.value),
  alerts,
  play,
};

/** The list as CSV; `settle` puts the recorded fingerprints in the place of their marks. */
export function demonstrationList(settle: (value: string) => string): string {
  const rows = list.map((each) => [settle(each.value), each.family, each.confidence, each.tlp, each.firstSeen, each.reference].join(','));
  return `${['value,family,confidence,tlp,first_seen,reference', ...rows].join('\n')}\n`;
}
