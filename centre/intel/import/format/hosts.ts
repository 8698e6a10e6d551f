/** Reads a hosts file: an address and the names that it is to stand for, a line. The address says nothing; names of the machine itself are no entries. */
import type { Harvest, Said } from '../harvest.ts';
import { eachLine, type Input } from '../input.ts';
import { canonicalAddress } from '../value/address.ts';
import { readDomain } from '../value/name-and-url.ts';

const nothingSaid: Said = {};

/** What systems write into the file by themselves, and the heads of well-known lists. */
const ownNames: ReadonlySet<string> = new Set([
  ...['localhost', 'localhost.localdomain', 'localhost4', 'localhost4.localdomain4', 'localhost6', 'localhost6.localdomain6'],
  ...['local', 'localdomain', 'broadcasthost', 'ip6-localhost', 'ip6-loopback', 'ip6-localnet', 'ip6-mcastprefix'],
  ...['ip6-allnodes', 'ip6-allrouters', 'ip6-allhosts', 'loopback', '0.0.0.0'],
]);

/** Scope of a link-local address: `fe80::1%lo0`. */
const scope = /%\w+$/;

export function isOwnName(name: string): boolean {
  return ownNames.has(name.toLowerCase());
}

export function readHosts(input: Input, harvest: Harvest): void {
  eachLine(input, harvest, (line, number) => {
    const comment = line.indexOf('#');
    const words = (comment < 0 ? line : line.slice(0, comment)).trim().split(/\s+/);
    const [address = '', ...names] = words;
    if (address === '') return;
    if (names.length === 0 || canonicalAddress(address.replace(scope, '')) === undefined) {
      harvest.refuse('not-a-host-line', words.join(' '), number);
      return;
    }
    for (const name of names) {
      if (!isOwnName(name)) harvest.read(readDomain(name), nothingSaid, name, number);
    }
  });
}
