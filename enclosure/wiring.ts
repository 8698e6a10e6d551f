#!/usr/bin/env node
/**
 * The pin table of the panel's chip (firmware/agent/panel/pins.ts) -> WIRING.md, for someone with a soldering iron. Run it to write the page; a
 * test compares the page with the table, so that neither is changed alone.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LampName } from '../firmware/agent/panel/display.ts';
import { type PanelPart, type PanelPin, panelPins } from '../firmware/agent/panel/pins.ts';
import type { Words } from '../firmware/contract/language.ts';
import { buzzerMilliamperes, chipLimits, forwardVoltages, lampCurrent, resistorOf, supplyVolts } from './lamp-current.ts';
import { lampOrder, lampWords } from './panel-words.ts';

const otherParts: Readonly<Record<Exclude<PanelPart, LampName>, Words>> = {
  button: { vi: 'NÚT', en: 'BUTTON' },
  buzzer: { vi: 'CÒI', en: 'BUZZER' },
};

const isLamp = (part: PanelPart): part is LampName => (lampOrder as readonly PanelPart[]).includes(part);

/** The same in both languages is said once. */
function both({ vi, en }: Words): string {
  return vi === en ? vi : `${vi} / ${en}`;
}

function nameOf(part: PanelPart): Words {
  return isLamp(part) ? lampWords[part].name : otherParts[part];
}

/** Lamps as they stand on the lid, then the rest. */
function ordered(): PanelPin[] {
  const place = ({ part }: PanelPin) => (isLamp(part) ? lampOrder.indexOf(part) : lampOrder.length);
  return [...panelPins].sort((a, b) => place(a) - place(b));
}

function lampRows(): string[] {
  return ordered().flatMap((pin) => {
    if (!isLamp(pin.part)) return [];
    const ohms = resistorOf(pin);
    const { typical, worst } = lampCurrent(pin.part, ohms);
    const volts = forwardVoltages[pin.part].typical.toFixed(1);
    return [`| ${both(nameOf(pin.part))} | ${volts} V | ${ohms} Ω | ${typical.toFixed(0)} mA | ${worst.toFixed(0)} mA |`];
  });
}

export function wiringPage(): string {
  const lamps = panelPins.filter(({ part }) => isLamp(part));
  const all = lamps.reduce((sum, pin) => sum + lampCurrent(pin.part as LampName, resistorOf(pin)).worst, buzzerMilliamperes);
  const wrongest = Math.max(...lamps.map((pin) => lampCurrent(pin.part as LampName, resistorOf(pin)).wrongLed));
  return [
    '# Đi dây · Wiring',
    '',
    '<!-- Written by enclosure/wiring.ts from firmware/agent/panel/pins.ts. Change those, then: node enclosure/wiring.ts -->',
    '',
    'Mỗi hàng là một đường dây: từ chân của Arduino Nano đến GND. Nano nhận điện từ cáp USB; không nối dây nào vào chân 40 chân của Raspberry Pi.',
    '',
    'Each row is one way: from a pin of the Arduino Nano to GND. The Nano takes its power from the USB lead; no wire goes to the 40 pins of the Raspberry Pi.',
    '',
    '| Chân Nano / Nano pin | Bộ phận / Part | Đường dây | Way of the wire |',
    '| --- | --- | --- | --- |',
    ...ordered().map(({ board, part, wire }) => `| **${board}** | ${both(nameOf(part))} | ${wire.vi} | ${wire.en} |`),
    '',
    'Nano có hai chân GND; nối chung tất cả các dây GND vào một trong hai chân đó. Đèn trên nắp, nhìn từ trước, từ trái sang phải:',
    `${lampOrder.map((lamp) => lampWords[lamp].name.vi).join(', ')}. **Nhìn từ mặt sau thì thứ tự ngược lại.**`,
    '',
    'The Nano has two GND pins; join all GND wires to either. Lamps on the lid, seen from the front, from left to right:',
    `${lampOrder.map((lamp) => lampWords[lamp].name.en).join(', ')}. **Seen from behind, they run the other way.**`,
    '',
    '## Điện trở và dòng điện · Resistors and currents',
    '',
    '| Đèn / Lamp | Điện áp LED / LED voltage | Điện trở / Resistor | Dòng thường / Usual current | Xấu nhất / Worst case |',
    '| --- | --- | --- | --- | --- |',
    ...lampRows(),
    '',
    `(${supplyVolts.typical} V − LED) ÷ R; the worst case takes ${supplyVolts.most} V, a resistor 5 % low, and the lowest voltage that the colour has. The chip promises`,
    `${chipLimits.pinMilliamperes} mA a pin and stands ${chipLimits.allMilliamperes} mA in all (ATmega328P data sheet DS40002061, Electrical Characteristics). All lamps at their worst and`,
    `the buzzer at its ${buzzerMilliamperes} mA limit: ${all.toFixed(0)} mA. A buzzer that takes more than ${buzzerMilliamperes} mA needs a transistor: buy another.`,
    `An LED of the wrong colour does no harm either: ${wrongest.toFixed(0)} mA at most.`,
    '',
    'Điện trở nằm giữa chân Nano và chân dài của LED. Đổi chỗ hai chân LED không làm hỏng gì, đèn chỉ không sáng.',
    '',
    'The resistor sits between the pin of the Nano and the long leg of the LED. An LED the wrong way round takes no harm; it stays dark.',
    '',
  ].join('\n');
}

if (import.meta.main) {
  writeFileSync(fileURLToPath(new URL('./WIRING.md', import.meta.url)), wiringPage());
}
