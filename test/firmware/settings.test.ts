/** What the centre may order, and what it may not, even by mistake: a box that looks for nothing, hides everything or shows READY whatever happens. */
import { describe, expect, it } from 'vitest';
import { settingsFaults } from '../../firmware/settings.ts';

const until = '2027-03-01T00:00:00Z';
const suppression = (rest: object) => ({ suppressions: [{ id: 'a', comment: 'asked for by Ly Van Tai', until, ...rest }] });
const pathsOf = (document: unknown) => settingsFaults(document).map(({ path }) => path);

describe('settings are refused that would blind a box', () => {
  it.each<[string, unknown, string]>([
    ['all detectors switched off', { detectors: { knownBad: { enabled: false } } }, 'detectors'],
    ['all that an office does hidden', suppression({ host: '10.0.0.0/8' }), 'suppressions.0.host'],
    ['all that anybody does hidden', suppression({ host: '0.0.0.0/0' }), 'suppressions.0.host'],
    ['all that anybody does hidden, with IPv6', suppression({ host: '::/0' }), 'suppressions.0.host'],
    ['nothing said of what is hidden', suppression({}), 'suppressions.0'],
    ['READY that bears any loss', { panel: { limits: { dropShareMax: 1 } } }, 'panel.limits.dropShareMax'],
    ['READY that bears any silence', { panel: { limits: { quietSecondsMax: 1e300 } } }, 'panel.limits.quietSecondsMax'],
    ['READY that never comes', { panel: { limits: { quietSecondsMax: -1 } } }, 'panel.limits.quietSecondsMax'],
    ['a limit that there is not', { panel: { limits: { quietSecondMax: 60 } } }, 'panel.limits.quietSecondMax'],
    ['more networks than can be gone through for each flow', { homeNetworks: Array(1_000).fill('10.0.0.0/8') }, 'homeNetworks'],
  ])('%s', (_, document, path) => {
    expect(pathsOf(document)).toEqual([path]);
  });
});

describe('settings are taken', () => {
  it.each<[string, unknown]>([
    ['that hide what one machine does', suppression({ host: '10.1.2.9' })],
    ['that hide what the machines of a room do', suppression({ host: '10.1.2.0/24' })],
    ['that hide what one machine does, by its MAC', suppression({ host: '02:00:00:00:00:05' })],
    ['that hide one family in a whole office', suppression({ host: '10.0.0.0/8', family: 'Adware' })],
    ['that change a detector and leave it on', { detectors: { knownBad: { watchedFlowsMax: 1_000 } } }],
    ['that name nothing', {}],
  ])('%s', (_, document) => {
    expect(settingsFaults(document)).toEqual([]);
  });
});

it('has one name for one suppression, since it is counted under it', () => {
  const [one] = suppression({ family: 'Adware' }).suppressions;
  expect(settingsFaults({ suppressions: [one, one] })).toEqual([{ path: 'suppressions', message: 'two of them have the same id' }]);
});

it('takes no member of another object for a setting', () => {
  const document = JSON.parse('{"__proto__":{"lang":"en"},"constructor":{},"toString":1,"lang":"vi"}');
  expect(pathsOf(document).sort()).toEqual(['__proto__', 'constructor', 'toString']);
});
