/* Timer 2 compare interrupt -> a count of milliseconds. Does nothing else in the interrupt. */
#include "tick.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

/* 16 MHz / 128 / 125 = 1 kHz exactly. */
#define TICK_PRESCALER 128UL
#define TICK_HZ 1000UL
#define TICK_TOP (F_CPU / TICK_PRESCALER / TICK_HZ - 1)
#if (TICK_TOP + 1) * TICK_PRESCALER * TICK_HZ != F_CPU
#error "the clock does not divide into milliseconds"
#endif

static volatile uint32_t milliseconds;

ISR(TIMER2_COMPA_vect)
{
    milliseconds++;
}

void tick_start(void)
{
    OCR2A = TICK_TOP;
    TIMSK2 = _BV(OCIE2A);
    TCCR2A = _BV(WGM21);
    TCCR2B = _BV(CS22) | _BV(CS20);
}

uint32_t tick_now(void)
{
    uint32_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        now = milliseconds;
    }
    return now;
}
