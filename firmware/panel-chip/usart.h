/*
 * Bytes to and from the host over the serial line of the USB adapter, 57,600 baud (Firmata's usual rate), 8N1. Never waits: what has no
 * room is refused or lost, and the protocols above survive that. Knows nothing of messages.
 */
#ifndef USART_H
#define USART_H

#include <stdbool.h>
#include <stdint.h>

#define USART_BAUD 57600UL

void usart_start(void);

/* Takes the oldest byte received; false where there is none. */
bool usart_take(uint8_t *byte);

/* Bytes that may be given to usart_put now. */
uint8_t usart_room(void);

/* Ask usart_room first: without room the byte is lost. */
void usart_put(uint8_t byte);

/* Hands the next waiting byte to the hardware where that is free. To be called again and again; true while bytes still wait. */
bool usart_pump(void);

#endif
