/* The hardware watchdog, armed before main(), and a note in memory that no reset clears. Decides nothing about lamps. */
#include "watchdog.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>

/* Nominally 250 ms; its oscillator may be 10 % and more off, and the limit is 500 ms. The main loop needs less than one. */
#define WATCHDOG_TIMEOUT WDTO_250MS

/* What power-up leaves in memory is not this, but for one chance in 2^32. */
#define WARM_MARK 0x56474331UL

static uint32_t warm_mark __attribute__((section(".noinit")));
static uint8_t resets __attribute__((section(".noinit")));
static uint8_t cause __attribute__((section(".noinit")));
static bool is_warm;

void watchdog_arm_early(void) __attribute__((naked, used, section(".init3")));

/* After a watchdog reset the watchdog stays on, at 16 ms: set it before memory is cleared. A boot loader that clears MCUSR leaves it empty. */
void watchdog_arm_early(void)
{
    cause = MCUSR;
    MCUSR = 0;
    wdt_enable(WATCHDOG_TIMEOUT);
}

static void note_start(void) __attribute__((constructor));
static void note_start(void)
{
    is_warm = warm_mark == WARM_MARK;
    resets = is_warm ? (resets + 1) & 0x7f : 0;
    warm_mark = WARM_MARK;
}

/* An interrupt that nobody asked for is a fault: stand still, and be reset. */
ISR(BADISR_vect)
{
    for (;;) {
    }
}

void watchdog_feed(uint32_t now)
{
    static uint32_t fed;
    if (now == fed) return;
    fed = now;
    wdt_reset();
}

bool watchdog_is_warm(void)
{
    return is_warm;
}

uint8_t watchdog_resets(void)
{
    return resets;
}

uint8_t watchdog_cause(void)
{
    return cause & 0x0f;
}
