/*
 * The one table of what hangs on which pin of the Arduino Nano (ATmega328P). The TypeScript side has the same table in
 * agent/panel/pins.ts, from which the wiring table of the case is made; a test compares the two. Sets no pin up: that is for the parts.
 */
#ifndef PINS_H
#define PINS_H

#include <avr/io.h>

/*  name        Arduino  port  bit */
#define PIN_TABLE(PIN)   \
    PIN(BUTTON,     2,   D,   2) \
    PIN(BUZZER,     4,   D,   4) \
    PIN(READY,      5,   D,   5) \
    PIN(ATTENTION,  6,   D,   6) \
    PIN(C2,         9,   B,   1) \
    PIN(TRAFFIC,   10,   B,   2)

#define PIN_NUMBER(name, arduino, port, bit) PIN_##name = arduino,
enum { PIN_TABLE(PIN_NUMBER) };

/* As Firmata counts them: D0 to D13, then A0 to A5. Twenty is also how johnny-five knows an Uno or Nano. */
#define PIN_COUNT 20

#endif
