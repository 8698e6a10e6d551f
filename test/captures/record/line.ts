/**
 * Lays the line between the office's switch and the provider's, which is where a recording listens: plain Ethernet, tagged (802.1Q, 802.1ad)
 * or a tunnel (VXLAN, GRE). VXLAN is made with `ip link`; tags and GRE by Open vSwitch in user space, which needs no kernel module and so
 * works the same on every machine. It does not record.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { link, officeSwitch, plug, providerSwitch } from './network.ts';
import { inside, type Running, run, start } from './shell.ts';

export type LineKind = 'plain' | 'vlan' | 'qinq' | 'vxlan' | 'gre' | 'geneve' | 'erspan';

/** The interface of the office's switch at which a recording listens. */
export const mirrorPoint = 'line';

/** Room for tags and tunnel headers around a full inner frame. */
const lineMtuBytes = 1700;

/** Everything beside the line itself that a kind of line may leave in a switch. */
const laid = ['tunnel', 'inner', 'customer', 'service', 'underlay', 'ovs-netdev'] as const;

export const tags = { vlan: 10, serviceVlan: 100, vxlanNetwork: 2020, tunnelKey: 20 } as const;

const ends = [
  { namespace: officeSwitch, ip: '198.51.100.201', mac: '02:20:00:00:01:01', peer: '198.51.100.202' },
  { namespace: providerSwitch, ip: '198.51.100.202', mac: '02:20:00:00:01:02', peer: '198.51.100.201' },
] as const;
type End = (typeof ends)[number];

/** Lays the line and returns what takes it up again. */
export async function layLine(kind: LineKind, workFolder: string): Promise<() => Promise<void>> {
  await link(officeSwitch, mirrorPoint, providerSwitch, mirrorPoint, ends[0].mac, ends[1].mac);
  const switches: Running[] = [];
  for (const end of ends) {
    if (kind === 'plain') await plug(end.namespace, mirrorPoint);
    else {
      await run(['ip', '-n', end.namespace, 'link', 'set', mirrorPoint, 'mtu', String(lineMtuBytes)]);
      if (kind === 'vxlan') await layVxlan(end);
      else switches.push(...(await layOpenSwitch(end, kind, workFolder)));
    }
  }
  return async () => {
    for (const each of switches.reverse()) await each.stop();
    await run(['ip', '-n', officeSwitch, 'link', 'del', mirrorPoint]);
    for (const end of ends) {
      for (const name of laid) await run(['ip', '-n', end.namespace, 'link', 'del', name], { accept: 'any' });
    }
  };
}

async function layVxlan(end: End): Promise<void> {
  await run(['ip', '-n', end.namespace, 'addr', 'add', `${end.ip}/30`, 'dev', mirrorPoint]);
  const options = ['id', String(tags.vxlanNetwork), 'dstport', '4789', 'local', end.ip, 'remote', end.peer, 'dev', mirrorPoint];
  await run(['ip', '-n', end.namespace, 'link', 'add', 'name', 'tunnel', 'type', 'vxlan', ...options]);
  await plug(end.namespace, 'tunnel');
}

/** One Open vSwitch a side, user space only (`netdev` data path): `inner` leads to the LAN's bridge, `line` to the other side. */
async function layOpenSwitch(end: End, kind: LineKind, workFolder: string): Promise<Running[]> {
  const folder = join(workFolder, `${kind}-${end.namespace}`);
  mkdirSync(folder, { recursive: true });
  const socket = `unix:${join(folder, 'db.sock')}`;
  const env = { OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder };
  const log = join(folder, 'log');
  await run(['ovsdb-tool', 'create', join(folder, 'conf.db'), '/usr/share/openvswitch/vswitch.ovsschema']);
  const database = start(end.namespace, ['ovsdb-server', join(folder, 'conf.db'), `--remote=p${socket}`], log, env);
  const configure = (...argv: string[]) => inside(end.namespace, ['ovs-vsctl', `--db=${socket}`, '-t', '10', ...argv], { env });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await configure('--no-wait', 'init');
  await configure('--no-wait', 'set', 'Open_vSwitch', '.', 'other_config:vlan-limit=2');
  const forwarder = start(end.namespace, ['ovs-vswitchd', socket, '--disable-system'], log, env);
  await link(end.namespace, 'inner', end.namespace, 'lan-ovs');
  await plug(end.namespace, 'inner');
  const bridge = (name: string) => configure('add-br', name, '--', 'set', 'bridge', name, 'datapath_type=netdev');
  await bridge('customer');
  if (kind === 'vlan') {
    await configure('add-port', 'customer', 'lan-ovs', `tag=${tags.vlan}`);
    await configure('add-port', 'customer', mirrorPoint, 'vlan_mode=trunk');
  } else if (kind === 'qinq') {
    await configure('add-port', 'customer', 'lan-ovs', `tag=${tags.vlan}`);
    await bridge('service');
    const up = ['add-port', 'customer', 'up', '--', 'set', 'interface', 'up', 'type=patch', 'options:peer=down'];
    const tunnelMode = [`tag=${tags.serviceVlan}`, 'vlan_mode=dot1q-tunnel', 'other_config:qinq-ethtype=802.1ad'];
    const down = ['add-port', 'service', 'down', ...tunnelMode, '--', 'set', 'interface', 'down', 'type=patch', 'options:peer=up'];
    await configure(...up, '--', ...down);
    await configure('add-port', 'service', mirrorPoint, 'vlan_mode=trunk');
  } else {
    await layTunnelPort(end, kind, configure, bridge);
  }
  return [database, forwarder];
}

async function layTunnelPort(
  end: End,
  kind: LineKind,
  configure: (...argv: string[]) => Promise<unknown>,
  bridge: (name: string) => Promise<unknown>,
): Promise<void> {
  // The kernel also sees what arrives at the port that Open vSwitch serves. It must not answer beside it, neither to ARP nor with ICMP errors.
  await run(['ip', '-n', end.namespace, 'link', 'set', mirrorPoint, 'arp', 'off']);
  await inside(end.namespace, ['sysctl', '-qw', `net.ipv4.conf.${mirrorPoint}.rp_filter=1`]);
  await bridge('underlay');
  await configure('set', 'bridge', 'underlay', `other_config:hwaddr="${end.mac}"`);
  await configure('add-port', 'underlay', mirrorPoint);
  await run(['ip', '-n', end.namespace, 'addr', 'add', `${end.ip}/30`, 'dev', 'underlay']);
  await run(['ip', '-n', end.namespace, 'link', 'set', 'underlay', 'mtu', String(lineMtuBytes), 'up']);
  await configure('add-port', 'customer', 'lan-ovs');
  const options = [`type=${kind}`, `options:remote_ip=${end.peer}`, `options:local_ip=${end.ip}`, `options:key=${tags.tunnelKey}`];
  if (kind === 'erspan') options.push('options:erspan_ver=1', 'options:erspan_idx=5');
  await configure('add-port', 'customer', 'tunnel0', '--', 'set', 'interface', 'tunnel0', ...options);
}
