/* Wires the parts together: one loop, one pass a millisecond or a byte, asleep in between. Holds no state of its own but the clock. */
#include <avr/interrupt.h>
#include <avr/sleep.h>

#include "button.h"
#include "buzzer.h"
#include "firmata.h"
#include "host.h"
#include "lamps.h"
#include "panel.h"
#include "tick.h"
#include "usart.h"
#include "watchdog.h"

/* A line that never falls silent must not keep the lamps waiting: at most so many bytes a pass. */
#define BYTES_PER_PASS 32

static void receive(uint32_t now)
{
    uint8_t byte;
    for (uint8_t i = 0; i < BYTES_PER_PASS && usart_take(&byte); i++) firmata_receive(byte, now);
}

static void each_millisecond(uint32_t now)
{
    if (button_tick()) {
        if (button_is_down()) buzzer_mute();
        firmata_report_button();
        host_report();
    }
    panel_tick(now);
}

int main(void)
{
    lamps_start();
    buzzer_start();
    button_start();
    usart_start();
    tick_start();
    set_sleep_mode(SLEEP_MODE_IDLE);
    sei();
    uint32_t last = tick_now();
    panel_start(last, watchdog_is_warm());
    firmata_announce();
    for (;;) {
        uint32_t now = tick_now();
        receive(now);
        for (; last != now; last++) each_millisecond(last + 1);
        watchdog_feed(now);
        /* The tick wakes it after a millisecond at the latest. */
        if (!usart_pump()) sleep_mode();
    }
}
