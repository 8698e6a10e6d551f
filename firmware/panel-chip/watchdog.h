/*
 * The chip's own dead-man switch: where the main loop or the clock stands still, the hardware resets the chip, which then shows the pattern
 * for a lost host until it hears the host again. Also remembers, across resets, that this was no power-up.
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/* To be called with the clock from the main loop; feeds only where the clock has moved since the last time. */
void watchdog_feed(uint32_t now);

/* False after power came up, true after any other reset. */
bool watchdog_is_warm(void);

/* Resets since power came up, in 7 bits. */
uint8_t watchdog_resets(void);

/* Why the chip last started: bits of MCUSR (1 power, 2 reset pin, 4 brown-out, 8 watchdog); 0 where a boot loader kept it to itself. */
uint8_t watchdog_cause(void);

#endif
