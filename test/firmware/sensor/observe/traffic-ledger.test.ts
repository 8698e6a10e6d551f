import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openCaptureFile } from '../../../../firmware/sensor/capture/capture-file.ts';
import { isSupportedLinkType } from '../../../../firmware/sensor/decode/link.ts';
import type { TrafficLedger } from '../../../../firmware/sensor/observe/traffic-ledger.ts';
import { Random } from '../../../fuzz/random.ts';
import { helloRecord, query, quicHello } from './messages.ts';
import { Sensor } from './sensor.ts';
import { datagram, type Ends, ethernet, icmp, ip, protocol, TcpTalk, text, udp } from './traffic.ts';

const captures = fileURLToPath(new URL('../../../captures', import.meta.url));
const names = readdirSync(captures).filter((name) => name.endsWith('.pcap'));

/** The frames of a capture that are wanted, through the sensor. */
async function replay(name: string, wanted: (frame: Buffer) => boolean = () => true): Promise<Sensor> {
  const sensor = new Sensor();
  await openCaptureFile(join(captures, name), { isSupportedLinkType }).run((frame) => {
    if (wanted(Buffer.from(frame.bytes.subarray(frame.start, frame.end)))) sensor.pipeline.frame(frame);
  });
  return sensor.finish();
}

const trafficOf = ({ pipeline }: Sensor): TrafficLedger => pipeline.observer.flows.traffic;
const hello = text('hello, this is no protocol that anybody knows\n');
/** A conversation from its first packet to its last. */
const talkOf = (ends: Partial<Ends>, payload: Uint8Array = hello): Buffer[] => {
  const talk = new TcpTalk(ends);
  return [...talk.handshake(), talk.says(payload), talk.answers(hello), ...talk.close()];
};
const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
/** Of Ethernet frames without tags. */
const ipBytesOf = (frames: readonly Buffer[]) => sumOf(frames.map((frame) => frame.length - 14));

/** A flow of a tunnel's own packets; what is inside is told as flows of its own. */
const isCarrier = ({ proto, dport }: Record<string, unknown>) => proto === 'gre' || (proto === 'udp' && (dport === 4789 || dport === 6081));
const endsOf = ({ src, sport, dst, dport, proto }: Record<string, unknown>) => [src, sport, dst, dport, proto].join(' ');
const bytesOf = ({ bytesOut, bytesIn }: Record<string, unknown>) => Number(bytesOut) + Number(bytesIn);

describe.each(names)('what %s holds', (name) => {
  it('is counted as the observations of it tell, each byte once', async () => {
    const sensor = await replay(name);
    const flows = sensor.of('flow').filter((flow) => !isCarrier(flow));
    const bytesWhere = (kind: string) => {
      const ends = new Set(sensor.of(kind).map(endsOf));
      return sumOf(flows.filter((flow) => ends.has(endsOf(flow))).map(bytesOf));
    };
    const { bytes, tlsBytes, quicBytes, dnsBytes, ...counts } = trafficOf(sensor);
    expect(bytes).toBe(sumOf(flows.map(bytesOf)));
    expect(counts.flows).toBe(flows.length);
    expect(tlsBytes).toBe(bytesWhere('tls'));
    expect(quicBytes).toBe(bytesWhere('quic'));
    expect(dnsBytes).toBe(sumOf(flows.filter(({ dport }) => dport === 53).map(bytesOf)));
    expect(counts).toMatchObject({ encryptedDnsBytes: 0, oneWayFlows: 0, oneWayRecentShare: 0 });
  });
});

describe('half a mirror', () => {
  /** Untagged IPv4 without options: the port of a client is the higher one. */
  const isFromClient = (frame: Buffer) => frame.readUInt16BE(34) > frame.readUInt16BE(36);

  it.each(['http.pcap', 'https-tls12.pcap', 'https-tls13.pcap', 'dns-tcp.pcap', 'smtp-starttls.pcap', 'c2-address-exchange.pcap'])(
    'shows in every TCP conversation of %s, whichever half it is',
    async (name) => {
      const whole = trafficOf(await replay(name));
      expect(whole.tcpFlows).toBeGreaterThan(0);
      for (const half of [isFromClient, (frame: Buffer) => !isFromClient(frame)]) {
        const seen = trafficOf(await replay(name, half));
        expect(seen.oneWayFlows).toBe(whole.tcpFlows);
        expect(seen.tcpFlows).toBe(whole.tcpFlows);
        expect(seen.oneWayRecentShare).toBe(1);
      }
    },
  );

  it('still shows that TLS is spoken, by either half', async () => {
    for (const half of [isFromClient, (frame: Buffer) => !isFromClient(frame)]) {
      expect(trafficOf(await replay('https-tls12.pcap', half)).tlsBytes).toBeGreaterThan(0);
    }
  });

  it('is not seen in knocks that nobody answers, in refusals, or in datagrams', () => {
    const dead = new TcpTalk({ cport: 1111 });
    const refused = new TcpTalk({ cport: 2222 });
    const syn = dead.syn();
    const lone = datagram({ client: '10.0.0.5', server: '203.0.113.9', cport: 5001, sport: 5002 }, true, hello);
    const traffic = trafficOf(new Sensor().send(syn, syn, syn, refused.syn(), refused.reset(false), lone, lone).finish());
    expect(traffic).toMatchObject({ flows: 3, tcpFlows: 0, oneWayFlows: 0, oneWayRecentShare: 0 });
  });

  it('that was mended is forgotten within some hundred conversations, and one that breaks is noticed as soon', () => {
    const sensor = new Sensor();
    const conversations = (from: number, count: number, isHalf: boolean) => {
      for (let cport = from; cport < from + count; cport++)
        sensor.send(...talkOf({ cport }).filter((_, index) => !isHalf || ![1, 4, 6].includes(index)));
      sensor.wait(60);
      for (let second = 0; second < 40; second++) sensor.wait(1).pipeline.advance(sensor.nowMicros);
    };
    conversations(1_000, 100, true);
    expect(trafficOf(sensor)).toMatchObject({ tcpFlows: 100, oneWayFlows: 100, oneWayRecentShare: 1 });
    conversations(2_000, 100, false);
    expect(trafficOf(sensor)).toMatchObject({ tcpFlows: 200, oneWayFlows: 100 });
    expect(trafficOf(sensor).oneWayRecentShare).toBeLessThan(0.25);
    conversations(3_000, 100, true);
    expect(trafficOf(sensor).oneWayRecentShare).toBeGreaterThan(0.75);
  });
});

