import { describe, expect, it } from 'vitest';
import { alertKinds, stages } from '../../../../firmware/contract/alert.ts';
import { adviceFor } from '../../../../firmware/sensor/alert/advice.ts';

const trafficKinds = alertKinds.filter((kind) => kind !== 'assistance.requested');

describe('the advice of an alert', () => {
  it('differs for every kind and stage, in both languages', () => {
    const all = trafficKinds.flatMap((kind) => stages.map((stage) => adviceFor(kind, stage)));
    expect(new Set(all.map(({ vi }) => vi)).size).toBe(trafficKinds.length * stages.length);
    expect(new Set(all.map(({ en }) => en)).size).toBe(trafficKinds.length * stages.length);
  });

  it('is short enough to be read on the telephone', () => {
    for (const kind of trafficKinds) for (const stage of stages) expect(adviceFor(kind, stage).vi.length).toBeLessThan(450);
  });

  it('takes a machine off the network, but leaves it switched on, once the server answered', () => {
    for (const stage of ['contact', 'exchange'] as const) {
      expect(adviceFor('c2.domain', stage).en).toMatch(/off the network.*do not switch it off/);
      expect(adviceFor('c2.domain', stage).vi).toMatch(/Ngắt máy khỏi mạng.*không tắt máy/);
    }
    expect(adviceFor('c2.domain', 'attempt').en).toMatch(/^Leave the machine on/);
  });

  it('does not call a knock from outside an infection', () => {
    const { vi, en } = adviceFor('c2.address', 'attempt', true);
    expect(en).toContain('no infection');
    expect(vi).toContain('Chưa phải lây nhiễm');
    expect(adviceFor('c2.address', 'exchange', true)).toEqual(adviceFor('c2.address', 'exchange'));
  });
});
