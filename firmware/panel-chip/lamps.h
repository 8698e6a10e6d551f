/*
 * Four lamps -> their pins: dark, lit, or dimmed by the timers' PWM (244 Hz). A lamp is set by its rhythm and the moment. Decides no rhythm.
 */
#ifndef LAMPS_H
#define LAMPS_H

#include <stdbool.h>
#include <stdint.h>

enum lamp { LAMP_READY, LAMP_ATTENTION, LAMP_C2, LAMP_TRAFFIC, LAMP_COUNT };

#define LEVEL_FULL 255

/* Darker than this a lamp cannot be told from a dark one. */
#define LEVEL_MIN 8

void lamps_start(void);

/* Whether a lamp of this rhythm is lit, phase_ms (0 to 999) into the second. No rhythm is faster than 3 Hz. */
bool rhythm_is_lit(uint8_t rhythm, uint16_t phase_ms);

/* 0 is dark, LEVEL_FULL is lit. */
void lamp_set(uint8_t lamp, uint8_t level);

#endif
