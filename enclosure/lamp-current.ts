/** LED colour and resistor -> the current through a pin of the Nano, at its usual value and at its worst. Names the limits and where they stand. */
import type { LampName } from '../firmware/agent/panel/display.ts';
import type { PanelPin } from '../firmware/agent/panel/pins.ts';

/** Volts at 10 to 20 mA. */
export interface ForwardVoltage {
  least: number;
  typical: number;
}

/**
 * Of 5 mm LEDs (data sheets of Kingbright WP7113 and Vishay TLH*5400, TLHW5*): red and amber (AlInGaP, GaAsP) 1.8 to 2.4 V, green and white (InGaN)
 * 2.8 to 3.6 V.
 */
export const forwardVoltages: Readonly<Record<LampName, ForwardVoltage>> = {
  ready: { least: 2.8, typical: 3.1 },
  attention: { least: 1.8, typical: 2.1 },
  c2: { least: 1.8, typical: 2 },
  traffic: { least: 2.8, typical: 3.1 },
};
/** An LED of the wrong colour, or an old yellow-green one (GaP) for READY: none has less. */
export const leastOfAny = 1.7;

/** USB 2.0 §7.2.2: 5 V, at most 5.25 V at the host. */
export const supplyVolts = { typical: 5, most: 5.25 };
/** Printed resistors of the E24 series. */
export const resistorTolerance = 0.05;

/**
 * ATmega48A/PA/88A/PA/168A/PA/328/P data sheet (DS40002061), "Electrical Characteristics": 40 mA a pin and 200 mA in all are absolute maxima;
 * voltages are promised at 20 mA a pin, with no more than 150 mA in all from each half of the chip (notes 3 and 4 of the DC characteristics).
 */
export const chipLimits = { pinMilliamperes: 20, halfMilliamperes: 150, allMilliamperes: 200 };
/** What an active 5 V buzzer may take, so that a pin drives it without a transistor. */
export const buzzerMilliamperes = 20;

/** The resistor that the way of the wire names. */
export function resistorOf(pin: PanelPin): number {
  const ohms = /(\d+) Ω/.exec(pin.wire.en)?.[1];
  if (ohms === undefined) throw new Error(`no resistor on the way from ${pin.board}: ${pin.wire.en}`);
  return Number(ohms);
}

export function milliamperes(ohms: number, volts: number, supply: number): number {
  return ((supply - volts) / ohms) * 1_000;
}

/** `worst`: high supply, low resistor, LED of the lowest voltage that its colour has. `wrongLed`: the same with any other LED. */
export function lampCurrent(lamp: LampName, ohms: number): { typical: number; worst: number; wrongLed: number } {
  const { least, typical } = forwardVoltages[lamp];
  const low = ohms * (1 - resistorTolerance);
  return {
    typical: milliamperes(ohms, typical, supplyVolts.typical),
    worst: milliamperes(low, least, supplyVolts.most),
    wrongLed: milliamperes(low, leastOfAny, supplyVolts.most),
  };
}
