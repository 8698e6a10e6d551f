import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SensorReport } from '../../../firmware/contract/health.ts';
import { retroMatch } from '../../../firmware/retro-match.ts';
import { stateFiles } from '../../../firmware/state-folder.ts';
import { BoxFolder } from './box-folder.ts';
import { pcap } from './capture/capture-bytes.ts';
import { query } from './observe/messages.ts';
import { SensorUnderTest } from './sensor-under-test.ts';

const why = { comment: 'known since today' };

describe('the memory of a sensor', { timeout: 60_000 }, () => {
  let box: BoxFolder;
  let sensor: SensorUnderTest | undefined;
  beforeEach(() => {
    box = new BoxFolder({});
  });
  afterEach(async () => {
    await sensor?.stop();
    box.remove();
  });

  const captureOf = (name: string, names: readonly string[], gapMicros = 1_000) => {
    const path = join(box.path, name);
    const records = names.map((host, index) => ({
      tsMicros: 1e15 + index * gapMicros,
      bytes: query(host, { client: `10.0.0.${5 + index}`, cport: 20_000 + index }),
    }));
    writeFileSync(path, pcap(records));
    return path;
  };
  const play = async (file: string, more: object = {}) => {
    box.own({ capture: { file, pace: 0, once: true }, ...more });
    sensor = await SensorUnderTest.start(box);
    await sensor.ended;
    await sensor.stop();
    return sensor;
  };
  const seen = () => stateFiles.memoryFolder(box.path);

  /** Goes on long enough to look into the past meanwhile. */
  const watch = async (indicators: readonly object[], isEnough: (report: SensorReport) => boolean) => {
    box.own({ capture: { file: captureOf('later.pcap', Array(200).fill('other.example'), 100_000), pace: 1 }, indicators });
    sensor = await SensorUnderTest.start(box);
    await sensor.until(isEnough, 'the search');
    await sensor.stop();
    return sensor.alerts.filter(({ rev }) => rev === 1);
  };
  const opened = (count: number) => (report: SensorReport) => (report.alerts?.opened ?? 0) >= count;

  it('finds what was met before it was known to be bad, and says that it is of the past', async () => {
    expect((await play(captureOf('first.pcap', ['mail.example', 'gate.evil.example']))).alerts).toEqual([]);
    const alerts = await watch([{ value: 'evil.example', family: 'Emotet', ...why }], opened(1));
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({
      kind: 'c2.domain',
      stage: 'attempt',
      host: { ip: '10.0.0.6' },
      match: { value: 'evil.example' },
      retro: { days: 1, count: 1 },
    });
  });

  it('tells it once, whatever is started again', async () => {
    await play(captureOf('first.pcap', ['gate.evil.example', 'new.example']));
    const indicators = [{ value: 'evil.example', ...why }];
    const told = await watch(indicators, opened(1));
    expect(told).toHaveLength(1);
    // Another set, which is searched for anew: only what is new in it is news.
    const alerts = await watch([...indicators, { value: 'new.example', ...why }], opened(1));
    const news = alerts.filter(({ id }) => id !== told[0]?.id);
    expect(news.map(({ match }) => match?.value)).toEqual(['new.example']);
  });

  it('answers who met a value, keeps its files from others, and forgets all where it is switched off', async () => {
    await play(captureOf('first.pcap', ['mail.example', 'gate.evil.example']));
    const { values } = await retroMatch({ folder: seen(), values: ['evil.example', '=evil.example', 'ua:x'], days: 30, nowMs: Date.now() });
    expect(values.map(({ state }) => state)).toEqual(['seen', 'not-seen', 'not-kept']);
    expect(values[0]?.hosts?.map(({ ip }) => ip)).toEqual(['10.0.0.6']);
    for (const name of readdirSync(seen())) expect(statSync(join(seen(), name)).mode & 0o007, name).toBe(0);
    await play(captureOf('second.pcap', ['other.example']), { memory: { enabled: false } });
    expect(existsSync(seen()) ? readdirSync(seen()) : []).toEqual([]);
  });
});
