/* The phases of the panel, each with its limit in time, and the lamps in each. One table of patterns that the chip makes by itself. */
#include "panel.h"

#include "button.h"
#include "buzzer.h"

/* No heartbeat for so long: the host is lost. The host sends one a second. */
#define HOST_LOST_MS 5000UL
/* All lamps and the buzzer after power-up, for the eye of whoever plugs it in. */
#define LAMP_TEST_MS 1500UL
#define LAMP_TEST_BEEP_MS 100UL
/* A Raspberry Pi needs about a minute to come up, after power-up as after a stop that was planned; twice that is no start any more. */
#define HOST_STARTS_MS 120000UL
/* While the button is held: after 8 s the call for help is made and shown; then the display comes back, whatever the finger does. */
#define HELP_SHOWN_MS 10000

#define SECOND_MS 1000

static const uint8_t pattern_test[LAMP_COUNT] = {RHYTHM_STEADY, RHYTHM_STEADY, RHYTHM_STEADY, RHYTHM_STEADY};
static const uint8_t pattern_help[LAMP_COUNT] = {RHYTHM_PULSE, RHYTHM_PULSE, RHYTHM_PULSE, RHYTHM_PULSE};
static const uint8_t pattern_away[LAMP_COUNT] = {RHYTHM_OFF, RHYTHM_PULSE, RHYTHM_OFF, RHYTHM_OFF};
static const uint8_t pattern_lost[LAMP_COUNT] = {RHYTHM_OFF, RHYTHM_COUNTERTURN, RHYTHM_TURN, RHYTHM_OFF};

static enum phase phase;
static uint32_t phase_since;
static uint32_t phase_limit;
static uint32_t last_tick;
static uint16_t second_ms;
static struct display shown;
static uint8_t written[LAMP_COUNT];

static void enter(enum phase next, uint32_t now, uint32_t limit)
{
    phase = next;
    phase_since = now;
    phase_limit = limit;
}

void panel_start(uint32_t now, bool warm)
{
    last_tick = now;
    /* A chip that was reset while at work does not flash green, and does not wait for a host that was there before. */
    if (warm) enter(PHASE_WAITING, now, HOST_LOST_MS);
    else enter(PHASE_TEST, now, LAMP_TEST_MS);
}

void panel_show(const struct display *display, uint32_t now)
{
    shown = *display;
    buzzer_want(display->buzzer);
    enter(PHASE_RUNNING, now, HOST_LOST_MS);
}

void panel_stop(uint32_t now)
{
    buzzer_want(false);
    enter(PHASE_STOPPED, now, HOST_STARTS_MS);
}

void panel_write(uint8_t lamp, uint8_t level)
{
    written[lamp] = level;
}

static void end_phase(uint32_t now)
{
    if (phase == PHASE_LOST || now - phase_since < phase_limit) return;
    if (phase == PHASE_TEST) enter(PHASE_WAITING, now, HOST_STARTS_MS);
    else enter(PHASE_LOST, now, 0);
}

static const uint8_t *rhythms(void)
{
    uint16_t held_ms = button_held_ms();
    if (held_ms >= BUTTON_TEST_MS && held_ms < BUTTON_HELP_MS) return pattern_test;
    if (held_ms >= BUTTON_HELP_MS && held_ms < HELP_SHOWN_MS) return pattern_help;
    switch (phase) {
    case PHASE_TEST:
        return pattern_test;
    case PHASE_RUNNING:
        return shown.rhythms;
    case PHASE_WAITING:
    case PHASE_STOPPED:
        return pattern_away;
    default:
        return pattern_lost;
    }
}

void panel_tick(uint32_t now)
{
    second_ms += now - last_tick;
    while (second_ms >= SECOND_MS) second_ms -= SECOND_MS;
    last_tick = now;
    end_phase(now);
    const uint8_t *rhythm = rhythms();
    /* The patterns of the chip itself are faults or tests: at full brightness. */
    uint8_t level = rhythm == shown.rhythms ? shown.level : LEVEL_FULL;
    for (uint8_t lamp = 0; lamp < LAMP_COUNT; lamp++) {
        if (rhythm[lamp] == RHYTHM_DIRECT) lamp_set(lamp, written[lamp]);
        else lamp_set(lamp, rhythm_is_lit(rhythm[lamp], second_ms) ? level : 0);
    }
    buzzer_tick();
    if (phase == PHASE_TEST) buzzer_set(now - phase_since < LAMP_TEST_BEEP_MS);
    else buzzer_set(phase == PHASE_RUNNING && buzzer_is_due(second_ms));
}

enum phase panel_phase(void)
{
    return phase;
}
