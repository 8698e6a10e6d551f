import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buzzerMilliamperes, chipLimits, lampCurrent, resistorOf } from '../../enclosure/lamp-current.ts';
import { lampOrder } from '../../enclosure/panel-words.ts';
import { wiringPage } from '../../enclosure/wiring.ts';
import { panelPins } from '../../firmware/agent/panel/pins.ts';

const pinOf = (part: string) => panelPins.find((pin) => pin.part === part)!;

describe('the wiring page', () => {
  it('is what the pin table says today (else: node enclosure/wiring.ts)', () => {
    const committed = readFileSync(fileURLToPath(new URL('../../enclosure/WIRING.md', import.meta.url)), 'utf8');
    expect(committed).toBe(wiringPage());
  });

  it('names every pin of the table once', () => {
    for (const { board } of panelPins) expect(wiringPage().split(`**${board}**`)).toHaveLength(2);
  });
});

describe('the resistors of the pin table', () => {
  it.each(lampOrder)('keep %s within what its pin promises, even with the wrong LED on a high supply', (lamp) => {
    const { worst, wrongLed } = lampCurrent(lamp, resistorOf(pinOf(lamp)));
    expect(worst).toBeLessThan(chipLimits.pinMilliamperes);
    expect(wrongLed).toBeLessThan(chipLimits.pinMilliamperes);
  });

  it.each(lampOrder)('give %s enough current to be seen in a lit room', (lamp) => {
    expect(lampCurrent(lamp, resistorOf(pinOf(lamp))).typical).toBeGreaterThan(5);
  });

  it('keep all lamps and the buzzer together far below the limit of the chip', () => {
    const all = lampOrder.reduce((sum, lamp) => sum + lampCurrent(lamp, resistorOf(pinOf(lamp))).wrongLed, buzzerMilliamperes);
    expect(all).toBeLessThan(chipLimits.allMilliamperes / 2);
    expect(all).toBeLessThan(chipLimits.halfMilliamperes);
  });
});
