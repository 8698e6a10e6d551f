/* Lamps and their timers: READY and ATTENTION hang on timer 0, C2 and TRAFFIC on timer 1. */
#include "lamps.h"

#include <avr/io.h>

#include "pins.h"
#include "protocol.h"

#define BLINK_HALF_MS 250
#define PULSE_MS 250
#define TURN_HALF_MS 500

void lamps_start(void)
{
    /* Fast PWM, 8 bits, clock / 256: 244 Hz. */
    TCCR0A = _BV(WGM01) | _BV(WGM00);
    TCCR0B = _BV(CS02);
    TCCR1A = _BV(WGM10);
    TCCR1B = _BV(WGM12) | _BV(CS12);
    DDRD |= _BV(DDD5) | _BV(DDD6);
    DDRB |= _BV(DDB1) | _BV(DDB2);
}

bool rhythm_is_lit(uint8_t rhythm, uint16_t phase_ms)
{
    switch (rhythm) {
    case RHYTHM_STEADY:
        return true;
    case RHYTHM_BLINK:
        return phase_ms % (2 * BLINK_HALF_MS) < BLINK_HALF_MS;
    case RHYTHM_PULSE:
        return phase_ms < PULSE_MS;
    case RHYTHM_TURN:
        return phase_ms < TURN_HALF_MS;
    case RHYTHM_COUNTERTURN:
        return phase_ms >= TURN_HALF_MS;
    default:
        return false;
    }
}

/* Where the lamp is dark or full the pin leaves the timer: PWM of 0 still flashes once a round. */
static void drive(uint8_t level, volatile uint8_t *port, uint8_t bit, volatile uint8_t *control, uint8_t output)
{
    if (level == LEVEL_FULL) *port |= bit;
    else *port &= ~bit;
    if (level == 0 || level == LEVEL_FULL) *control &= ~output;
    else *control |= output;
}

void lamp_set(uint8_t lamp, uint8_t level)
{
    switch (lamp) {
    case LAMP_READY:
        OCR0B = level;
        drive(level, &PORTD, _BV(PORTD5), &TCCR0A, _BV(COM0B1));
        break;
    case LAMP_ATTENTION:
        OCR0A = level;
        drive(level, &PORTD, _BV(PORTD6), &TCCR0A, _BV(COM0A1));
        break;
    case LAMP_C2:
        OCR1A = level;
        drive(level, &PORTB, _BV(PORTB1), &TCCR1A, _BV(COM1A1));
        break;
    case LAMP_TRAFFIC:
        OCR1B = level;
        drive(level, &PORTB, _BV(PORTB2), &TCCR1A, _BV(COM1B1));
        break;
    }
}
