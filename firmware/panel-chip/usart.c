/*
 * Two rings. Reception is by interrupt, since a byte comes every 174 microseconds. Sending is pumped by the main loop and not by the
 * "data register empty" interrupt: an interrupt that switches itself off when the ring is empty, and is switched on again a moment too early
 * or too late, never sends again.
 */
#include "usart.h"

#include <avr/interrupt.h>
#include <avr/io.h>

/* Powers of two, so that an index wraps with a mask. 128 received bytes are 22 ms; the longest answer has 43. */
#define RECEIVE_BYTES 128u
#define SEND_BYTES 128u

/* U2X: 16 MHz / 8 / 35 = 57,143 baud, 0.8 % low; without it the error is 2.1 %. */
#define BAUD_DIVISOR ((F_CPU + USART_BAUD * 4) / (USART_BAUD * 8) - 1)

static uint8_t received[RECEIVE_BYTES];
static volatile uint8_t received_head;
static volatile uint8_t received_tail;

static uint8_t waiting[SEND_BYTES];
static uint8_t waiting_head;
static uint8_t waiting_tail;

ISR(USART_RX_vect)
{
    /* The error flags belong to the byte in UDR0 and go when it is read. */
    uint8_t faulty = UCSR0A & (_BV(FE0) | _BV(UPE0));
    uint8_t byte = UDR0;
    uint8_t next = (received_head + 1) & (RECEIVE_BYTES - 1);
    if (faulty || next == received_tail) return;
    received[received_head] = byte;
    received_head = next;
}

void usart_start(void)
{
    UBRR0 = BAUD_DIVISOR;
    UCSR0A = _BV(U2X0);
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
}

bool usart_take(uint8_t *byte)
{
    uint8_t tail = received_tail;
    if (tail == received_head) return false;
    *byte = received[tail];
    received_tail = (tail + 1) & (RECEIVE_BYTES - 1);
    return true;
}

uint8_t usart_room(void)
{
    return (waiting_tail - waiting_head - 1) & (SEND_BYTES - 1);
}

void usart_put(uint8_t byte)
{
    if (usart_room() == 0) return;
    waiting[waiting_head] = byte;
    waiting_head = (waiting_head + 1) & (SEND_BYTES - 1);
}

bool usart_pump(void)
{
    if (waiting_tail == waiting_head) return false;
    if (UCSR0A & _BV(UDRE0)) {
        UDR0 = waiting[waiting_tail];
        waiting_tail = (waiting_tail + 1) & (SEND_BYTES - 1);
    }
    return true;
}
