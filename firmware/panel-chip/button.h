/*
 * The button: bounces -> presses of three lengths. The chip measures them, not the host: its clock does not stop when the host is busy, and
 * the lamp test must work beside a dead host. A press is counted, so that the host learns of it even where the first message was lost.
 */
#ifndef BUTTON_H
#define BUTTON_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

void button_start(void);

/* To be called every millisecond; true where something changed that the host should hear. */
bool button_tick(void);

bool button_is_down(void);

/* How long it has been held, in ms; 0 where it is up or stuck. */
uint16_t button_held_ms(void);

/* Down for longer than any person would hold it. */
bool button_is_stuck(void);

/* Presses since the start, in 7 bits, and the kind of the last one. */
uint8_t button_presses(void);
enum press button_last_press(void);

#define BUTTON_TEST_MS 3000
#define BUTTON_HELP_MS 8000

#endif
