import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { sensorReportSchema } from '../../../firmware/contract/health.ts';
import { openConfiguredSource } from '../../../firmware/sensor/capture/configured-source.ts';
import { isSupportedLinkType } from '../../../firmware/sensor/decode/link.ts';
import { IndicatorFiles } from '../../../firmware/sensor/intel/indicator-files.ts';
import { reportOf } from '../../../firmware/sensor/report.ts';
import { TimerLateness } from '../../../firmware/sensor/timer-lateness.ts';
import { Sensor } from './observe/sensor.ts';

const capture = fileURLToPath(new URL('../../captures/demonstration.pcap', import.meta.url));
const list = fileURLToPath(new URL('../../captures/demonstration.indicators.csv', import.meta.url));

async function reported() {
  const intelligence = await IndicatorFiles.open([list]);
  const sensor = new Sensor(intelligence.current);
  const source = openConfiguredSource({ file: capture, pace: 0, once: true, retime: true }, { isSupportedLinkType });
  const writerState = { mode: 'disk' as const, waiting: 1, waitingBytes: 900, lost: 0, begunAnew: 0 };
  const report = () => reportOf({ pipeline: sensor.pipeline, source, intelligence, timers: new TimerLateness(), outbox: { writerState } });
  const before = report();
  await source.run((frame) => sensor.pipeline.frame(frame));
  sensor.finish();
  return { before, after: report(), sensor, writerState };
}

it('a report has the numbers of what was seen, in the shape of the schema, before and after', async () => {
  const { before, after, sensor, writerState } = await reported();
  for (const report of [before, after]) expect(sensorReportSchema.strict().parse(report)).toEqual(report);
  expect(before.traffic).toMatchObject({ bytes: 0, flows: 0 });
  for (const name of ['tlsShare', 'quicShare', 'encryptedDnsShare', 'oneWayRecentShare']) expect(before.traffic).not.toHaveProperty(name);
  const flowBytes = sensor.of('flow').reduce((sum, { bytesOut, bytesIn }) => sum + Number(bytesOut) + Number(bytesIn), 0);
  expect(after.capture).toMatchObject({ state: 'ended', packets: sensor.pipeline.frames, bytes: sensor.pipeline.bytes });
  expect(after.traffic).toMatchObject({ bytes: flowBytes, oneWayFlows: 0, oneWayRecentShare: 0, encryptedDnsShare: 0 });
  expect(after.traffic?.tlsShare).toBeGreaterThan(0.1);
  expect(after.traffic?.quicShare).toBeGreaterThan(0.01);
  expect(after.alerts?.opened).toBe(sensor.lastAlerts.length);
  expect(after.outboxWriter).toEqual(writerState);
});

it('a report names the run that counted, the same one until the process ends', async () => {
  const { before, after } = await reported();
  expect(before.sensorProcess?.run).toMatch(/^[0-9a-f-]{36}$/);
  expect(after.sensorProcess?.run).toBe(before.sensorProcess?.run);
  expect(after.sensorProcess?.uptimeSeconds).toBeGreaterThan(0);
});
