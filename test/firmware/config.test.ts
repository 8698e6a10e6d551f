import { describe, expect, it } from 'vitest';
import { UserError } from '../../firmware/command/user-error.ts';
import { readConfig } from '../../firmware/config.ts';
import { scratch } from './command/command-line.ts';

const files = scratch();
const read = (document: unknown) => readConfig(files.write('box.json', JSON.stringify(document)));

function faultOf(document: unknown): string {
  try {
    read(document);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  return expect.fail(`${JSON.stringify(document)} was taken`);
}

describe('the configuration of a box', () => {
  it('has a default for every setting, without a file and with an empty one', () => {
    const config = readConfig(undefined);
    expect(read({})).toEqual(config);
    expect(config).toMatchObject({
      box: 'local',
      lang: 'vi',
      intel: [],
      allow: [],
      flows: { flowsMax: 131_072, unansweredTimeoutS: 60, tcpTimeoutS: 1800 },
      streams: { connectionsMax: 32_768 },
      alerts: { openMax: 10_000 },
      detectors: { knownBad: { enabled: true } },
    });
    expect(config.homeNetworks).toContain('10.0.0.0/8');
    expect(config.capture).toBeUndefined();
  });

  it('keeps the other defaults of a part of which one setting is given', () => {
    expect(read({ flows: { flowsMax: 2048 } }).flows).toMatchObject({ flowsMax: 2048, tcpTimeoutS: 1800 });
    expect(read({ capture: { interface: 'eth1' } }).capture).toMatchObject({ interface: 'eth1', pace: 1, once: false });
  });

  it.each([
    [{ box: 'A box' }, 'box'],
    [{ box: 'abc' }, 'box'],
    [{ lang: 'fr' }, 'lang'],
    [{ flows: { flowsMax: 1 } }, 'flows.flowsMax'],
    [{ flows: { flowsMax: 1.5e4 + 0.5 } }, 'flows.flowsMax'],
    [{ flows: { tcpTimeoutS: '30' } }, 'flows.tcpTimeoutS'],
    [{ homeNetworks: ['10.0.0.0/8', '10.0.0.0/40'] }, 'homeNetworks.1'],
    [{ homeNetworks: [] }, 'homeNetworks'],
    [{ alerts: { updateAfterS: 0 } }, 'alerts.updateAfterS'],
    [{ detectors: { knownBad: { enabled: 'yes' } } }, 'detectors.knownBad.enabled'],
    [{ capture: { pace: -1 } }, 'capture.pace'],
    [{ intel: 'bad.txt' }, 'intel'],
    [{ allow: [7] }, 'allow.0'],
    [null, '(top)'],
    [[], '(top)'],
  ])('names the file and the setting of %j', (document, path) => {
    const fault = faultOf(document);
    expect(fault).toContain('box.json');
    expect(fault).toContain(`${path}: `);
    expect(fault).not.toContain('\n');
  });

  it.each([
    [{ flow: {} }, 'flow'],
    [{ flows: { flowMax: 4096 } }, 'flowMax'],
    [{ detectors: { knownBat: {} } }, 'knownBat'],
    [{ capture: { interfce: 'eth0' } }, 'interfce'],
  ])('refuses a setting that there is not, as in %j, for it would silently do nothing', (document, name) => {
    expect(faultOf(document)).toContain(name);
  });

  it('names every fault, not only the first', () => {
    const fault = faultOf({ lang: 'fr', flows: { flowsMax: 1 } });
    expect(fault).toContain('lang: ');
    expect(fault).toContain('flows.flowsMax: ');
  });

  it('says which file is missing or no JSON', () => {
    expect(() => readConfig(files.path('none.json'))).toThrow(/none\.json/);
    expect(() => readConfig(files.write('broken.json', '{'))).toThrow(/broken\.json/);
  });
});