describe('encrypted DNS', () => {
  const ends = { client: '10.0.0.5', server: '203.0.113.9', cport: 40_001, sport: 443 };
  const quic = (name: string) => quicHello(name).map((bytes) => datagram(ends, true, bytes));
  const plain = query('example.com');

  it.each<[string, Buffer[]]>([
    ['DNS over HTTPS', talkOf({}, helloRecord('mozilla.cloudflare-dns.com'))],
    ['DNS over HTTP/3', quic('dns.google')],
    ['DNS over TLS', talkOf({ sport: 853 })],
    ['DNS over QUIC', [datagram({ ...ends, sport: 853 }, true, hello)]],
  ])('is counted beside plain DNS: %s', (_, frames) => {
    const traffic = trafficOf(new Sensor().send(plain, ...frames).finish());
    expect(traffic).toMatchObject({ encryptedDnsBytes: ipBytesOf(frames), dnsBytes: ipBytesOf([plain]) });
    expect(traffic.bytes).toBe(ipBytesOf([plain, ...frames]));
  });

  it('is no web site, and no ping whose type happens to be that number', () => {
    const ping = ethernet(ip('10.0.0.5', '203.0.113.9', protocol.icmp, icmp(53, 0)));
    const frames = [...talkOf({}, helloRecord('www.example.com')), ...quic('www.example.com'), ping];
    expect(trafficOf(new Sensor().send(...frames).finish())).toMatchObject({ encryptedDnsBytes: 0, dnsBytes: 0, bytes: ipBytesOf(frames) });
  });
});

describe('the bytes of a flow', () => {
  it('are told while it is open, so a download of a day does not show on its last day alone', () => {
    const talk = new TcpTalk();
    const sensor = new Sensor().send(...talk.handshake(), talk.says(helloRecord('example.com')));
    const begun = ipBytesOf([...new TcpTalk().handshake()]) + 40 + helloRecord('example.com').length;
    const swept = () => {
      for (let second = 0; second < 17; second++) sensor.wait(1).pipeline.advance(sensor.nowMicros);
      return trafficOf(sensor);
    };
    expect(swept()).toMatchObject({ bytes: begun, tlsBytes: begun, flows: 0 });
    sensor.send(talk.answers(Buffer.alloc(1_000)));
    expect(swept()).toMatchObject({ bytes: begun + 1_040, tlsBytes: begun + 1_040, flows: 0 });
    sensor.finish();
    expect(trafficOf(sensor)).toMatchObject({ bytes: begun + 1_040, tlsBytes: begun + 1_040, flows: 1 });
  });

  it('are counted once, whatever comes when, and whatever gives way at the cap', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed);
      const sensor = new Sensor(undefined, { flows: { flowsMax: 1_024, unansweredTimeoutS: 5, tcpTimeoutS: 20, otherTimeoutS: 10 } });
      const { flows } = sensor.pipeline.observer;
      let sent = 0;
      for (let step = 0; step < 3_000; step++) {
        const client = `10.0.${random.below(4)}.${random.below(250)}`;
        const ends = { client, server: '203.0.113.9', cport: 1_000 + random.below(3), sport: 53 + random.below(3) };
        const bytes = datagram(ends, random.chance(0.5), Buffer.alloc(random.below(400)));
        const refusedBefore = flows.refused;
        sensor.wait(random.chance(0.002) ? random.below(8) : 0).send(bytes);
        if (flows.refused === refusedBefore) sent += ipBytesOf([bytes]);
      }
      sensor.finish();
      expect(flows.replaced).toBeGreaterThan(0);
      expect(trafficOf(sensor).bytes).toBe(sent);
      expect(trafficOf(sensor).flows).toBe(flows.started);
    }
  });

  it('are those inside of a tunnel, not counted again for its outer packets', () => {
    const inside = ip('10.0.0.5', '203.0.113.9', protocol.udp, udp(5001, 5002, hello));
    const traffic = trafficOf(new Sensor().send(ethernet(ip('198.51.100.1', '198.51.100.2', 4, inside))).finish());
    expect(traffic).toMatchObject({ bytes: inside.length, flows: 1 });
  });
});
