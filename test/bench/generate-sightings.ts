/**
 * A network's days as the memory of what was seen would be given them: machines that visit few names often and many names once (Zipf), over the hours
 * of a working day. The same seed gives the same sightings. Only made, not written.
 */
import { mappedWord } from '../../firmware/sensor/bytes/address.ts';
import {
  certificateBytes,
  daySeconds,
  kindCertificate,
  kindJa4,
  kindName,
  type SightingBatch,
  seenBy,
} from '../../firmware/sensor/memory/sighting.ts';
import { SightingTable } from '../../firmware/sensor/memory/sighting-table.ts';
import { Random } from '../fuzz/random.ts';

export interface SeenNetwork {
  hosts: number;
  visitsPerHost: number;
  seed: number;
}

const names = 150_000;
const addresses = 70_000;
const certificates = 40_000;
const fingerprints = 60;
const fingerprintsPerHost = 6;
/** Share of visits where the certificate is seen: up to TLS 1.2. */
const certificateShare = 0.25;
/** Visits fall into these hours, but for the tenth that programs make by themselves at any time. */
const workStartSeconds = 1 * 3600;
const workSeconds = 9 * 3600;
const idleShare = 0.1;
const rowsMax = 1_000_000;

const labels = ['www', 'cdn', 'api', 'static', 'img', 'mail', 'login', 'update', 'telemetry', 'edge', 'assets', 'media', 'sync'];
const zones = ['com', 'net', 'vn', 'com.vn', 'gov.vn', 'org', 'io', 'example'];

/** Popularity of the n-th of `count` falls with 1/n. */
function zipf(random: Random, count: number): number {
  return Math.min(count - 1, Math.floor(count ** random.unit()) - 1);
}

interface Visit {
  host: number;
  name: number;
  second: number;
}

export class SeenDaysGenerator {
  private readonly random: Random;
  private readonly names: Buffer[];
  private readonly network: SeenNetwork;

  constructor(network: SeenNetwork) {
    this.network = network;
    this.random = new Random(network.seed);
    this.names = Array.from({ length: names }, () => Buffer.from(this.randomName()));
  }

  nameAt(place: number): string {
    return this.names[place]!.toString();
  }

  private randomName(): string {
    const { random } = this;
    const owner = random.u32().toString(36).slice(0, random.between(4, 7));
    const front = random.chance(0.2) ? `${random.u32().toString(16)}.` : '';
    return `${front}${random.pick(labels)}.${owner}.${random.pick(zones)}`;
  }

  /** Its visits, in the order of time. */
  visits(): Visit[] {
    const { random } = this;
    const visits: Visit[] = [];
    for (let host = 0; host < this.network.hosts; host++) {
      for (let visit = 0; visit < this.network.visitsPerHost; visit++) {
        const isIdle = random.chance(idleShare);
        const second = isIdle ? random.below(daySeconds) : workStartSeconds + random.below(workSeconds);
        visits.push({ host, name: zipf(random, names), second });
      }
    }
    return visits.sort((one, other) => one.second - other.second);
  }

  table(): SightingTable {
    return new SightingTable({ rowsMax, rowsPerHostMax: rowsMax });
  }

  see(table: SightingTable, { host, name, second }: Visit): void {
    const { random } = this;
    const once = [second, second, 1] as const;
    const text = this.names[name]!;
    // Large sites answer with one of several addresses, small ones share theirs.
    const address = (Math.imul(name + random.below(name < 1000 ? 8 : 1) * 31, 0x9e3779b1) >>> 0) % addresses;
    table.setHost(0, 0, mappedWord, (10 << 24) | (20 << 16) | host);
    const word = Math.imul(address + 1, 0x85ebca6b);
    const peer = table.seeAddress(
      0,
      0,
      mappedWord,
      word,
      random.chance(0.93) ? 443 : 80,
      seenBy.outbound | seenBy.tcp | seenBy.answered,
      ...once,
    );
    const how = seenBy.outbound | seenBy.tls | seenBy.tcp | seenBy.answered;
    table.seeText(kindName, text, 0, text.length, peer, how | seenBy.dns, ...once);
    const ja4 = Buffer.from(`t13d1516h2_${(host + random.below(fingerprintsPerHost)) % fingerprints}aaf6152771_e5627efa2ab1`);
    table.seeText(kindJa4, ja4, 0, ja4.length, peer, how, ...once);
    if (random.chance(certificateShare))
      table.seeText(kindCertificate, certificateOf(name % certificates), 0, certificateBytes, peer, how, ...once);
  }

  /** A day as one batch. */
  day(day: number): SightingBatch {
    const table = this.table();
    for (const visit of this.visits()) this.see(table, visit);
    return table.take(day, describe);
  }

  /** The same in the order and the pieces in which a box writes it. */
  *intervals(day: number, seconds: number): Generator<SightingBatch> {
    const table = this.table();
    let end = seconds;
    for (const visit of this.visits()) {
      if (visit.second >= end && table.rows > 0) yield table.take(day, describe);
      while (visit.second >= end) end += seconds;
      this.see(table, visit);
    }
    if (table.rows > 0) yield table.take(day, describe);
  }
}

const describe: Parameters<SightingTable['take']>[1] = (host) => {
  const number = host.words[3] & 0xffff;
  return {
    ...host,
    mac: `02:00:00:00:${(number >>> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`,
    name: `may-${number}`,
  };
};

function certificateOf(number: number): Buffer {
  return new Random(number + 1).bytes(certificateBytes);
}
