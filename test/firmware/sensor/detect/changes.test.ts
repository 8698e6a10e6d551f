import { describe, expect, it } from 'vitest';
import { ResolvedNames } from '../../../../firmware/sensor/detect/resolved-names.ts';
import { pipelineOptions } from '../../../../firmware/sensor/pipeline-options.ts';
import { type Entry, setOf } from '../intel/lists.ts';
import { answered, query } from '../observe/messages.ts';
import { Sensor } from '../observe/sensor.ts';
import { TcpTalk, text } from '../observe/traffic.ts';

const bad = '203.0.113.66';
const elsewhere = '198.51.100.7';
/** As in the box: nobody listens to observations. */
const watching = (...entries: (Entry | string)[]) => new Sensor(setOf(...entries), {}, false);
const options = (knownBad: object) => pipelineOptions.parse({ detectors: { knownBad } });
const asked = [query('evil.example'), answered('evil.example', [elsewhere])];

describe('other options and indicators, while the pipeline runs', () => {
  it('do not end the watch over a flow: it grows as it would have', () => {
    const talk = new TcpTalk({ server: bad });
    const sensor = watching(bad).send(talk.syn());
    sensor.pipeline.configure(options({ watchedFlowsMax: 64, resolvedMax: 64 }));
    sensor.pipeline.load(setOf('other.example'));
    sensor.send(...talk.handshake().slice(1), talk.says(text('x')), talk.answers(text('y')));
    expect(sensor.alerts.map(({ stage }) => stage)).toEqual(['attempt', 'contact', 'exchange']);
    expect(sensor.bugs).toEqual([]);
  });

  it('leave a name that was resolved before one that leads to its address, as long as it is on the list', () => {
    const connect = (sensor: Sensor) => sensor.send(new TcpTalk({ server: elsewhere }).syn()).alerts.at(-1);
    const named = { count: 1, remote: { ip: elsewhere } };
    const kept = watching('evil.example').send(...asked);
    kept.pipeline.load(setOf('evil.example', 'other.example'));
    kept.pipeline.configure(options({}));
    connect(kept);
    expect(kept.finish().lastAlerts).toMatchObject([{ match: { value: 'evil.example' }, ...named }]);
    for (const entries of [['other.example'], ['evil.example', { value: 'evil.example', allow: true }]]) {
      const gone = watching('evil.example').send(...asked);
      const before = gone.alerts.length;
      gone.pipeline.load(setOf(...entries));
      connect(gone);
      expect(gone.alerts.length).toBe(before);
    }
  });

  it('end a detector that is not wanted any more, and begin it again with the indicators of the day', () => {
    const sensor = watching('evil.example');
    sensor.pipeline.configure(options({ enabled: false }));
    sensor.pipeline.load(setOf('other.example'));
    expect(sensor.send(query('evil.example'), query('other.example')).alerts).toEqual([]);
    sensor.pipeline.configure(options({}));
    expect(sensor.send(query('evil.example'), query('other.example')).alerts.map(({ match }) => match?.value)).toEqual(['other.example']);
  });
});

describe('names that were resolved', () => {
  const host = [0, 0, 0xffff, 1] as const;
  const address = (number: number) => [0, 0, 0xffff, number] as const;

  it('are the newest that fit, also where fewer may be kept than before', () => {
    const names = new ResolvedNames(100);
    for (let number = 0; number < 150; number++) names.add(host, address(number), `n${number}.example`, 60, 0);
    expect([names.size, names.find(host, address(49), 0), names.find(host, address(50), 0)]).toEqual([100, undefined, 'n50.example']);
    names.resize(10);
    expect([names.size, names.find(host, address(139), 0), names.find(host, address(140), 0)]).toEqual([10, undefined, 'n140.example']);
    expect([names.mayHave(139), names.mayHave(149)]).toEqual([false, true]);
    names.add(host, address(200), 'new.example', 60, 0);
    expect([names.size, names.find(host, address(200), 0)]).toEqual([10, 'new.example']);
  });
});
