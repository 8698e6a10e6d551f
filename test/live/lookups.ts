/** Writes captures in which machines inside ask a resolver for a name: one frame, one machine. */
import { dnsQuery, dnsTypes } from '../bench/traffic/dns-message.ts';
import { Path, Segment } from '../bench/traffic/path.ts';
import { PcapWriter } from '../bench/traffic/pcap-writer.ts';

const macOf = (host: number) => Buffer.from([0x02, 0, 0, 0, host >> 8, host & 0xff]);
const resolver = { mac: macOf(0xffff), address: Buffer.from([10, 20, 0, 53]), port: 53 };
const frameBytesMax = 1500;

interface Lookups {
  first?: number;
  count?: number;
  /** A function is asked anew for each. */
  gapMicros?: number | (() => number);
}

/** Machines from `first` on, `count` of them, ask for `name`; `gapMicros` apart. */
export function writeLookups(path: string, name: string, { first = 1, count = 1, gapMicros = 10 }: Lookups = {}): void {
  const writer = new PcapWriter(path);
  const frame = Buffer.alloc(frameBytesMax);
  const segment = new Segment();
  let tsMicros = Date.UTC(2026, 0, 19) * 1000;
  for (let index = 0; index < count; index++) {
    const host = first + index;
    const client = { mac: macOf(host), address: Buffer.from([10, 20, 1 + (host >> 8), host & 0xff]), port: 40_000 + (index % 20_000) };
    const length = new Path(client, resolver, 17).udp(
      frame,
      0,
      segment.payload(dnsQuery({ id: host & 0xffff, name, type: dnsTypes.a }, true)),
    );
    writer.frame(frame.subarray(0, length), tsMicros);
    tsMicros += Math.round(typeof gapMicros === 'number' ? gapMicros : gapMicros());
  }
  writer.close();
}
