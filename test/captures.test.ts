/** Every recorded capture through the pipeline, against what the programs in it were told to do (`*.expect.json`). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Alert, alertSchema } from '../firmware/contract/alert.ts';
import { openCaptureFile } from '../firmware/sensor/capture/capture-file.ts';
import type { Frame } from '../firmware/sensor/capture/frame.ts';
import { isSupportedLinkType } from '../firmware/sensor/decode/link.ts';
import { type Observation, observationsOf } from '../firmware/sensor/observe/observation.ts';
import { Pipeline } from '../firmware/sensor/pipeline.ts';
import { pipelineOptions } from '../firmware/sensor/pipeline-options.ts';
import type { ExpectedAlert } from './captures/record/recording.ts';
import { setOf } from './firmware/sensor/intel/lists.ts';

interface Expectation {
  origin: string;
  packets: number;
  expects: Record<string, string[]>;
  indicators?: string[];
  alerts?: ExpectedAlert[];
}

interface Outcome {
  alerts: Alert[];
  observations: Observation[];
  pipeline: Pipeline;
}

const folder = fileURLToPath(new URL('captures', import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => name.slice(0, -'.pcap'.length))
  .sort();
const expectationOf = (name: string): Expectation => JSON.parse(readFileSync(join(folder, `${name}.expect.json`), 'utf8'));

async function framesOf(name: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  const source = openCaptureFile(join(folder, `${name}.pcap`), { isSupportedLinkType });
  await source.run((frame) =>
    frames.push({ ...frame, bytes: Buffer.from(frame.bytes.subarray(frame.start, frame.end)), start: 0, end: frame.end - frame.start }),
  );
  return frames;
}

/** `listens` false: as `replay` and the box run it. */
function newRun(indicators: readonly string[], listens: boolean): Outcome {
  const alerts: Alert[] = [];
  const observations: Observation[] = [];
  const pipeline = new Pipeline({
    options: pipelineOptions.parse({}),
    indicators: setOf(...indicators),
    box: 'test',
    version: '0.0.0',
    onAlert: (alert) => alerts.push(structuredClone(alert)),
    ...(listens ? { onEvent: (event) => observations.push(...observationsOf(event)) } : {}),
  });
  return { alerts, observations, pipeline };
}

async function replay(name: string, listens: boolean): Promise<Outcome> {
  const run = newRun(expectationOf(name).indicators ?? [], listens);
  const source = openCaptureFile(join(folder, `${name}.pcap`), { isSupportedLinkType });
  await source.run((frame) => run.pipeline.frame(frame));
  run.pipeline.finish();
  return run;
}

const texts = (value: unknown): string[] => (typeof value === 'string' ? [value] : []);
const ofKind =
  (kind: string, field: string, where: (observation: Observation) => boolean = () => true) =>
  (observations: readonly Observation[]) =>
    observations
      .filter((observation) => observation.kind === kind && where(observation))
      .flatMap((observation) => texts(observation[field]));
const isQuery = ({ type, dport }: Observation) => type === 'query' && dport === 53;
const isRole = (role: string) => (observation: Observation) => observation.role === role;

/** How each kind of expected value is told by `observe`. */
const kinds: Record<string, (observations: readonly Observation[]) => string[]> = {
  dns_queries: ofKind('dns', 'qname', isQuery),
  dns_types: ofKind('dns', 'qtype', isQuery),
  mdns_names: (observations) =>
    observations.flatMap(({ kind, sport, answers }) =>
      kind === 'dns' && sport === 5353 && Array.isArray(answers)
        ? answers.filter(({ type }) => type === 'A').flatMap(({ name }) => texts(name))
        : [],
    ),
  sni: ofKind('tls', 'sni', isRole('client')),
  ja3: ofKind('tls', 'ja3', isRole('client')),
  ja4: ofKind('tls', 'ja4', isRole('client')),
  cert_sha1: ofKind('tls', 'sha1', isRole('certificate')),
  quic_sni: ofKind('quic', 'sni'),
  quic_ja4: ofKind('quic', 'ja4'),
  http_urls: ofKind('http', 'url'),
  http_hosts: ofKind('http', 'host'),
  http_user_agents: ofKind('http', 'userAgent'),
  dhcp_hostnames: ofKind('dhcp', 'hostname'),
  dhcp_macs: ofKind('dhcp', 'mac'),
  vlan_stacks: (observations) =>
    observations.flatMap(({ vlan, vlanInner }) =>
      vlan === undefined ? [] : [[vlan, vlanInner].filter((id) => id !== undefined).join('.')],
    ),
};
/** Learnt for the alerts' host names; `observe` does not tell them. */
const notObserved = new Set(['nbns_names']);
/** mDNS answers hold names of services beside the ones listed. */
const openKinds = new Set(['mdns_names']);

