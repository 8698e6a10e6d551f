/**
 * By what a centre is reached: the names and addresses that its folder knows, and what its names stand for now. No list may turn boxes against any of it.
 * Not asked for are the addresses of this machine: boxes may well reach it by others.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Centre } from '../../centre-folder.ts';

/** A build does not wait for a resolver that is away. */
const lookupMaxMs = 2_000;

export interface OwnNames {
  /** Names and addresses, some of them twice. */
  all: string[];
  /** Names whose addresses could not be found in time. */
  unknown: string[];
}

type HostsOfCentre = Pick<Centre, 'host' | 'otherHosts' | 'serviceHost' | 'serve' | 'ownNames'>;

const hostsOf = ({ host, otherHosts, serviceHost, serve }: HostsOfCentre) => [
  host,
  ...otherHosts,
  serviceHost,
  ...(serve === undefined ? [] : [serve.host]),
];

/** Without asking anybody what the names stand for. */
export function ownNamesOf(centre: HostsOfCentre): string[] {
  return [...hostsOf(centre), ...centre.ownNames];
}

export async function ownOf(centre: HostsOfCentre): Promise<OwnNames> {
  const hosts = hostsOf(centre);
  const names = [...new Set(hosts)].filter((name) => isIP(name) === 0);
  const found = await Promise.all(names.map(addressesOf));
  return {
    all: [...ownNamesOf(centre), ...found.flat()],
    unknown: names.filter((_, index) => found[index]!.length === 0),
  };
}

/** None where there is no answer. */
async function addressesOf(name: string): Promise<string[]> {
  const answer = lookup(name, { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  );
  return Promise.race([answer, sleep(lookupMaxMs, [], { ref: false })]);
}
