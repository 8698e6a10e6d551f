import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../firmware/contract/alert.ts';
import type { Indicators } from '../../../firmware/sensor/intel/indicator.ts';
import { observationsOf } from '../../../firmware/sensor/observe/observation.ts';
import { Pipeline } from '../../../firmware/sensor/pipeline.ts';
import { pipelineOptions } from '../../../firmware/sensor/pipeline-options.ts';
import { Corpus } from '../../fuzz/corpus.ts';
import { fuzzPipeline } from '../../fuzz/fuzz-pipeline.ts';
import { Random } from '../../fuzz/random.ts';
import { setOf } from './intel/lists.ts';
import { answered, helloRecord, ok, query, request } from './observe/messages.ts';
import { frameOf, Sensor, second, startMicros } from './observe/sensor.ts';
import { flag, TcpTalk, text } from './observe/traffic.ts';

const bad = '203.0.113.66';

describe('the pipeline', () => {
  it('counts frames and their bytes on the wire', () => {
    const { pipeline } = new Sensor();
    pipeline.frame(frameOf(new TcpTalk().syn(), startMicros, 1, 1500));
    pipeline.frame(frameOf(Buffer.alloc(0), startMicros, 1, 60));
    expect([pipeline.frames, pipeline.bytes]).toEqual([2, 1560]);
  });

  it('never throws, counts a fault of our own, tells it only so often, and goes on with the next frame', () => {
    const broken: Indicators = Object.assign(Object.create(setOf(bad)) as Indicators, {
      mayHaveDomain: () => {
        throw new Error('a fault of our own');
      },
    });
    const sensor = new Sensor(broken, {}, false);
    for (let number = 0; number < 100; number++) sensor.send(query(`x${number}.example`));
    expect(sensor.pipeline.bugs).toBe(100);
    expect(sensor.bugs.length).toBeLessThanOrEqual(10);
    expect(sensor.bugs.length).toBeGreaterThan(0);
    expect(sensor.send(new TcpTalk({ server: bad }).syn()).alerts).toHaveLength(1);
  });

  it('takes times that no clock shows', () => {
    const sensor = new Sensor(setOf(bad));
    const times = [0, -1, 1, Number.MAX_SAFE_INTEGER, startMicros, 0, -1e15, 253_402_300_800_000_000, startMicros + 1];
    for (const [index, micros] of times.entries())
      sensor.pipeline.frame(frameOf(new TcpTalk({ server: bad, cport: 1000 + index }).syn(), micros));
    sensor.finish();
    expect(sensor.bugs).toEqual([]);
    for (const { tsFirst, tsLast, id } of sensor.alerts) {
      for (const time of [tsFirst, tsLast]) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    }
  });

  it('closes alerts and ends flows when only time passes, as live', () => {
    const sensor = new Sensor(setOf(bad)).send(new TcpTalk({ server: bad }).syn());
    for (let seconds = 0; seconds < 4000; seconds += 1) sensor.pipeline.advance(sensor.nowMicros + seconds * second);
    expect(sensor.phases('end')).toHaveLength(1);
    expect(sensor.alerts.at(-1)).toMatchObject({ state: 'closed' });
    sensor.pipeline.advance(startMicros);
    expect(sensor.bugs).toEqual([]);
  });

  it('still updates and closes alerts after a frame from the far future', () => {
    const sensor = new Sensor(setOf(bad), {}, false);
    sensor.pipeline.frame(frameOf(new TcpTalk({ server: '198.51.100.1' }).syn(), startMicros + 20 * 365 * 86_400 * second));
    sensor.send(new TcpTalk({ server: bad }).syn());
    for (let minutes = 0; minutes < 70; minutes++) sensor.wait(60).send(new TcpTalk({ cport: 1000 + minutes }).syn());
    expect(sensor.alerts.at(-1)).toMatchObject({ state: 'closed' });
  });

  it('gives the same alerts whether somebody listens to the observations or not', () => {
    const run = (listens: boolean): Alert[] => {
      const sensor = new Sensor(setOf('com.example', 'edu.test', '198.18.0.0/17', '203.0.113.0/24', '2001:db8:0:a::/64'), {}, listens);
      const corpus = new Corpus(21);
      for (let list = 0; list < 4; list++) {
        for (const { bytes, linkType } of corpus.next()) {
          sensor.nowMicros += 700;
          sensor.pipeline.frame(frameOf(bytes, sensor.nowMicros, linkType));
        }
      }
      return sensor.finish().alerts;
    };
    const listened = run(true);
    expect(listened.length).toBeGreaterThan(3);
    expect(run(false)).toEqual(listened);
  });

  it('gives the same whatever memory the frames lie in: each its own, or one that is used again, Buffer or plain array', () => {
    const frames = reordered(new Random(22));
    const run = (place: (bytes: Buffer) => Uint8Array): unknown[] => {
      const seen: unknown[] = [];
      const pipeline = new Pipeline({
        options: pipelineOptions.parse({}),
        indicators: setOf('evil.example'),
        box: 'test',
        version: '0',
        onAlert: (alert) => seen.push(structuredClone(alert)),
        onEvent: (event) => seen.push(...observationsOf(event)),
      });
      for (const [index, bytes] of frames.entries()) {
        const placed = place(bytes);
        const length = bytes.length;
        pipeline.frame({ bytes: placed, start: 0, end: length, originalLength: length, tsMicros: startMicros + index * 1000, linkType: 1 });
      }
      pipeline.finish();
      expect(pipeline.bugs).toBe(0);
      return seen;
    };
    const oneBuffer = Buffer.alloc(2000);
    const oneArray = new Uint8Array(2000);
    const into = (memory: Uint8Array) => (bytes: Buffer) => {
      memory.fill(0x21);
      memory.set(bytes);
      return memory;
    };
    const apart = run((bytes) => Buffer.from(bytes));
    expect(apart.length).toBeGreaterThan(100);
    expect(run(into(oneArray))).toEqual(apart);
    expect(run(into(oneBuffer))).toEqual(apart);
  });

  it('takes 300,000 damaged frames without a fault of our own', () => {
    const report = fuzzPipeline({ frames: 300_000, seed: 20_261_123 });
    expect(report.firstBug).toBeUndefined();
    expect(report.bugs).toBe(0);
    expect(report.alerts).toBeGreaterThan(0);
  }, 30_000);
});

