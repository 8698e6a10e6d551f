import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCaptureFile } from '../../firmware/sensor/capture/capture-file.ts';
import { SetBuilder } from '../../firmware/sensor/intel/compile.ts';
import { IndicatorSet } from '../../firmware/sensor/intel/indicator-set.ts';
import { parseValue } from '../../firmware/sensor/intel/parse-value.ts';
import { Pipeline } from '../../firmware/sensor/pipeline.ts';
import { pipelineOptions } from '../../firmware/sensor/pipeline-options.ts';
import { Random } from '../fuzz/random.ts';
import { generateFlows } from './generate-flows.ts';
import { generateHostile } from './generate-hostile.ts';
import { indicatorLine, plantedIndicators } from './generate-indicators.ts';
import { generateOffice } from './generate-office.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-generate-'));
const quiet = { show: () => undefined, done: () => undefined };

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function replay(path: string, lines: readonly string[]) {
  const builder = new SetBuilder({ a: 1, b: 1 });
  for (const line of lines) {
    const value = parseValue(line);
    if (typeof value === 'string') throw new Error(`${line}: ${value}`);
    builder.add(value, { confidence: 75 }, false);
  }
  const matched = new Set<string>();
  const events: Record<string, number> = {};
  const pipeline = new Pipeline({
    options: pipelineOptions.parse({}),
    indicators: IndicatorSet.fromBytes(builder.finish()),
    box: 'bench',
    version: '0',
    onAlert: (alert) => matched.add(alert.match?.value ?? ''),
    onEvent: (event) => {
      events[event.kind] = (events[event.kind] ?? 0) + 1;
    },
  });
  await openCaptureFile(path).run(pipeline.frame.bind(pipeline));
  return { pipeline, matched, events };
}

describe('generateOffice', () => {
  const path = join(folder, 'office.pcap');

  it('writes a smaller capture that is the beginning of a larger one of the same seed', () => {
    const short = join(folder, 'short.pcap');
    generateOffice(path, { packets: 20_000, live: 200, seed: 7 }, quiet);
    generateOffice(short, { packets: 5000, live: 200, seed: 7 }, quiet);
    const beginning = readFileSync(short);
    expect(readFileSync(path).subarray(0, beginning.length).equals(beginning)).toBe(true);
  });

  it('writes traffic that the pipeline reads without an anomaly, mostly data, none of it known to be bad but what was planted', async () => {
    const random = new Random(5);
    const { pipeline, matched, events } = await replay(path, [
      ...Array.from({ length: 20_000 }, () => indicatorLine(random)),
      ...plantedIndicators(),
    ]);
    expect(pipeline.frames).toBe(20_000);
    expect(pipeline.bytes / pipeline.frames).toBeGreaterThan(750);
    expect(pipeline.anomalies.total()).toBe(0);
    for (const kind of ['dns', 'tls-client', 'tls-server', 'tls-certificate', 'quic', 'http-request', 'http-response']) {
      expect(events[kind], kind).toBeGreaterThan(0);
    }
    expect([...matched].filter((value) => !plantedIndicators().some((planted) => planted.includes(value)))).toEqual([]);
  });
});

it('writes as many connections as asked for, all open at the end', async () => {
  const path = join(folder, 'flows.pcap');
  generateFlows(path, { flows: 3000, seed: 1 }, quiet);
  const { pipeline, events } = await replay(path, []);
  expect(pipeline.anomalies.total()).toBe(0);
  expect(events['tls-client']).toBe(3000);
  expect(pipeline.observer.flows.live).toBe(3000);
});

it('writes hostile traffic with one contact in the middle that the indicators know', async () => {
  const path = join(folder, 'hostile.pcap');
  generateHostile(path, { packets: 60_000, seed: 1 }, quiet);
  const { pipeline, matched } = await replay(path, plantedIndicators());
  expect(pipeline.frames).toBe(60_000);
  expect(pipeline.bugs).toBe(0);
  expect([...matched]).toEqual(['planted-c2.example']);
});

it('makes indicators that the list reader takes, every one', () => {
  const random = new Random(3);
  for (let number = 0; number < 5000; number++) {
    const line = indicatorLine(random);
    if (typeof parseValue(line) === 'string') expect.fail(`${line}: ${String(parseValue(line))}`);
  }
});
