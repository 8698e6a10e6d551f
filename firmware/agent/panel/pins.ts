/**
 * What hangs on which pin of the panel's Arduino Nano: the same table as in `panel-chip/pins.h` (a test compares them), and the way of each
 * wire for people. The wiring table of the case is made from it. Sets nothing.
 */
import type { Words } from '../../contract/language.ts';
import type { LampName } from './display.ts';

export type PanelPart = LampName | 'button' | 'buzzer';

export interface PanelPin {
  part: PanelPart;
  /** As printed on the board. */
  board: `D${number}`;
  /** As the ATmega328P's data sheet says it. */
  port: 'B' | 'C' | 'D';
  bit: number;
  /** From the pin to ground, part by part. */
  wire: Words;
}

const ground: Words = { vi: 'GND', en: 'GND' };

const lampWire = (colour: Words, ohms: number): Words => ({
  vi: `điện trở ${ohms} Ω → LED ${colour.vi}, chân dài (+) → chân ngắn (−) → ${ground.vi}`,
  en: `resistor ${ohms} Ω → ${colour.en} LED, long leg (+) → short leg (−) → ${ground.en}`,
});

/**
 * About 10 mA through each LED: red and amber take 2 V, green and white 3 V, of the 5 V of a pin. Half of what a pin may give (20 mA for
 * good, data sheet, Electrical Characteristics), so that all four together stay far below the 200 mA of the chip.
 */
const ohmsLowVoltage = 330;
const ohmsHighVoltage = 220;

export const panelPins: readonly PanelPin[] = [
  {
    part: 'button',
    board: 'D2',
    port: 'D',
    bit: 2,
    wire: { vi: 'nút nhấn (thường mở) → GND; không cần điện trở', en: 'push button (normally open) → GND; no resistor' },
  },
  {
    part: 'buzzer',
    board: 'D4',
    port: 'D',
    bit: 4,
    wire: {
      vi: 'còi chủ động 5 V (tự kêu khi có điện, tối đa 20 mA), chân + → chân − → GND',
      en: 'active buzzer 5 V (sounds by itself, 20 mA at most), + leg → − leg → GND',
    },
  },
  { part: 'ready', board: 'D5', port: 'D', bit: 5, wire: lampWire({ vi: 'xanh lá', en: 'green' }, ohmsHighVoltage) },
  { part: 'attention', board: 'D6', port: 'D', bit: 6, wire: lampWire({ vi: 'vàng', en: 'amber' }, ohmsLowVoltage) },
  { part: 'c2', board: 'D9', port: 'B', bit: 1, wire: lampWire({ vi: 'đỏ', en: 'red' }, ohmsLowVoltage) },
  { part: 'traffic', board: 'D10', port: 'B', bit: 2, wire: lampWire({ vi: 'trắng', en: 'white' }, ohmsHighVoltage) },
];
