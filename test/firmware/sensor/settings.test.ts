import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canaryDomain } from '../../../firmware/contract/intelligence-message.ts';
import { BoxFolder } from './box-folder.ts';
import { pcap } from './capture/capture-bytes.ts';
import { compileEntries } from './intel/lists.ts';
import { query } from './observe/messages.ts';
import { SensorUnderTest } from './sensor-under-test.ts';

/** Frames of 2 ms: a question each, in turn for two names; three seconds and a half altogether. */
const frames = 1_750;
const frameMicros = 2_000;
const startMicros = Date.UTC(2026, 10, 23, 1, 0, 0) * 1000;
const [bad, worse] = ['bad.example', 'worse.example'];
const why = { comment: 'asked for by VNCERT' };

describe('settings of the centre, while a capture is played', { timeout: 60_000 }, () => {
  let box: BoxFolder;
  let sensor: SensorUnderTest;
  beforeEach(async () => {
    box = new BoxFolder({});
    const capture = join(box.path, 'lookups.pcap');
    const records = Array.from({ length: frames }, (_, index) => ({
      tsMicros: startMicros + index * frameMicros,
      bytes: query(index % 2 === 0 ? bad : worse, { client: `10.0.${index & 1}.5`, cport: 20_000 + index }),
    }));
    writeFileSync(capture, pcap(records));
    box.own({ capture: { file: capture } });
  });
  afterEach(async () => {
    await sensor.stop();
    box.remove();
  });

  const isSeen = (count: number) => sensor.until(({ capture }) => capture.packets >= count, `${count} frames`);

  it('are taken up without losing a frame: emergency indicators, an allowance, a suppression, whom to call, and a release', async () => {
    box.own({ capture: { file: join(box.path, 'lookups.pcap'), once: true } });
    sensor = await SensorUnderTest.start(box);
    await isSeen(1);
    const hash = box.settings(1, {
      agency: 'UBND huyện',
      contacts: [{ name: 'Lan', phone: '0205 1' }],
      indicators: [bad, worse].map((value) => ({ value, family: 'Emotet', ...why })),
      suppressions: [{ id: 'scanner', host: '10.0.1.0/24', until: '2030-01-01T00:00:00Z', ...why }],
      alerts: { updateAfterS: 10 },
    });
    const toldMs = performance.now();
    sensor.reload();
    const report = await sensor.until(({ alerts }) => alerts?.opened === 1, 'the alert');
    expect(performance.now() - toldMs).toBeLessThan(3_000);
    expect(report.settings).toEqual({ seq: 1, hash });
    await expect
      .poll(() => sensor.alerts[0])
      .toMatchObject({
        agency: 'UBND huyện',
        match: { value: bad, source: 'centre', family: 'Emotet', reference: why.comment },
        advice: { vi: expect.stringContaining('Gọi: Lan 0205 1.') },
      });
    await sensor.until(({ alerts }) => alerts?.suppressed?.scanner === 1, 'the suppressed alert');
    box.settings(2, { allowances: [{ value: bad, ...why }], indicators: [{ value: bad, ...why }] });
    sensor.reload();
    await sensor.until(({ settings }) => settings?.seq === 2, 'the second settings');
    box.release(9, compileEntries([worse, canaryDomain(9)]));
    sensor.reload();
    await sensor.until(({ intelligence }) => intelligence?.release === 9, 'the release');
    const end = await sensor.until(({ capture }) => capture.state === 'ended', 'the end');
    expect(end.capture.packets).toBe(frames);
    expect(end.decode?.caughtBugs).toBe(0);
    expect(end.sensorProcess?.run).toBe(report.sensorProcess?.run);
    expect(sensor.deaths).toEqual([]);
  });

  it('that cannot be used change nothing and are told, until others can', async () => {
    const hash = box.settings(1, { indicators: [{ value: bad, ...why }] });
    sensor = await SensorUnderTest.start(box);
    await sensor.until(({ alerts, settings }) => alerts?.opened === 1 && settings?.hash === hash, 'the settings of the start');
    const damages: (() => void)[] = [
      () => box.settingsText('{"seq":'),
      () => box.settings(2, { lang: 'fr' }),
      () => box.settings(2, { allowances: [{ value: 'x y', ...why }] }),
      () => box.own({ lang: 'fr' }),
    ];
    const told = new Set<string>();
    for (const damage of damages) {
      damage();
      sensor.reload();
      const { settings } = await sensor.until(
        (report) => report.settings?.error !== undefined && !told.has(report.settings.error),
        'another error',
      );
      expect(settings).toMatchObject({ seq: 1, hash });
      told.add(settings?.error ?? '');
    }
    expect([...told].map((text) => /in-force\.json|lang|allowances\.0\.value/.exec(text)?.[0])).toEqual([
      ...['in-force.json', 'lang', 'allowances.0.value', 'lang'],
    ]);
    expect(sensor.report?.alerts?.openContacts).toBe(0);
  });

  it('of what is observed begin a new process at once, which nobody takes for a death, and alerts told are not lost', async () => {
    box.settings(1, { indicators: [{ value: bad, ...why }] });
    sensor = await SensorUnderTest.start(box);
    const before = await sensor.until(({ alerts }) => alerts?.opened === 1, 'the alert');
    const hash = box.settings(2, { indicators: [{ value: worse, ...why }], homeNetworks: ['10.0.0.0/16'] });
    const toldMs = performance.now();
    sensor.reload();
    const after = await sensor.until(({ settings, capture }) => settings?.hash === hash && capture.packets > 0, 'the next process');
    // A start takes half a second; a death would cost a second more.
    expect(performance.now() - toldMs).toBeLessThan(5_000);
    expect(after.sensorProcess?.run).not.toBe(before.sensorProcess?.run);
    expect([sensor.restarts, sensor.deaths]).toEqual([1, []]);
    await expect.poll(() => [...new Set(sensor.alerts.map(({ match }) => match?.value))]).toEqual([bad, worse]);
  });

  it('and the sensor can be started again by the agent’s word, at once', async () => {
    sensor = await SensorUnderTest.start(box);
    const before = await isSeen(1);
    sensor.restart();
    await sensor.until(({ sensorProcess }) => sensorProcess?.run !== before.sensorProcess?.run, 'the next process');
    expect([sensor.restarts, sensor.deaths]).toEqual([1, []]);
  });

  it('that came while nobody was there to tell of them are found when the agent is back', async () => {
    sensor = await SensorUnderTest.start(box);
    const hash = box.settings(1, { indicators: [{ value: bad, ...why }] });
    // Nobody says `reload`: the link is new, whichever side was there first.
    await sensor.until(({ settings }) => settings?.hash === hash, 'the settings');
  });

  it('keeps the last release where the next one fails its canary, and says why', async () => {
    box.release(3, compileEntries([bad, canaryDomain(3)]));
    sensor = await SensorUnderTest.start(box);
    await sensor.until(({ alerts, intelligence }) => alerts?.opened === 1 && intelligence?.release === 3, 'the release of the start');
    box.release(4, compileEntries([bad, worse]));
    sensor.reload();
    const { intelligence } = await sensor.until((report) => report.intelligence?.error !== undefined, 'the refusal');
    expect(intelligence).toMatchObject({
      release: 3,
      indicators: 2,
      error: expect.stringMatching(/canary-4\.vonggac\.invalid gave no alert/),
    });
    box.release(5, compileEntries([worse, canaryDomain(5)]));
    sensor.reload();
    const taken = await sensor.until((report) => report.intelligence?.release === 5, 'the release after it');
    expect(taken.intelligence).not.toHaveProperty('error');
  });
});
