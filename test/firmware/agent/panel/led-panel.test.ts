import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostLostMs } from '../../../../firmware/agent/panel/chip-protocol.ts';
import { type Display, isLit, lampNames, type Rhythm } from '../../../../firmware/agent/panel/display.ts';
import { hostAway, hostLost } from '../../../../firmware/agent/panel/host-patterns.ts';
import { LedPanel } from '../../../../firmware/agent/panel/led-panel.ts';
import { KernelLed } from './kernel-led.ts';

const well: Display = { lamps: { ready: 'steady', attention: 'off', c2: 'off', traffic: 'pulse' }, buzzer: false, faults: [] };
const rhythms: Rhythm[] = ['off', 'steady', 'blink', 'pulse', 'turn', 'counterturn'];

let root: string;
let leds: Record<string, KernelLed>;
let nowMs: number;
let said: string[];
let panel: LedPanel;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vonggac-leds-'));
  leds = Object.fromEntries(lampNames.map((lamp) => [lamp, new KernelLed(root, `vonggac-${lamp}`)]));
  nowMs = 1_000_130;
  said = [];
  const log = { info: (_: object, text: string) => said.push(text), warn: ({ reason }: { reason?: unknown }) => said.push(String(reason)) };
  panel = newPanel(Object.fromEntries(lampNames.map((lamp) => [lamp, `vonggac-${lamp}`])), log);
});
afterEach(() => rmSync(root, { recursive: true }));

const newPanel = (
  names: object,
  log = { info: () => undefined, warn: () => undefined } as ConstructorParameters<typeof LedPanel>[0]['log'],
) => new LedPanel({ leds: names, log, root, nowMs: () => nowMs });

function show(shown: Display, brightness = 1): boolean {
  const isShown = panel.show({ display: shown, judgedAtMs: nowMs, brightness });
  for (const led of Object.values(leds)) led.settle();
  return isShown;
}

describe('lamps of the kernel', () => {
  it('show every rhythm on every lamp while a judgement holds, then "host lost", and end on red and amber', () => {
    for (const [index] of rhythms.entries()) {
      const lamps = Object.fromEntries(
        lampNames.map((lamp, place) => [lamp, rhythms[(index + place) % rhythms.length]]),
      ) as Display['lamps'];
      show({ ...well, lamps });
      for (const lamp of lampNames) {
        for (let ms = 0; ms < hostLostMs; ms += 10) {
          expect(leds[lamp]?.brightnessAt(ms)).toBe(isLit(lamps[lamp], nowMs + ms) ? 1 : 0);
        }
        for (let ms = hostLostMs; ms < 60_000; ms += 130) {
          expect(leds[lamp]?.brightnessAt(ms)).toBe(isLit(hostLost.lamps[lamp], nowMs + ms) ? 1 : 0);
        }
        expect(leds[lamp]?.brightnessAt(3_600_000)).toBe(lamp === 'c2' || lamp === 'attention' ? 1 : 0);
        expect(leds[lamp]?.repeat).toBe('1');
      }
    }
  });

  it('fit in what the kernel takes, at any brightness and any moment', () => {
    leds.c2 = new KernelLed(root, 'fine', 65_535);
    panel = newPanel({ c2: 'fine' });
    for (const rhythm of rhythms) {
      for (let start = 0; start < 1_000; start += 7) {
        nowMs = 5_000 + start;
        show({ ...well, lamps: { ...well.lamps, c2: rhythm } }, 0.999);
        expect(leds.c2?.brightnessAt(70_000)).toBeGreaterThan(0.9);
      }
    }
  });

  it('are dimmed, and never so far that a lamp is dark', () => {
    show(well, 0.2);
    expect(leds.ready?.brightnessAt(100)).toBeCloseTo(0.2, 2);
    leds.onOff = new KernelLed(root, 'on-off', 1);
    panel = newPanel({ ready: 'on-off' });
    show(well, 0.2);
    expect(leds.onOff?.brightnessAt(100)).toBe(1);
  });

  it('show nothing of an old judgement', () => {
    expect(panel.show({ display: well, judgedAtMs: nowMs - 2_001, brightness: 1 })).toBe(false);
    expect(() => leds.ready?.brightnessAt(0)).toThrow();
    expect(panel.state).toMatchObject({ connected: false, stale: 1 });
  });

  it('show a planned stop for a minute', async () => {
    show(well);
    await panel.close(true);
    await panel.close(true);
    expect(leds.ready?.brightnessAt(1_000)).toBe(0);
    for (let ms = 0; ms < 60_000; ms += 250) {
      expect(leds.attention?.brightnessAt(ms)).toBe(isLit(hostAway.lamps.attention, nowMs + ms) ? 1 : 0);
    }
    expect(leds.c2?.brightnessAt(500_000)).toBe(1);
    show(well);
    expect(leds.ready?.brightnessAt(1_000)).toBe(0);
  });

  it('that are not there are a fault, told once, and the others go on', () => {
    panel = newPanel(
      { ready: 'vonggac-ready', c2: 'no-such-led' },
      { info: (_, text) => said.push(text), warn: ({ reason }: { reason?: unknown }) => said.push(String(reason)) },
    );
    for (let time = 0; time < 5; time++) {
      nowMs += 1_000;
      expect(show(well)).toBe(true);
    }
    expect(panel.state).toMatchObject({ connected: false, reason: expect.stringContaining('no-such-led: ENOENT') });
    expect(said.length).toBe(1);
    expect(leds.ready?.brightnessAt(100)).toBe(1);
    leds.late = new KernelLed(root, 'no-such-led');
    show(well);
    expect(panel.state.connected).toBe(true);
    expect(said.at(-1)).toBe('the LEDs are connected');
  });

  it('whose kernel has no pattern trigger are a fault', () => {
    mkdirSync(join(root, 'old', 'trigger'), { recursive: true });
    panel = newPanel({ ready: 'old' });
    show(well);
    expect(panel.state.connected).toBe(false);
  });
});
