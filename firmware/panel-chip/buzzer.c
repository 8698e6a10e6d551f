/* The pin of the buzzer, and the mute with its limit. */
#include "buzzer.h"

#include <avr/io.h>

#define BEEP_MS 150
/* A press that nobody acted on must not silence a contact for good. */
#define MUTE_MS 60000u

static bool is_wanted;
static uint16_t mute_left_ms;

void buzzer_start(void)
{
    DDRD |= _BV(DDD4);
}

void buzzer_want(bool wanted)
{
    is_wanted = wanted;
    if (!wanted) mute_left_ms = 0;
}

void buzzer_mute(void)
{
    if (is_wanted) mute_left_ms = MUTE_MS;
}

bool buzzer_is_muted(void)
{
    return mute_left_ms > 0;
}

void buzzer_tick(void)
{
    if (mute_left_ms > 0) mute_left_ms--;
}

bool buzzer_is_due(uint16_t phase_ms)
{
    return is_wanted && mute_left_ms == 0 && phase_ms < BEEP_MS;
}

void buzzer_set(bool on)
{
    if (on) PORTD |= _BV(PORTD4);
    else PORTD &= ~_BV(PORTD4);
}
