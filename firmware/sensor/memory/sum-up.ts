/** Parts of the journal -> sightings in a table: which end is ours, who began, what is worth keeping, and where a name was met. */
import { type AddressWords, isIPv4 } from '../bytes/address.ts';
import { NetworkSet } from '../bytes/network.ts';
import { type JournalPart, kindFarEnd } from './journal.ts';
import { type JournalEntry, readJournal } from './journal-reader.ts';
import { isKept } from './kept-name.ts';
import { type KeyedHost, keyed } from './keyed-host.ts';
import { isAddress, kindName, type SeenHost, seenBy } from './sighting.ts';
import type { SightingTable } from './sighting-table.ts';

/** As many as a table has numbers for. Whoever was told of longest ago gives way. */
const hostsMax = 65_536;

export class SumUp {
  private readonly table: SightingTable;
  private homeNames: readonly string[] = [];
  private home = new NetworkSet([]);
  private readonly hosts = new Map<number | string, KeyedHost>();

  /** One for all parts: V8 throws away the code of a loop that is given another function each time. */
  private readonly seeEntry: (entry: JournalEntry) => void;

  constructor(table: SightingTable) {
    this.table = table;
    this.seeEntry = this.see.bind(this);
  }

  take(part: JournalPart): void {
    if (part.home.join() !== this.homeNames.join()) {
      this.homeNames = part.home;
      this.home = new NetworkSet(part.home);
    }
    for (const host of part.hosts) this.know(host);
    readJournal(part, this.seeEntry);
  }

  /** Our end is that inside; the client where both or neither are. */
  private see(entry: JournalEntry): void {
    const { table } = this;
    const { kind, second, times, client, server, address } = entry;
    const isServerInside = this.isOurs(server);
    const isClientInside = this.isOurs(client);
    const isInbound = isServerInside && !isClientInside;
    const isLocal = isServerInside && isClientInside;
    const flags = entry.flags | (isInbound ? seenBy.inbound : seenBy.outbound);
    const far = isInbound ? client : server;
    const farPort = isInbound ? 0 : entry.port;
    this.setHost(isInbound ? server : client);
    if (kind === kindFarEnd) {
      // A first packet from the far end may be an answer to what was not seen, or a knock: it shows when our side speaks.
      const seen = times > 0 && entry.isSwapped ? entry.flags | seenBy.inbound : flags;
      if (!isLocal) table.seeAddress(far[0], far[1], far[2], far[3], farPort, seen, second, second, times);
    } else if (isAddress(kind)) {
      if (!this.isOurs(address))
        table.seeAddress(address[0], address[1], address[2], address[3], entry.valuePort, flags, second, second, times);
    } else {
      const { bytes, start, length } = entry;
      if (kind === kindName && !isKept(bytes, start, length)) return;
      // The DNS server is not the far end: the connection that follows tells it.
      const isMetThere = !isLocal && (flags & seenBy.dns) === 0;
      const peer = isMetThere ? table.findAddress(far[0], far[1], far[2], far[3], farPort) : -1;
      table.seeText(kind, bytes, start, length, peer, flags, second, second, times);
    }
  }

  private isOurs(words: AddressWords): boolean {
    return this.home.has(words[0], words[1], words[2], words[3]);
  }

  /** Of which the box has told. One of which nothing new was told stays the object it was: tables know it by that. */
  private know(host: SeenHost): void {
    const key = keyOf(host.words);
    const known = this.hosts.get(key);
    if (known !== undefined && known.mac === host.mac && known.vlan === host.vlan && known.name === host.name) return;
    if (known === undefined && this.hosts.size >= hostsMax) {
      const [oldest] = this.hosts.keys();
      if (oldest !== undefined) this.hosts.delete(oldest);
    }
    this.hosts.set(key, keyed(host));
  }

  /** A stranger is not remembered: a flood may have any number of them. */
  private setHost(words: AddressWords): void {
    const known = this.hosts.get(keyOf(words));
    if (known === undefined) this.table.setHost(words[0], words[1], words[2], words[3]);
    else this.table.setKnownHost(known);
  }
}

function keyOf(words: AddressWords): number | string {
  return isIPv4(words[0], words[1], words[2]) ? words[3] : words.join();
}
