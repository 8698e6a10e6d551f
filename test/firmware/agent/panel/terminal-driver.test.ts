import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostLostMs } from '../../../../firmware/agent/panel/chip-protocol.ts';
import type { Display } from '../../../../firmware/agent/panel/display.ts';
import { TerminalDriver } from '../../../../firmware/agent/panel/terminal-driver.ts';

const well: Display = { lamps: { ready: 'steady', attention: 'off', c2: 'off', traffic: 'pulse' }, buzzer: false, faults: [] };

describe('lamps in a terminal', () => {
  let written = '';
  let nowMs = 0;
  let driver: TerminalDriver;
  beforeEach(() => {
    vi.useFakeTimers();
    written = '';
    nowMs = 0;
    driver = new TerminalDriver({ write: (text) => (written += text) }, 'en', () => nowMs);
  });
  afterEach(async () => {
    await driver.close(false);
    vi.useRealTimers();
  });

  it('fall to "host lost" where nothing fresh was shown for five seconds, and rise again', () => {
    driver.show({ display: well, judgedAtMs: 0, brightness: 1 });
    expect(written).toContain('READY ✔ on');
    vi.advanceTimersByTime(hostLostMs - 1);
    expect(written).not.toContain('in turn');
    vi.advanceTimersByTime(1);
    expect(written.split('\n').at(-2)).toMatch(/READY · off \| ATTENTION ▲ in turn \| C2 ■ in turn/);
    driver.show({ display: well, judgedAtMs: 0, brightness: 1 });
    expect(written.split('\n').at(-2)).toContain('READY ✔ on');
  });

  it('show nothing of an old judgement', () => {
    nowMs = 3_000;
    expect(driver.show({ display: well, judgedAtMs: 0, brightness: 1 })).toBe(false);
    expect(written).toBe('');
    expect(driver.state.stale).toBe(1);
  });

  it('say that a stop is planned', async () => {
    driver.show({ display: well, judgedAtMs: 0, brightness: 1 });
    await driver.close(true);
    expect(written.split('\n').at(-2)).toContain('READY · off | ATTENTION ▲ pulsing');
    vi.advanceTimersByTime(60_000);
    expect(written).not.toContain('in turn');
  });
});
