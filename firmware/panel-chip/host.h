/*
 * The user messages of protocol.h -> the panel, and the panel's state -> the host. Whatever is not exactly a message of this version, whole and
 * with the right check, changes nothing and is counted.
 */
#ifndef HOST_H
#define HOST_H

#include <stdint.h>

/* The bytes of a sysex message between its start and its end; any bytes, any number. */
void host_message(const uint8_t *message, uint8_t length, uint32_t now);

/* Sends the state; where there is no room it is left out, and the next one tells the same. */
void host_report(void);

#endif
