/** What every detector in the table keeps to, whatever it looks for. */
import { describe, expect, it } from 'vitest';
import { NetworkSet } from '../../../../firmware/sensor/bytes/network.ts';
import type { Detector } from '../../../../firmware/sensor/detect/detector.ts';
import { createDetectors } from '../../../../firmware/sensor/detect/detectors.ts';
import type { Finding } from '../../../../firmware/sensor/detect/finding.ts';
import { detectOptions } from '../../../../firmware/sensor/detect/options.ts';
import { emptyIndicators } from '../../../../firmware/sensor/intel/sources.ts';
import type { EventKind, SensorEvent } from '../../../../firmware/sensor/observe/event.ts';
import { defaultHomeNetworks } from '../../../../firmware/sensor/observe/options.ts';
import { Pipeline } from '../../../../firmware/sensor/pipeline.ts';
import { pipelineOptions } from '../../../../firmware/sensor/pipeline-options.ts';
import { Random } from '../../../fuzz/random.ts';
import { setOf } from '../intel/lists.ts';
import { answered, helloRecord, query, quicHello, request, serverFlight } from '../observe/messages.ts';
import { frameOf, startMicros } from '../observe/sensor.ts';
import { datagram, ethernet, flag, ip, TcpTalk, tcp } from '../observe/traffic.ts';

const kinds: readonly EventKind[] = [
  'flow',
  'dns',
  'tls-client',
  'tls-server',
  'tls-certificate',
  'quic',
  'http-request',
  'http-response',
  'dhcp',
  'anomaly',
];
const bad = setOf('evil.example', '203.0.113.0/24', '2001:db8::/32', 'http://www.example/gate', 'ua:test/1.0');
const options = detectOptions.parse({ knownBad: { watchedFlowsMax: 64, resolvedMax: 64 } });
const home = new NetworkSet(defaultHomeNetworks);
const tableWith = (indicators = bad) => createDetectors(options, indicators, home);
const names = tableWith().map(({ name }) => name);

/** Gives every event of the frames to the detector, as the pipeline would. */
function show(detector: Detector, frames: readonly Buffer[], found: Finding[] = [], from = startMicros): Finding[] {
  const give = (event: SensorEvent) => {
    if (detector.wants.includes(event.kind)) detector.observe(event, (finding) => found.push(structuredClone(finding)));
  };
  const setup = { options: pipelineOptions.parse({}), indicators: emptyIndicators(), box: 'test', version: '0', onAlert: () => undefined };
  const pipeline = new Pipeline({ ...setup, onEvent: give });
  let nowMicros = from;
  for (const frame of frames) {
    nowMicros += 1000;
    pipeline.frame(frameOf(frame, nowMicros));
  }
  detector.tick(nowMicros, (finding) => found.push(structuredClone(finding)));
  pipeline.finish();
  expect(pipeline.bugs).toBe(0);
  return found;
}

/** One of everything that a detector may hear of, all of it to bad ends. */
function visit(port = 40_000): Buffer[] {
  const web = new TcpTalk({ cport: port, sport: 80 });
  const tls = new TcpTalk({ cport: port + 1 });
  return [
    query('c2.evil.example'),
    answered('c2.evil.example', ['203.0.113.9']),
    ...web.handshake(),
    web.says(request('www.example', '/gate')),
    ...tls.handshake(),
    tls.says(helloRecord('c2.evil.example')),
    tls.answers(serverFlight('c2.evil.example').bytes),
    ...quicHello('c2.evil.example').map((each) =>
      datagram({ client: '10.0.0.5', server: '203.0.113.9', cport: port, sport: 443 }, true, each),
    ),
    ...web.close(),
  ];
}

function clean(): Buffer[] {
  const talk = new TcpTalk({ server: '198.51.100.9' });
  return [
    query('www.good.example'),
    answered('www.good.example', ['198.51.100.9']),
    ...talk.handshake(),
    talk.says(helloRecord('www.good.example')),
    talk.answers(serverFlight('www.good.example').bytes),
    ...talk.close(),
  ];
}

describe.each(names)('the detector %s', (name) => {
  const make = (indicators = bad) => tableWith(indicators).find((detector) => detector.name === name)!;

  it('has a name of its own, in lower case, and wants events that there are', () => {
    expect(names.filter((other) => other === name)).toHaveLength(1);
    expect(name).toMatch(/^[a-z][a-z-]+$/);
    const { wants } = make();
    expect(wants.length).toBeGreaterThan(0);
    expect(new Set(wants).size).toBe(wants.length);
    for (const kind of wants) expect(kinds).toContain(kind);
  });

  it('finds nothing in clean traffic, and nothing without indicators', () => {
    expect(show(make(), clean())).toEqual([]);
    if (name === 'known-bad') expect(show(make(setOf()), visit())).toEqual([]);
  });

  it('gives a reason in numbers or text with every finding, and signs it', () => {
    const found = show(make(), visit());
    if (name === 'known-bad') expect(found.length).toBeGreaterThan(0);
    for (const finding of found) {
      expect(finding.detector).toBe(name);
      expect(finding.reasons.length).toBeGreaterThan(0);
      for (const { measured, value } of finding.reasons) expect([measured === '', String(value) === '']).toEqual([false, false]);
      expect(finding.confidence).toBeGreaterThanOrEqual(0);
      expect(finding.confidence).toBeLessThanOrEqual(100);
      expect(finding.tsMicros).toBeGreaterThan(startMicros);
    }
  });

  it('finds the same in the same traffic', () => {
    expect(show(make(), visit())).toEqual(show(make(), visit()));
  });

  it('uses another set of indicators from the next event on, and the one before no longer', () => {
    const detector = make();
    detector.load(setOf());
    expect(show(detector, name === 'known-bad' ? visit() : clean())).toEqual([]);
    detector.load(bad);
    const found = show(detector, visit());
    if (name === 'known-bad') expect(found.length).toBeGreaterThan(0);
    detector.load(setOf());
    expect(show(detector, name === 'known-bad' ? visit() : clean())).toEqual([]);
  });

  it('stays bounded under a flood that is all hits, counts what it cannot follow, and still finds the next one', () => {
    const detector = make();
    const random = new Random(8);
    const flood: Buffer[] = [];
    for (let number = 0; number < 3000; number++) {
      const src = `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
      flood.push(ethernet(ip(src, `203.0.113.${random.below(256)}`, 6, tcp(random.between(1024, 65_535), 443, flag.syn, 1))));
      flood.push(answered(`x${number}.evil.example`, [`198.51.${number >> 8}.${number & 255}`], undefined, { client: src }));
    }
    const before = process.memoryUsage().heapUsed;
    const found: Finding[] = [];
    show(detector, flood, found);
    found.length = 0;
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150 * 1024 * 1024);
    if (name !== 'known-bad') return;
    expect(detector.refused).toBeGreaterThan(0);
    expect(show(detector, visit(), found).length).toBeGreaterThan(0);
  });

  it('lives through the passing of time without events', () => {
    const detector = make();
    const found: Finding[] = [];
    for (let hours = 0; hours < 100; hours++) detector.tick(startMicros + hours * 3_600_000_000, (finding) => found.push(finding));
    expect(found).toEqual([]);
  });
});

it('leaves out a detector that is turned off', () => {
  expect(createDetectors(detectOptions.parse({ knownBad: { enabled: false } }), bad, home).map(({ name }) => name)).not.toContain(
    'known-bad',
  );
});
