/*
 * The clock of the chip: milliseconds since its start, counted by timer 2. Everything that takes time on the chip takes it from here.
 */
#ifndef TICK_H
#define TICK_H

#include <stdint.h>

void tick_start(void);

/* Wraps after 49 days: compare by difference only. */
uint32_t tick_now(void);

#endif
