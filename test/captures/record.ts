/**
 * Records the captures of this folder again: `node test/captures/record.ts [NAME…]`, as root on Debian 12. Real programs play in network namespaces
 * that have no way out; tcpdump listens on the line between the office and the provider. For each capture it writes `NAME.pcap` and
 * `NAME.expect.json`, and refuses a capture in which tshark reads anything else than what the programs were told.
 * Each run makes new keys, so certificates and what depends on them differ from the last run; the expectations are written anew with them.
 */
import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contactRecordings } from './record/contacts.ts';
import { demonstration, demonstrationList } from './record/demonstration.ts';
import { layLine, mirrorPoint } from './record/line.ts';
import { buildOffice, clients, demolish, officeSwitch, router } from './record/network.ts';
import { consult, countPackets, hellos, type Values } from './record/oracle.ts';
import { pause, type Scene } from './record/programs.ts';
import { protocolRecordings } from './record/protocols.ts';
import type { Recording } from './record/recording.ts';
import { type Servers, startServers } from './record/servers.ts';
import { inside, run, start, stopAll } from './record/shell.ts';

const folder = import.meta.dirname;

/** What plays and what listens, and the Debian 12 package that holds it. */
const programs = [
  ['ip', 'iproute2'],
  ['sysctl', 'procps'],
  ['ping', 'iputils-ping'],
  ['ethtool', 'ethtool'],
  ['tcpdump', 'tcpdump'],
  ['tshark', 'tshark'],
  ['openssl', 'openssl'],
  ['curl', 'curl'],
  ['dig', 'bind9-dnsutils'],
  ['dhclient', 'isc-dhcp-client'],
  ['nc.openbsd', 'netcat-openbsd'],
  ['socat', 'socat'],
  ['nginx', 'nginx-light'],
  ['dnsmasq', 'dnsmasq-base'],
  ['gtlsclient', 'ngtcp2-client'],
  ['gtlsserver', 'ngtcp2-server'],
  ['aiosmtpd', 'python3-aiosmtpd'],
  ['ovs-vswitchd', 'openvswitch-switch'],
  ['avahi-daemon', 'avahi-daemon'],
  ['nmbd', 'samba'],
  ['nmblookup', 'samba-common-bin'],
  ['chromium', 'chromium'],
] as const;

/** The whole script, however many programs hang. */
const timeoutMs = 15 * 60_000;

/** Kinds that only the wire can tell; of all others the programs' own arguments must agree with the wire. */
const onlySeen = new Set(['ja3', 'ja4', 'quic_ja4']);
/** Kinds that were told but that tshark is not asked for. */
const onlyTold = new Set(['dhcp_macs']);

/** Waits until every machine reaches the router: a switch or tunnel that has just been laid loses the first frames. */
async function warmUp(): Promise<void> {
  for (const each of clients) {
    for (const address of [router.ip, router.ip6]) await reach(each.namespace, address);
  }
}

async function reach(namespace: string, address: string): Promise<void> {
  for (let attempt = 0; attempt < 15; attempt++) {
    const { code } = await inside(namespace, ['ping', '-c1', '-W1', address], { accept: 'any' });
    if (code === 0) return;
  }
  throw new Error(`${namespace} does not reach ${address}`);
}

async function record(recording: Recording, servers: Servers, workFolder: string): Promise<void> {
  const takeUp = await layLine(recording.line ?? 'plain', workFolder);
  await pause(recording.line === undefined ? 300 : 2_500);
  await warmUp();
  const scene: Scene = { servers, workFolder, told: new Map() };
  const file = join(workFolder, `${recording.name}.pcap`);
  const tcpdump = start(
    officeSwitch,
    ['tcpdump', '-n', '-U', '-s0', '--immediate-mode', '-Z', 'root', '-i', mirrorPoint, '-w', file],
    join(workFolder, 'log'),
  );
  await tcpdump.says('listening on');
  await recording.play(scene);
  await pause(500);
  await tcpdump.stop('SIGINT');
  await takeUp();
  await finish(recording, scene, file);
}