/** Conversations whose segments come out of order, so that some have to be kept. */
function reordered(random: Random): Buffer[] {
  const frames: Buffer[] = [];
  for (let number = 0; number < 60; number++) {
    const host = random.chance(0.3) ? 'evil.example' : `www${number}.example`;
    const talk = new TcpTalk({ cport: 20_000 + number, sport: random.pick([80, 443]) });
    const message = talk.ends.sport === 80 ? request(host, '/long/path/with/many/segments?and=a&query=string') : helloRecord(host);
    const pieces: Buffer[] = [];
    for (let at = 0; at < message.length; at += 40) pieces.push(talk.says(message.subarray(at, at + 40)));
    for (let swaps = 0; swaps < 5; swaps++) {
      const at = random.below(pieces.length - 1);
      [pieces[at], pieces[at + 1]] = [pieces[at + 1]!, pieces[at]!];
    }
    const start = new TcpTalk(talk.ends);
    frames.push(query(host), answered(host, ['203.0.113.9']), ...start.handshake());
    // The handshake took one number of each side; the pieces were numbered without it.
    frames.push(...pieces.map((piece) => shifted(piece, 1)));
    frames.push(shifted(talk.answers(talk.ends.sport === 80 ? ok : text('x')), 1), talk.segment(true, flag.rst, talk.clientNext + 1));
  }
  return frames;
}

/** The same segment at a later sequence number. */
function shifted(frame: Buffer, by: number): Buffer {
  const sequenceAt = 14 + 20 + 4;
  const copy = Buffer.from(frame);
  copy.writeUInt32BE(copy.readUInt32BE(sequenceAt) + by, sequenceAt);
  return copy;
}
