import { describe, expect, it } from 'vitest';
import { display, isLit, type PanelState, type Rhythm } from '../../../../firmware/agent/panel/display.ts';
import { healthOf, sampleMs } from './health-sample.ts';

const none = { open: 0, new: 0 };
const well: PanelState = { nowMs: sampleMs, online: true, health: healthOf(), attempts: none, contacts: none };
const { capture, interval, uplink } = healthOf();

/** ready, attention, c2, traffic. */
type Row = [name: string, state: PanelState, ready: Rhythm, attention: Rhythm, c2: Rhythm, traffic: Rhythm];

const spoilt = (changes: Parameters<typeof healthOf>[0]): PanelState => ({ ...well, health: healthOf(changes) });

const rows: Row[] = [
  ['a box that is well', well, 'steady', 'off', 'off', 'pulse'],
  ['nothing heard yet', { ...well, online: undefined, health: undefined }, 'off', 'counterturn', 'turn', 'off'],
  ['present, but no health yet', { ...well, health: undefined }, 'off', 'counterturn', 'turn', 'off'],
  ['health that grew old', { ...well, nowMs: sampleMs + 91_000 }, 'off', 'counterturn', 'turn', 'off'],
  ['health with an unreadable time', spoilt({ ts: 'yesterday' }), 'off', 'counterturn', 'turn', 'off'],
  ['the will was published', { ...well, online: false }, 'off', 'counterturn', 'turn', 'off'],
  ['lost while a contact is open', { ...well, online: false, contacts: { open: 1, new: 1 } }, 'off', 'counterturn', 'turn', 'off'],
  ['interface down', spoilt({ capture: { ...capture, state: 'waiting' } }), 'off', 'blink', 'off', 'pulse'],
  ['no packet for a minute', spoilt({ quietSeconds: 61, interval: { ...interval, packets: 0 } }), 'off', 'blink', 'off', 'off'],
  [
    'not one packet yet',
    spoilt({ capture: { ...capture, packets: 0 }, interval: { ...interval, packets: 0 } }),
    'off',
    'steady',
    'off',
    'off',
  ],
  ['a sensor that starts', spoilt({ capture: { ...capture, state: 'starting' }, uptimeSeconds: 5 }), 'off', 'steady', 'off', 'pulse'],
  ['a sensor that does not come up', spoilt({ capture: { ...capture, state: 'starting' } }), 'off', 'blink', 'off', 'pulse'],
  ['a capture that ended', spoilt({ capture: { ...capture, state: 'ended' } }), 'off', 'blink', 'off', 'pulse'],
  ['drops at 0.1 %', spoilt({ interval: { ...interval, dropShare: 0.001 } }), 'steady', 'off', 'off', 'pulse'],
  ['drops above 0.1 %', spoilt({ interval: { ...interval, dropShare: 0.0011 } }), 'off', 'steady', 'off', 'pulse'],
  ['shedding load', spoilt({ capture: { ...capture, shedding: true } }), 'off', 'steady', 'off', 'pulse'],
  ['no indicators', spoilt({ intelligence: { bundle: 'x', indicators: 0 } }), 'off', 'steady', 'off', 'pulse'],
  ['old indicators', spoilt({ intelligence: { bundle: 'x', indicators: 9, ageSeconds: 8 * 86_400 } }), 'off', 'steady', 'off', 'pulse'],
  ['no link to the centre', spoilt({ uplink: { connections: 1 } }), 'off', 'steady', 'off', 'pulse'],
  ['a centre long not heard', spoilt({ uplink: { ...uplink, lastHeard: '2026-01-20T07:50:00Z' } }), 'off', 'steady', 'off', 'pulse'],
  ['a centre that stores nothing', spoilt({ uplink: { ...uplink, centreOnline: false } }), 'off', 'steady', 'off', 'pulse'],
  ['a centre that stores', spoilt({ uplink: { ...uplink, centreOnline: true } }), 'steady', 'off', 'off', 'pulse'],
  [
    'an acknowledgement that may still come',
    spoilt({ outbox: { depth: 9, dropped: 0, oldestAgeSeconds: 300 } }),
    'steady',
    'off',
    'off',
    'pulse',
  ],
  [
    'an acknowledgement that is overdue',
    spoilt({ outbox: { depth: 9, dropped: 0, oldestAgeSeconds: 301 } }),
    'off',
    'steady',
    'off',
    'pulse',
  ],
  ['an outbox in memory', spoilt({ outbox: { depth: 0, dropped: 0, mode: 'memory' } }), 'off', 'steady', 'off', 'pulse'],
  ['an outbox on disk', spoilt({ outbox: { depth: 0, dropped: 0, mode: 'disk', lost: 0 } }), 'steady', 'off', 'off', 'pulse'],
  ['an outbox that does not answer', spoilt({ outbox: { depth: 0, dropped: 0, unansweredSeconds: 2 } }), 'off', 'steady', 'off', 'pulse'],
  ['messages lost today', spoilt({ outbox: { depth: 9, dropped: 1, lossAgeSeconds: 86_400 } }), 'off', 'steady', 'off', 'pulse'],
  [
    'messages lost at some time',
    spoilt({ outbox: { depth: 9, dropped: 1, lost: 1, lossAgeSeconds: 86_401 } }),
    'steady',
    'off',
    'off',
    'pulse',
  ],
  ['half a mirror', spoilt({ traffic: { tcpFlows: 20, oneWayRecentShare: 0.51 } }), 'off', 'steady', 'off', 'pulse'],
  ['a few odd conversations', spoilt({ traffic: { tcpFlows: 19, oneWayRecentShare: 1 } }), 'steady', 'off', 'off', 'pulse'],
  ['a whole mirror', spoilt({ traffic: { tcpFlows: 5_000, oneWayFlows: 300, oneWayRecentShare: 0.02 } }), 'steady', 'off', 'off', 'pulse'],
  ['a weak power supply', spoilt({ underVoltage: true, underVoltageSinceBoot: true }), 'off', 'steady', 'off', 'pulse'],
  ['a power supply that was weak', spoilt({ underVoltage: false, underVoltageSinceBoot: true }), 'steady', 'off', 'off', 'pulse'],
  ['a new attempt', { ...well, attempts: { open: 1, new: 1 } }, 'steady', 'blink', 'off', 'pulse'],
  ['an acknowledged attempt', { ...well, attempts: { open: 1, new: 0 } }, 'steady', 'steady', 'off', 'pulse'],
  ['a new contact', { ...well, contacts: { open: 1, new: 1 } }, 'steady', 'off', 'blink', 'pulse'],
  ['an acknowledged contact', { ...well, contacts: { open: 2, new: 0 } }, 'steady', 'off', 'steady', 'pulse'],
  [
    'blind, with an acknowledged attempt',
    { ...spoilt({ quietSeconds: 99 }), attempts: { open: 1, new: 0 } },
    'off',
    'blink',
    'off',
    'pulse',
  ],
];