/** Compares, settles the fingerprints, and only then puts the capture into the folder. */
async function finish(recording: Recording, scene: Scene, file: string): Promise<void> {
  const seen = await consult(file);
  const faults = disagreements(scene.told, seen);
  if (faults.length > 0) throw new Error(`${recording.name}: the wire does not show what the programs were told\n  ${faults.join('\n  ')}`);
  const values: Values = new Map([...scene.told, ...[...seen].filter(([kind]) => onlySeen.has(kind))]);
  const settle = await settler(recording, scene, file);
  const expects = Object.fromEntries([...values].sort().map(([kind, set]) => [kind, [...set].sort()]));
  const expectation = {
    origin: recording.origin,
    packets: await countPackets(file),
    expects,
    ...(recording.indicators === undefined ? {} : { indicators: recording.indicators.map(settle) }),
    ...(recording.alerts === undefined ? {} : { alerts: recording.alerts.map((alert) => ({ ...alert, value: settle(alert.value) })) }),
  };
  cpSync(file, join(folder, `${recording.name}.pcap`));
  writeFileSync(join(folder, `${recording.name}.expect.json`), `${JSON.stringify(expectation, null, 2)}\n`);
  if (recording === demonstration) writeFileSync(join(folder, 'demonstration.indicators.csv'), demonstrationList(settle));
  console.log(`${recording.name}: ${expectation.packets} packets, ${statSync(file).size} bytes`);
}

function disagreements(told: Values, seen: Values): string[] {
  const faults: string[] = [];
  for (const kind of new Set([...told.keys(), ...seen.keys()])) {
    if (onlySeen.has(kind) || onlyTold.has(kind)) continue;
    const asked = told.get(kind) ?? new Set<string>();
    const found = new Set([...(seen.get(kind) ?? [])].map((value) => (kind === 'dns_queries' ? value.toLowerCase() : value)));
    for (const value of asked.difference(found)) faults.push(`${kind}: told '${value}', not on the wire`);
    for (const value of found.difference(asked)) faults.push(`${kind}: '${value}' on the wire, told to nobody`);
  }
  return faults;
}

/** Puts the recorded fingerprints in the place of `<ja3>`, `<ja4>` and `<cert>`: those of the hellos that only the odd clients sent. */
async function settler(recording: Recording, scene: Scene, file: string): Promise<(value: string) => string> {
  const marks = new Map<string, string>([['<cert>', scene.servers.selfSigned.sha1[0] ?? '']]);
  if (recording.indicators?.includes('<ja3>')) marks.set('<ja3>', await rarest(file, 'ja3', /^t12/));
  if (recording.indicators?.includes('<ja4>')) marks.set('<ja4>', await rarest(file, 'ja4', /^t13d0[0-9]/));
  return (value) => marks.get(value) ?? value;
}

/** The fingerprint of the one hello whose JA4 looks as the odd client's must; more or fewer than one is a fault of the recording. */
async function rarest(file: string, kind: 'ja3' | 'ja4', form: RegExp): Promise<string> {
  const found = (await hellos(file, 'tcp')).filter((hello) => form.test(hello.ja4)).map((hello) => hello[kind]);
  const [only] = new Set(found);
  if (only === undefined || new Set(found).size !== 1) throw new Error(`${file}: ${new Set(found).size} hellos of the form ${form}`);
  return only;
}

async function main(wanted: readonly string[]): Promise<void> {
  const all = [...protocolRecordings, ...contactRecordings, demonstration];
  const unknown = wanted.filter((name) => !all.some((recording) => recording.name === name));
  if (unknown.length > 0) throw new Error(`no such recording: ${unknown.join(', ')}`);
  const workFolder = mkdtempSync(join(tmpdir(), 'vonggac-record-'));
  const cleanUp = async () => {
    await stopAll();
    await demolish();
    rmSync(workFolder, { recursive: true, force: true });
  };
  const abandon = (why: string) => () => void cleanUp().finally(() => fail(new Error(why)));
  const timer = setTimeout(abandon('took too long'), timeoutMs);
  process.once('SIGINT', abandon('interrupted')).once('SIGTERM', abandon('ended'));
  try {
    await demolish();
    await buildOffice();
    const servers = await startServers(workFolder);
    for (const recording of all) if (wanted.length === 0 || wanted.includes(recording.name)) await record(recording, servers, workFolder);
  } finally {
    clearTimeout(timer);
    await cleanUp();
  }
}

/** Names every package that is missing, all at once, before anything is built. */
async function demandPrograms(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('recording needs root: it makes network namespaces');
  const missing: string[] = [];
  for (const [program, debianPackage] of programs) {
    const { code } = await run(['sh', '-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`], { accept: 'any' });
    if (code !== 0) missing.push(debianPackage);
  }
  if (missing.length > 0) throw new Error(`not installed: apt-get install --no-install-recommends ${missing.join(' ')}`);
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

await demandPrograms().catch(fail);
await main(process.argv.slice(2)).catch(fail);
