/*
 * The buzzer (one that sounds by itself when powered): wanted and not muted -> short beeps. A press of the button mutes it at once, beside
 * whatever the host makes of the press; the mute ends when the host no longer wants the buzzer, or after a minute.
 */
#ifndef BUZZER_H
#define BUZZER_H

#include <stdbool.h>
#include <stdint.h>

void buzzer_start(void);

/* What the host wants. */
void buzzer_want(bool wanted);

void buzzer_mute(void);
bool buzzer_is_muted(void);

/* To be called every millisecond. */
void buzzer_tick(void);

/* Whether a beep is due, phase_ms (0 to 999) into the second: wanted and not muted. */
bool buzzer_is_due(uint16_t phase_ms);

void buzzer_set(bool on);

#endif
