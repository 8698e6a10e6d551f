import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../firmware/command/user-error.ts';
import { readBoxConfig } from '../../../firmware/config.ts';
import { needsNewProcess, readSensorConfig } from '../../../firmware/sensor/sensor-config.ts';
import { stateFiles } from '../../../firmware/state-folder.ts';
import { BoxFolder } from './box-folder.ts';

describe('what the sensor runs with', () => {
  let box: BoxFolder;
  beforeEach(() => {
    box = new BoxFolder({ capture: { interface: 'eth1' }, lang: 'en' });
  });
  afterEach(() => box.remove());
  const read = (refused?: string) => readSensorConfig(box.config, refused);

  it('is the file of the box, where the centre has not said anything', () => {
    expect(read()).toMatchObject({ settings: {}, givenSource: 'config', config: { box: 'local', lang: 'en' } });
    expect(read()).toMatchObject({ release: undefined, releaseError: undefined });
  });

  it('is the file with the settings of the centre laid over it, in the name that enrolment gave', () => {
    box.identity({ box: 'ubnd-huyen' });
    const hash = box.settings(4, { lang: 'vi', capture: { filter: 'tcp' }, indicators: [{ value: 'evil.example', comment: 'x' }] });
    const { config, settings, givenSource } = read();
    expect(settings).toEqual({ seq: 4, hash });
    expect(config).toMatchObject({ box: 'ubnd-huyen', lang: 'vi', capture: { interface: 'eth1', filter: 'tcp' } });
    expect(givenSource).toBe('centre');
    box.settings(5, { lang: 'vi' });
    expect(read().givenSource).toBe('config');
  });

  it('keeps the name that enrolment gave where the card has damaged it, by its copy; a box without it was not enrolled', () => {
    box.identity({ box: 'ubnd-huyen' });
    const file = stateFiles.identity(box.path);
    copyFileSync(file, stateFiles.identityCopy(box.path));
    for (const damaged of ['', '{"box":"ubnd-hu', '{"box":"UBND"}']) {
      writeFileSync(file, damaged);
      const found = readBoxConfig(box.config);
      expect(found).toMatchObject({
        identity: { box: 'ubnd-huyen' },
        config: { box: 'ubnd-huyen', uplink: { url: 'mqtts://127.0.0.1:1' } },
      });
      expect(found.faults).toEqual([expect.stringContaining(file)]);
    }
    rmSync(file);
    expect(readBoxConfig(box.config)).toMatchObject({ config: { box: 'local' }, faults: [] });
  });

  it.each<[what: string, damage: () => unknown, reason: RegExp]>([
    ['are damaged', () => box.settingsText('{"seq": 3, "ha'), /in-force\.json cannot be read/],
    ['are of another shape', () => box.settingsText('{"seq": "x"}'), /in-force\.json is not what it should be/],
    ['do not fit', () => box.settings(3, { capture: { interface: 'eth0/../x' } }), /capture\.interface: an interface name/],
    [
      'give what is no indicator',
      () => box.settings(3, { indicators: [{ value: 'localhost', comment: 'x' }] }),
      /^indicators\.0\.value: not a domain/,
    ],
  ])('is the file alone where the settings %s, and the reason', (_what, damage, reason) => {
    damage();
    const { config, settings } = read();
    expect(settings).toEqual({ error: expect.stringMatching(reason) });
    expect(config.capture.interface).toBe('eth1');
    expect(config.indicators).toEqual([]);
  });

  it('is the file alone where the settings are known not to work', () => {
    box.settings(3, { capture: { filter: 'prot tcp' } });
    expect(read('cannot capture on eth1: syntax error')).toMatchObject({
      settings: { error: 'cannot capture on eth1: syntax error' },
      config: { capture: { filter: '' } },
    });
  });

  it('watches where the centre wants it to, unfiltered, where the file names no capture and the settings do not work', () => {
    box.own({});
    box.settings(3, { capture: { interface: 'eth7', filter: 'prot tcp' } });
    expect(read().config.capture).toMatchObject({ interface: 'eth7', filter: 'prot tcp' });
    expect(read('syntax error').config.capture).toMatchObject({ interface: 'eth7', filter: '' });
  });

  it('is nothing where neither file nor settings say what to watch, or the file itself is wrong', () => {
    box.own({});
    expect(read).toThrow(UserError);
    expect(read).toThrow(/capture\.interface/);
    box.own({ capture: { filter: 'tcp' } });
    expect(read).toThrow(/capture\.interface/);
    box.own({ capture: { interface: 'eth1' }, allowances: [{ value: 'x y', comment: 'z' }] });
    expect(read).toThrow(/allowances\.0\.value: space inside/);
    box.own({ capture: { interface: 'eth1' }, lang: 'fr' });
    expect(read).toThrow(/lang/);
  });

  it('does not take a damaged release or identity for a fault of the settings', () => {
    box.settings(3, { lang: 'vi' });
    box.releaseText('{');
    box.identity({ director: [] });
    const { settings, releaseError } = read();
    expect(settings).toEqual({ seq: 3, hash: expect.any(String) });
    expect(releaseError).toMatch(/in-use\.json cannot be read/);
  });

  it('needs a new process for what is observed and from where, and for nothing else', () => {
    const before = read().config;
    const changed = (settings: Record<string, unknown>) => {
      box.settings(3, settings);
      const { config, settings: taken } = read();
      expect(taken.error).toBeUndefined();
      return needsNewProcess(before, config);
    };
    for (const settings of [
      { capture: { interface: 'eth2' } },
      { capture: { filter: 'tcp' } },
      { homeNetworks: ['10.0.0.0/8'] },
      { hostsMax: 99 },
      { flows: { tcpTimeoutS: 60 } },
      { streams: { connectionsMax: 100 } },
    ])
      expect(changed(settings), JSON.stringify(settings)).toBe(true);
    const until = '2030-01-01T00:00:00Z';
    for (const settings of [
      { capture: { interface: 'eth1' } },
      { alerts: { closeAfterS: 60 }, detectors: { knownBad: { enabled: false } } },
      { indicators: [{ value: 'evil.example', comment: 'x' }], allowances: [{ value: 'good.example', comment: 'x' }] },
      { suppressions: [{ id: 'a', host: '10.0.0.1', comment: 'x', until }], duty: { tet: { enabled: false } } },
      { contacts: [{ name: 'Lan' }], advice: { vi: 'x' }, agency: 'y', lang: 'vi', panel: { brightnessPercent: 5 } },
    ])
      expect(changed(settings), JSON.stringify(settings)).toBe(false);
    box.noSettings();
    box.identity({});
    expect(needsNewProcess(before, read().config)).toBe(true);
  });
});
