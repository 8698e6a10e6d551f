/* Reads the pin once a millisecond. Short and middle presses count at the release, the long one as soon as it is long enough. */
#include "button.h"

#include <avr/io.h>

/* Longer than a worn switch bounces, shorter than a hurried finger. */
#define SETTLE_MS 20
#define STUCK_MS 30000

static bool is_down;
static uint8_t differs_ms;
static uint16_t held_ms;
static uint8_t presses;
static enum press last_press;

void button_start(void)
{
    /* To ground when pressed; the chip pulls it up. */
    DDRD &= ~_BV(DDD2);
    PORTD |= _BV(PORTD2);
}

static void count(enum press press)
{
    presses = (presses + 1) & 0x7f;
    last_press = press;
}

static void released(void)
{
    if (held_ms < BUTTON_TEST_MS) count(PRESS_SHORT);
    else if (held_ms < BUTTON_HELP_MS) count(PRESS_TEST);
    held_ms = 0;
}

bool button_tick(void)
{
    bool reads_down = !(PIND & _BV(PIND2));
    bool changed = false;
    if (is_down && held_ms < STUCK_MS) {
        held_ms++;
        if (held_ms == BUTTON_HELP_MS) {
            count(PRESS_HELP);
            changed = true;
        }
        if (held_ms == STUCK_MS) changed = true;
    }
    if (reads_down == is_down) {
        differs_ms = 0;
        return changed;
    }
    if (++differs_ms < SETTLE_MS) return changed;
    differs_ms = 0;
    is_down = reads_down;
    if (!is_down) released();
    return true;
}

bool button_is_down(void)
{
    return is_down;
}

uint16_t button_held_ms(void)
{
    return is_down && held_ms < STUCK_MS ? held_ms : 0;
}

bool button_is_stuck(void)
{
    return is_down && held_ms >= STUCK_MS;
}

uint8_t button_presses(void)
{
    return presses;
}

enum press button_last_press(void)
{
    return last_press;
}
