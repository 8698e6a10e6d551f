/* Bytes -> commands and sysex messages; the standard answers. Each answer is sent whole or not at all. */
#include "firmata.h"

#include <avr/pgmspace.h>
#include <stdbool.h>

#include "button.h"
#include "host.h"
#include "panel.h"
#include "pins.h"
#include "usart.h"

#define PROTOCOL_MAJOR 2
#define PROTOCOL_MINOR 6
#define FIRMWARE_MAJOR 1
#define FIRMWARE_MINOR 0

#define DIGITAL_MESSAGE 0x90
#define REPORT_DIGITAL 0xd0
#define ANALOG_MESSAGE 0xe0
#define SET_PIN_MODE 0xf4
#define SET_DIGITAL_PIN 0xf5
#define REPORT_VERSION 0xf9
#define SYSTEM_RESET 0xff

#define ANALOG_MAPPING_QUERY 0x69
#define ANALOG_MAPPING_RESPONSE 0x6a
#define CAPABILITY_QUERY 0x6b
#define CAPABILITY_RESPONSE 0x6c
#define EXTENDED_ANALOG 0x6f
#define REPORT_FIRMWARE 0x79

#define MODE_INPUT 0x00
#define MODE_OUTPUT 0x01
#define MODE_PWM 0x03
#define MODE_PULLUP 0x0b
#define PWM_BITS 8
#define LIST_END 0x7f

#define PINS_PER_PORT 8
#define BUTTON_PORT (PIN_BUTTON / PINS_PER_PORT)

/* The longest message that is meant for us has HEARTBEAT_BYTES; strings and settings for other boards are longer, and are passed over. */
#define SYSEX_BYTES 16
/* The longest answer, the capabilities: three bytes of frame, one or five for each pin. */
#define ANSWER_BYTES 43

static const char name[] PROGMEM = "vonggac-panel";
static const uint8_t lamp_pins[LAMP_COUNT] = {PIN_READY, PIN_ATTENTION, PIN_C2, PIN_TRAFFIC};

static uint8_t sysex[SYSEX_BYTES];
static uint8_t sysex_length;
static bool in_sysex;
static uint8_t command;
static uint8_t data[2];
static uint8_t data_length;
static uint8_t data_expected;

static bool is_pwm[LAMP_COUNT];
static bool is_reporting;

static uint8_t lamp_of(uint8_t pin)
{
    uint8_t lamp = 0;
    while (lamp < LAMP_COUNT && lamp_pins[lamp] != pin) lamp++;
    return lamp;
}

static void put_frame_start(uint8_t message)
{
    usart_put(FIRMATA_START_SYSEX);
    usart_put(message);
}

static void report_version(void)
{
    usart_put(REPORT_VERSION);
    usart_put(PROTOCOL_MAJOR);
    usart_put(PROTOCOL_MINOR);
}

static void report_firmware(void)
{
    put_frame_start(REPORT_FIRMWARE);
    usart_put(FIRMWARE_MAJOR);
    usart_put(FIRMWARE_MINOR);
    for (uint8_t i = 0; i < sizeof name - 1; i++) {
        uint8_t letter = pgm_read_byte(&name[i]);
        usart_put(letter & 0x7f);
        usart_put(letter >> 7);
    }
    usart_put(FIRMATA_END_SYSEX);
}

static void put_mode(uint8_t mode, uint8_t bits)
{
    usart_put(mode);
    usart_put(bits);
}

static void report_capabilities(void)
{
    put_frame_start(CAPABILITY_RESPONSE);
    for (uint8_t pin = 0; pin < PIN_COUNT; pin++) {
        if (lamp_of(pin) < LAMP_COUNT) {
            put_mode(MODE_OUTPUT, 1);
            put_mode(MODE_PWM, PWM_BITS);
        } else if (pin == PIN_BUTTON) {
            put_mode(MODE_INPUT, 1);
            put_mode(MODE_PULLUP, 1);
        }
        usart_put(LIST_END);
    }
    usart_put(FIRMATA_END_SYSEX);
}

static void report_analog_mapping(void)
{
    put_frame_start(ANALOG_MAPPING_RESPONSE);
    /* No pin is an analog input. */
    for (uint8_t pin = 0; pin < PIN_COUNT; pin++) usart_put(LIST_END);
    usart_put(FIRMATA_END_SYSEX);
}

void firmata_announce(void)
{
    report_version();
    report_firmware();
}

