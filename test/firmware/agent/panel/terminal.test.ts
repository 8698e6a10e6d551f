import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Display, display } from '../../../../firmware/agent/panel/display.ts';
import { describeLamps, drawLamps, TerminalPanel } from '../../../../firmware/agent/panel/terminal.ts';
import { healthOf, sampleMs } from './health-sample.ts';

const none = { open: 0, new: 0 };
const well = display({ nowMs: sampleMs, online: true, health: healthOf(), attempts: none, contacts: none });
const alarmed = display({ nowMs: sampleMs, online: true, health: healthOf(), attempts: none, contacts: { open: 1, new: 1 } });
const lost = display({ nowMs: sampleMs, online: false, health: healthOf(), attempts: none, contacts: none });

function outputOf(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 100, written, write: (text: string) => written.push(text) };
}

describe('the lamps as plain text', () => {
  it('tell every lamp by word and symbol, and why READY is dark', () => {
    expect(describeLamps(well, 'en')).toBe('[ READY ✔ on | ATTENTION · off | C2 · off | TRAFFIC ⇄ pulsing ]');
    expect(describeLamps(alarmed, 'vi')).toBe('[ SẴN SÀNG ✔ sáng | CHÚ Ý · tắt | C2 ■ nhấp nháy | LƯU LƯỢNG ⇄ chớp ]');
    expect(describeLamps(lost, 'en')).toContain('The box is not connected');
  });

  it('are printed at each change only, without escape codes, where the output is no terminal', () => {
    const output = outputOf(false);
    const panel = new TerminalPanel(output, 'en');
    for (const shown of [well, well, alarmed, alarmed, well]) panel.show(shown);
    panel.print('an alert');
    panel.close();
    expect(output.written).toHaveLength(4);
    expect(output.written.join('')).not.toContain('\x1b');
  });
});

describe('the lamps in a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('blink in their rhythm', () => {
    const output = outputOf(true);
    const panel = new TerminalPanel(output, 'en');
    panel.show(alarmed);
    vi.advanceTimersByTime(1_000);
    const lit = output.written.map((line) => line.includes('■'));
    expect(lit).toEqual([true, false, true, false, true]);
    panel.close();
    expect(output.written.at(-1)).toBe(`${describeLamps(alarmed, 'en')}\n`);
    const count = output.written.length;
    vi.advanceTimersByTime(1_000);
    expect(output.written).toHaveLength(count);
  });

  it('stay below the text that is printed', () => {
    const output = outputOf(true);
    const panel = new TerminalPanel(output, 'en');
    panel.show(well);
    panel.print('an alert');
    expect(output.written.slice(-3, -1)).toEqual(['\r\x1b[2K', 'an alert\n']);
    expect(output.written.at(-1)).toContain('READY');
    panel.close();
  });

  it('cut the reason, never the lamps, to the width of the terminal', () => {
    const visible = (shown: Display, columns: number) => stripVTControlCharacters(drawLamps(shown, 'vi', 0, columns));
    expect(visible(lost, 200)).toContain('Mất liên lạc với thiết bị');
    expect(visible(lost, 60).length).toBeLessThanOrEqual(60);
    expect(visible(lost, 20)).toContain('LƯU LƯỢNG');
  });
});
