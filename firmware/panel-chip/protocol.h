/*
 * What crosses the serial line beside plain Firmata: three user messages (Firmata keeps the sysex numbers 0x01 to 0x0F for these).
 * agent/panel/chip-protocol.ts is the other end; a test holds both together. All bytes have 7 bits; the check is CRC-16/XMODEM over all
 * bytes before it, in three bytes, lowest bits first. Numbers only: nothing here reads or sends.
 *
 *   heartbeat      host -> chip   0x01 version seq ready attention c2 traffic flags brightness crc crc crc
 *   planned stop   host -> chip   0x02 version seq crc crc crc
 *   state          chip -> host   0x03 version phase seq presses press flags refused resets cause crc crc crc
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#define PROTOCOL_VERSION 1

#define MESSAGE_HEARTBEAT 0x01
#define MESSAGE_PLANNED_STOP 0x02
#define MESSAGE_STATE 0x03

#define HEARTBEAT_BYTES 12
#define PLANNED_STOP_BYTES 6
#define STATE_BYTES 13
#define CRC_BYTES 3

#define HEARTBEAT_FLAG_BUZZER 0x01

#define STATE_FLAG_DOWN 0x01
#define STATE_FLAG_MUTED 0x02
#define STATE_FLAG_STUCK 0x04

/* The rhythm of a lamp. The names of the first six are those of display.ts; DIRECT shows what Firmata wrote to the pin. */
enum rhythm {
    RHYTHM_OFF = 0,
    RHYTHM_STEADY = 1,
    RHYTHM_BLINK = 2,
    RHYTHM_PULSE = 3,
    RHYTHM_TURN = 4,
    RHYTHM_COUNTERTURN = 5,
    RHYTHM_DIRECT = 6,
    RHYTHM_COUNT
};

enum phase {
    PHASE_TEST = 0,
    PHASE_WAITING = 1,
    PHASE_RUNNING = 2,
    PHASE_STOPPED = 3,
    PHASE_LOST = 4
};

enum press {
    PRESS_NONE = 0,
    PRESS_SHORT = 1,
    PRESS_TEST = 2,
    PRESS_HELP = 3
};

#endif
