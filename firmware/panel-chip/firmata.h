/*
 * The part of Firmata 2.6 (github.com/firmata/protocol) that johnny-five needs to know the chip, write to its lamps and read its button.
 * What it writes to a lamp is shown only where a heartbeat hands that lamp over (RHYTHM_DIRECT): no lamp is lit past the dead-man switch.
 * Nothing that comes over the line makes it wait, loop or write past its buffer.
 */
#ifndef FIRMATA_H
#define FIRMATA_H

#include <stdint.h>

#define FIRMATA_START_SYSEX 0xf0
#define FIRMATA_END_SYSEX 0xf7

/* Says who this is, as a Firmata board does after its start. */
void firmata_announce(void);

/* One byte from the host, any byte. */
void firmata_receive(uint8_t byte, uint32_t now);

/* The state of the button, to a host that asked for reports. */
void firmata_report_button(void);

#endif