describe('the lamps', () => {
  it.each(rows)('show %s', (_, state, ready, attention, c2, traffic) => {
    const shown = display(state);
    expect(shown.lamps).toEqual({ ready, attention, c2, traffic });
    expect(shown.faults.length > 0).toBe(ready === 'off');
  });

  it('never are all dark, and never are dark where READY is: dark is not "well"', () => {
    for (const [, state] of rows) {
      const { lamps } = display(state);
      expect(lamps.ready === 'steady' || lamps.attention !== 'off').toBe(true);
    }
  });

  it('sound the buzzer for a new contact only', () => {
    expect(display({ ...well, contacts: { open: 1, new: 1 } }).buzzer).toBe(true);
    expect(display({ ...well, contacts: { open: 1, new: 0 }, attempts: { open: 1, new: 1 } }).buzzer).toBe(false);
  });

  it('give the reason in both languages', () => {
    for (const [, state] of rows)
      for (const { vi, en } of display(state).faults) expect(vi.length > 5 && en.length > 5 && vi !== en).toBe(true);
  });
});

describe('the rhythms', () => {
  const flashes = (rhythm: Rhythm) => {
    let count = 0;
    for (let ms = 1; ms <= 10_000; ms++) if (isLit(rhythm, ms) && !isLit(rhythm, ms - 1)) count++;
    return count / 10;
  };

  it('flash at 2 Hz for what is new, once a second for traffic, and nothing above 3 Hz', () => {
    expect(flashes('blink')).toBe(2);
    expect(flashes('pulse')).toBe(1);
    expect(flashes('turn')).toBe(1);
    expect([flashes('steady'), flashes('off')]).toEqual([0, 0]);
  });

  it('light one of the two lamps at any time where the host is lost', () => {
    for (let ms = 0; ms < 2_000; ms += 10) expect(isLit('turn', ms)).not.toBe(isLit('counterturn', ms));
  });
});
