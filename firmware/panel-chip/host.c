/* Checks and takes heartbeats and planned stops; writes the state. */
#include "host.h"

#include <stdbool.h>
#include <util/crc16.h>

#include "button.h"
#include "buzzer.h"
#include "firmata.h"
#include "panel.h"
#include "protocol.h"
#include "usart.h"
#include "watchdog.h"

/* No 7-bit number: nothing was accepted yet. */
#define SEQ_NONE 0xff

static uint8_t last_seq = SEQ_NONE;
static uint8_t refused;

static uint16_t crc_of(const uint8_t *bytes, uint8_t length)
{
    uint16_t crc = 0;
    for (uint8_t i = 0; i < length; i++) crc = _crc_xmodem_update(crc, bytes[i]);
    return crc;
}

static bool is_whole(const uint8_t *message, uint8_t length, uint8_t expected)
{
    if (length != expected || message[1] != PROTOCOL_VERSION) return false;
    const uint8_t *check = message + length - CRC_BYTES;
    uint16_t crc = crc_of(message, length - CRC_BYTES);
    return check[0] == (crc & 0x7f) && check[1] == ((crc >> 7) & 0x7f) && check[2] == crc >> 14;
}

static bool take_heartbeat(const uint8_t *message, uint32_t now)
{
    struct display display;
    for (uint8_t lamp = 0; lamp < LAMP_COUNT; lamp++) {
        display.rhythms[lamp] = message[3 + lamp];
        if (display.rhythms[lamp] >= RHYTHM_COUNT) return false;
    }
    display.buzzer = message[7] & HEARTBEAT_FLAG_BUZZER;
    /* 7 bits on the line, 8 in the timer. */
    display.level = message[8] * 2 + 1;
    if (display.level < LEVEL_MIN) display.level = LEVEL_MIN;
    panel_show(&display, now);
    return true;
}

static bool take(const uint8_t *message, uint8_t length, uint32_t now)
{
    bool is_heartbeat = message[0] == MESSAGE_HEARTBEAT;
    if (!is_whole(message, length, is_heartbeat ? HEARTBEAT_BYTES : PLANNED_STOP_BYTES)) return false;
    /* The same number again is an echo or a repeat of the line, not a host that is alive. */
    if (message[2] == last_seq) return false;
    if (is_heartbeat) {
        if (!take_heartbeat(message, now)) return false;
    } else {
        panel_stop(now);
    }
    last_seq = message[2];
    return true;
}

void host_message(const uint8_t *message, uint8_t length, uint32_t now)
{
    if (length == 0 || (message[0] != MESSAGE_HEARTBEAT && message[0] != MESSAGE_PLANNED_STOP)) return;
    if (take(message, length, now)) host_report();
    else refused = (refused + 1) & 0x7f;
}

void host_report(void)
{
    uint8_t state[STATE_BYTES] = {
        MESSAGE_STATE,
        PROTOCOL_VERSION,
        panel_phase(),
        last_seq & 0x7f,
        button_presses(),
        button_last_press(),
        (button_is_down() ? STATE_FLAG_DOWN : 0) | (buzzer_is_muted() ? STATE_FLAG_MUTED : 0) | (button_is_stuck() ? STATE_FLAG_STUCK : 0),
        refused,
        watchdog_resets(),
        watchdog_cause(),
    };
    uint16_t crc = crc_of(state, STATE_BYTES - CRC_BYTES);
    state[STATE_BYTES - 3] = crc & 0x7f;
    state[STATE_BYTES - 2] = (crc >> 7) & 0x7f;
    state[STATE_BYTES - 1] = crc >> 14;
    if (usart_room() < STATE_BYTES + 2) return;
    usart_put(FIRMATA_START_SYSEX);
    for (uint8_t i = 0; i < STATE_BYTES; i++) usart_put(state[i]);
    usart_put(FIRMATA_END_SYSEX);
}