void firmata_report_button(void)
{
    if (!is_reporting || usart_room() < 3) return;
    usart_put(DIGITAL_MESSAGE | BUTTON_PORT);
    usart_put(button_is_down() ? 0 : 1 << (PIN_BUTTON % PINS_PER_PORT));
    usart_put(0);
}

static void write_digital(uint8_t pin, bool high)
{
    uint8_t lamp = lamp_of(pin);
    if (lamp < LAMP_COUNT && !is_pwm[lamp]) panel_write(lamp, high ? LEVEL_FULL : 0);
}

static void write_analog(uint8_t pin, uint16_t value)
{
    uint8_t lamp = lamp_of(pin);
    if (lamp < LAMP_COUNT && is_pwm[lamp]) panel_write(lamp, value > LEVEL_FULL ? LEVEL_FULL : value);
}

static void set_mode(uint8_t pin, uint8_t mode)
{
    uint8_t lamp = lamp_of(pin);
    if (lamp < LAMP_COUNT && (mode == MODE_OUTPUT || mode == MODE_PWM)) is_pwm[lamp] = mode == MODE_PWM;
}

static void reset_pins(void)
{
    for (uint8_t lamp = 0; lamp < LAMP_COUNT; lamp++) {
        is_pwm[lamp] = false;
        panel_write(lamp, 0);
    }
    is_reporting = false;
}

static void take_sysex(uint32_t now)
{
    if (sysex_length == 0) return;
    switch (sysex[0]) {
    case REPORT_FIRMWARE:
        if (usart_room() >= ANSWER_BYTES) report_firmware();
        break;
    case CAPABILITY_QUERY:
        if (usart_room() >= ANSWER_BYTES) report_capabilities();
        break;
    case ANALOG_MAPPING_QUERY:
        if (usart_room() >= ANSWER_BYTES) report_analog_mapping();
        break;
    case EXTENDED_ANALOG:
        if (sysex_length >= 4) write_analog(sysex[1], sysex[2] | (uint16_t)sysex[3] << 7);
        break;
    default:
        host_message(sysex, sysex_length, now);
    }
}

static uint8_t data_bytes_of(uint8_t byte)
{
    switch (byte < FIRMATA_START_SYSEX ? byte & 0xf0 : byte) {
    case DIGITAL_MESSAGE:
    case ANALOG_MESSAGE:
    case SET_PIN_MODE:
    case SET_DIGITAL_PIN:
        return 2;
    case REPORT_DIGITAL:
        return 1;
    default:
        return 0;
    }
}

static void take_command(void)
{
    uint8_t low = command & 0x0f;
    switch (command < FIRMATA_START_SYSEX ? command & 0xf0 : command) {
    case DIGITAL_MESSAGE:
        for (uint8_t bit = 0; bit < PINS_PER_PORT; bit++) {
            uint8_t value = bit < 7 ? data[0] >> bit : data[1];
            write_digital(low * PINS_PER_PORT + bit, value & 1);
        }
        break;
    case ANALOG_MESSAGE:
        write_analog(low, data[0] | (uint16_t)data[1] << 7);
        break;
    case SET_PIN_MODE:
        set_mode(data[0], data[1]);
        break;
    case SET_DIGITAL_PIN:
        write_digital(data[0], data[1] & 1);
        break;
    case REPORT_DIGITAL:
        if (low != BUTTON_PORT) break;
        is_reporting = data[0];
        firmata_report_button();
        break;
    case REPORT_VERSION:
        if (usart_room() >= 3) report_version();
        break;
    case SYSTEM_RESET:
        reset_pins();
        break;
    }
}

static void begin(uint8_t byte, uint32_t now)
{
    if (byte == FIRMATA_END_SYSEX && in_sysex && sysex_length <= SYSEX_BYTES) take_sysex(now);
    in_sysex = byte == FIRMATA_START_SYSEX;
    sysex_length = 0;
    command = byte;
    data_length = 0;
    data_expected = data_bytes_of(byte);
    if (byte == REPORT_VERSION || byte == SYSTEM_RESET) take_command();
}

void firmata_receive(uint8_t byte, uint32_t now)
{
    /* A byte with its top bit set begins something new, whatever was unfinished. */
    if (byte & 0x80) {
        begin(byte, now);
    } else if (in_sysex) {
        if (sysex_length < SYSEX_BYTES) sysex[sysex_length] = byte;
        /* One past the end says "too long" and stays there. */
        if (sysex_length <= SYSEX_BYTES) sysex_length++;
    } else if (data_length < data_expected) {
        data[data_length++] = byte;
        if (data_length == data_expected) take_command();
    }
}
