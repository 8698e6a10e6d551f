/** `vonggac panel`: what would be flashed and what is missing, every state in words on any driver, and the lamps in words. */
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { display, isLit, lampNames } from '../../../../firmware/agent/panel/display.ts';
import { panelReport } from '../../../../firmware/agent/panel/panel-report.ts';
import { panelPins } from '../../../../firmware/agent/panel/pins.ts';
import { runDemo } from '../../../../firmware/command/panel/demo.ts';
import { demoStates } from '../../../../firmware/command/panel/demo-states.ts';
import { flashPanel, flashSteps } from '../../../../firmware/command/panel/flash.ts';
import { describeReport, readPanelReport } from '../../../../firmware/command/panel/status.ts';
import { panelDemo, panelWiring } from '../../../../firmware/command/panel.ts';

describe('panel flash', () => {
  let folder: string;
  const path = process.env.PATH;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vonggac-flash-'));
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });
  const lines = (programmer: string) =>
    flashSteps({ port: '/dev/ttyUSB0', programmer }, '/tmp/b').map(({ command, args }) => [command, ...args].join(' '));
  /** A program of this name that ends with this status. */
  const fake = (name: string, status: number) => {
    writeFileSync(join(folder, name), `#!/bin/sh\nexit ${status}\n`);
    chmodSync(join(folder, name), 0o755);
  };

  it('compiles, and writes by the boot loader under the lock that the agent holds too', () => {
    const [make, write] = lines('optiboot');
    expect(make).toMatch(/^make -C .*\/firmware\/panel-chip BUILD=\/tmp\/b$/);
    expect(write).toBe(
      'flock --nonblock --conflict-exit-code 75 /dev/ttyUSB0 avrdude -p atmega328p -c arduino -P /dev/ttyUSB0 -b 115200 -D -U flash:w:/tmp/b/panel-chip.hex:i',
    );
    expect(lines('old-bootloader')[1]).toContain('-b 57600 -D');
  });

  it('writes by an ISP programmer without the port, or, for an Arduino as ISP, at its port and speed', () => {
    expect(lines('usbasp')[1]).toBe('avrdude -p atmega328p -c usbasp -U flash:w:/tmp/b/panel-chip.hex:i');
    expect(lines('stk500v1')[1]).toContain('avrdude -p atmega328p -c stk500v1 -P /dev/ttyUSB0 -b 19200 -U');
  });

  it('says what is missing, and how to get it', async () => {
    process.env.PATH = folder;
    const flash = flashPanel({ port: '', programmer: 'usbasp' });
    await expect(flash).rejects.toThrow('make is missing. Debian: apt-get install make gcc-avr avr-libc');
    fake('make', 0);
    await expect(flashPanel({ port: '', programmer: 'usbasp' })).rejects.toThrow('avrdude is missing. Debian: apt-get install avrdude');
    fake('make', 2);
    await expect(flashPanel({ port: '', programmer: 'usbasp' })).rejects.toThrow(
      /could not be compiled \(2\): Debian: apt-get install make gcc-avr/,
    );
  });

  it('says that there is no port, before it compiles, and makes no file in its place', async () => {
    process.env.PATH = folder;
    const port = join(folder, 'ttyUSB9');
    await expect(flashPanel({ port, programmer: 'optiboot' })).rejects.toThrow(`there is no serial port ${port}`);
    await expect(flashPanel({ port: folder, programmer: 'optiboot' })).rejects.toThrow('there is no serial port');
  });

  it('tells a port in use from a chip that does not answer', async () => {
    process.env.PATH = folder;
    fake('make', 0);
    fake('flock', 75);
    await expect(flashPanel({ port: '/dev/null', programmer: 'optiboot' })).rejects.toThrow('/dev/null is in use: stop the agent first');
    fake('flock', 1);
    await expect(flashPanel({ port: '/dev/null', programmer: 'optiboot' })).rejects.toThrow('--programmer old-bootloader');
    fake('flock', 69);
    await expect(flashPanel({ port: '/dev/null', programmer: 'optiboot' })).rejects.toThrow('avrdude is missing');
  });

  it('runs the real make and the real lock', async () => {
    // What is there of avrdude is not asked for: this one says that it was run.
    fake('avrdude', 3);
    process.env.PATH = `${folder}:${path}`;
    symlinkSync('/dev/null', join(folder, 'port'));
    await expect(flashPanel({ port: join(folder, 'port'), programmer: 'optiboot' })).rejects.toThrow('avrdude failed (3)');
  });
});

