import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { panelPins } from '../../../../firmware/agent/panel/pins.ts';

const source = (file: string) => readFileSync(new URL(`../../../../firmware/panel-chip/${file}`, import.meta.url), 'utf8');

describe('the pin table', () => {
  it('is the same in the chip and here', () => {
    const rows = [...source('pins.h').matchAll(/PIN\((\w+),\s*(\d+),\s*([BCD]),\s*(\d)\)/g)].map(([, name = '', board, port, bit]) => ({
      part: name.toLowerCase(),
      board: `D${board}`,
      port,
      bit: Number(bit),
    }));
    expect(rows).toEqual(panelPins.map(({ part, board, port, bit }) => ({ part, board, port, bit })));
  });

  it('gives the Nano’s pins as the ATmega328P calls them: D0 to D7 are port D, D8 to D13 port B', () => {
    for (const { board, port, bit } of panelPins) {
      const number = Number(board.slice(1));
      expect([port, bit]).toEqual(number < 8 ? ['D', number] : ['B', number - 8]);
    }
    expect(new Set(panelPins.map(({ board }) => board)).size).toBe(6);
  });

  it('names each wire in both languages', () => {
    for (const { wire } of panelPins) expect(wire.vi.includes('GND') && wire.en.includes('GND') && wire.vi !== wire.en).toBe(true);
  });
});
