/*
 * The dead-man switch: heartbeats and time -> what lamps and buzzer do. Green is lit only by a heartbeat of the last five seconds, or with
 * all other lamps during a lamp test. Knows nothing of bytes.
 */
#ifndef PANEL_H
#define PANEL_H

#include <stdbool.h>
#include <stdint.h>

#include "lamps.h"
#include "protocol.h"

struct display {
    uint8_t rhythms[LAMP_COUNT];
    bool buzzer;
    /* What a lit lamp gets, LEVEL_MIN to LEVEL_FULL. */
    uint8_t level;
};

void panel_start(uint32_t now, bool warm);

/* A heartbeat that was checked. */
void panel_show(const struct display *display, uint32_t now);

/* The host said that it stops, and will be back. */
void panel_stop(uint32_t now);

/* What Firmata wrote to the pin of a lamp; shown where the rhythm is DIRECT. */
void panel_write(uint8_t lamp, uint8_t level);

/* To be called every millisecond. */
void panel_tick(uint32_t now);

enum phase panel_phase(void);

#endif