describe('panel wiring', () => {
  it('gives the way of every wire, in either language', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    panelWiring({ lang: 'en' });
    panelWiring({ lang: 'vi' });
    const lines = write.mock.calls.map(([line]) => String(line));
    write.mockRestore();
    expect(lines.length).toBe(2 * panelPins.length);
    expect(lines).toContain('D9   C2 (red): resistor 330 Ω → red LED, long leg (+) → short leg (−) → GND\n');
    expect(lines).toContain('D2   NÚT NHẤN: nút nhấn (thường mở) → GND; không cần điện trở\n');
  });
});

describe('panel demo', () => {
  const run = async (lang: 'vi' | 'en') => {
    let text = '';
    const signal = new AbortController();
    const parts = { options: { driver: 'terminal', port: '', leds: {} } as const, lang, seconds: 0.01, signal: signal.signal };
    const output = {
      write: (part: string) => {
        text += part;
        if (/11\. /.test(text)) signal.abort();
      },
    };
    await runDemo({ ...parts, output });
    return text;
  };

  it('shows every state, with its words in either language', async () => {
    const english = await run('en');
    const vietnamese = await run('vi');
    for (const { title, at } of demoStates) {
      expect(english).toContain(title.en);
      expect(vietnamese).toContain(title.vi);
      for (const { en } of display(at(Date.now())).faults) expect(english).toContain(en);
    }
    expect(english).toContain('11. The software falls silent');
  });

  it('has a state for every rhythm of every lamp that a display can give', () => {
    const shown = demoStates.map(({ at }) => display(at(Date.now())).lamps);
    for (const lamp of lampNames) expect(new Set(shown.map((lamps) => lamps[lamp])).size).toBeGreaterThanOrEqual(2);
    expect(new Set(shown.map(({ attention, c2 }) => `${attention} ${c2}`)).size).toBeGreaterThanOrEqual(6);
    expect(isLit('blink', 0)).toBe(true);
  });

  it('says that lamps which were asked for are not there', async () => {
    await expect(panelDemo({ driver: 'leds' })).rejects.toThrow('--driver leds needs --config FILE with panel.leds');
  });
});

describe('panel status', () => {
  const nowMs = Date.parse('2026-01-20T08:00:00Z');
  const connected = { connected: true, losses: 0, stale: 0 };
  const reportOf = (state: number, ageMs = 0, driver: Parameters<typeof panelReport>[1] = connected) =>
    JSON.stringify(panelReport(display(demoStates[state]!.at(nowMs)), driver, new Date(nowMs - ageMs)));
  const answer = async (text: string | undefined) => describeReport(await readPanelReport(async () => text), 'en', nowMs);

  it('explains the lamps in words', async () => {
    const { lines, isWell } = await answer(reportOf(3));
    expect(isWell).toBe(true);
    expect(lines.join('\n')).toMatch(/C2 \(red\): blinks\. NEW: a machine talked to a C2 server\. Press the button/);
    expect(lines.at(-1)).toBe('The lamps are connected.');
  });

  it('is not well, and shows what the lamps then show, where nobody judges', async () => {
    for (const text of [undefined, 'nonsense', '{}', reportOf(0).replace('steady', 'sideways'), reportOf(0, 5_001)]) {
      const { lines, isWell } = await answer(text);
      expect(isWell).toBe(false);
      expect(lines.join('\n')).toContain('C2 (red): in turn.');
    }
  });

  it('says that lamps are not connected, without letting a reason steer the terminal', async () => {
    const { lines, isWell } = await answer(reportOf(0, 0, { ...connected, connected: false, reason: 'cut\u001b[2J' }));
    expect(isWell).toBe(false);
    expect(lines.at(-1)).toBe('The lamps are NOT connected: cut\ufffd[2J');
  });

  it('tells of a stuck button and of resets', async () => {
    const chip = { firmware: '1.0', phase: 'running', resets: 3, refused: 0, buttonStuck: true };
    const { lines } = await answer(reportOf(0, 0, { ...connected, chip }));
    expect(lines.slice(-2)).toEqual(['The button is stuck.', "The panel's chip was reset 3 times since power-up."]);
  });
});