describe.each(names)('the capture %s', (name) => {
  const expectation = expectationOf(name);

  it(`shows what was done in it: ${expectation.origin.slice(0, 100)}`, async () => {
    const { observations, pipeline } = await replay(name, true);
    expect(pipeline.frames).toBe(expectation.packets);
    expect(pipeline.bugs).toBe(0);
    for (const [kind, values] of Object.entries(expectation.expects)) {
      if (notObserved.has(kind)) continue;
      const told = kinds[kind];
      expect(told, `a way to read ${kind}`).toBeDefined();
      const seen = [...new Set(told?.(observations))].sort();
      if (openKinds.has(kind)) expect(seen).toEqual(expect.arrayContaining(values));
      else expect(seen, kind).toEqual([...values].sort());
    }
  });

  it('ends with the alerts that it should, in the shape of the schema', async () => {
    const { alerts } = await replay(name, false);
    const last = [...new Map(alerts.map((alert) => [alert.id, alert])).values()];
    const seen = last.map(({ kind, stage, host, match }) => `${host.ip} ${kind} ${stage} ${match?.value}`).sort();
    const wanted = (expectation.alerts ?? []).map(({ kind, stage, hostIp, value }) => `${hostIp} ${kind} ${stage} ${value}`).sort();
    expect(seen).toEqual(wanted);
    for (const { hostIp, value, hostName, severityMax = 4 } of expectation.alerts ?? []) {
      const alert = last.find(({ host, match }) => host.ip === hostIp && match?.value === value);
      expect(alert?.severity).toBeLessThanOrEqual(severityMax);
      if (hostName !== undefined) expect(alert?.host.name).toBe(hostName);
    }
    for (const alert of alerts) expect(alertSchema.strict().safeParse(alert).error).toBeUndefined();
  });

  it('gives the very same alerts again, also when somebody listens to the observations', async () => {
    const first = await replay(name, false);
    expect((await replay(name, false)).alerts).toEqual(first.alerts);
    expect((await replay(name, true)).alerts).toEqual(first.alerts);
  });

  it('gives the same from frames in memory of their own, and from one piece of memory used again for each', async () => {
    const first = await replay(name, true);
    const frames = await framesOf(name);
    const indicators = expectation.indicators ?? [];
    const apart = newRun(indicators, true);
    for (const frame of frames) apart.pipeline.frame(frame);
    apart.pipeline.finish();
    const again = newRun(indicators, true);
    const memory = Buffer.alloc(70_000);
    for (const [index, frame] of frames.entries()) {
      memory.fill(index);
      const start = (index * 13) % 997;
      memory.set(frame.bytes, start);
      again.pipeline.frame({ ...frame, bytes: memory, start, end: start + frame.end });
    }
    again.pipeline.finish();
    for (const run of [apart, again]) {
      expect(run.alerts).toEqual(first.alerts);
      expect(run.observations).toEqual(first.observations);
    }
  });
});

it('has a capture for every expectation, and an origin and a number of packets in each', () => {
  const expected = readdirSync(folder).filter((name) => name.endsWith('.expect.json'));
  expect(expected.map((name) => name.replace('.expect.json', '')).sort()).toEqual(names);
  for (const name of names) expect(expectationOf(name)).toMatchObject({ origin: expect.stringMatching(/\w/), packets: expect.any(Number) });
});
