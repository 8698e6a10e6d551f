import { describe, expect, it } from 'vitest';
import { Inbox } from '../../../centre/ingest/inbox.ts';

const message = (bytes = 10) => ({ topic: 't', payload: Buffer.alloc(bytes), isRetained: false, properties: {}, receivedMs: 0 });

/** How many of the offers were answered. */
function offer(inbox: Inbox, count: number, bytes?: number): () => number {
  let done = 0;
  for (let index = 0; index < count; index++) inbox.offer(message(bytes), () => done++);
  return () => done;
}

describe('the inbox', () => {
  it('holds the reading when it is full of messages, and lets it go on when there is room', () => {
    const inbox = new Inbox({ messagesMax: 3, bytesMax: 1_000 });
    const done = offer(inbox, 3);
    expect(done()).toBe(2);
    expect(inbox.take(1)).toHaveLength(1);
    expect(done()).toBe(3);
  });

  it('holds the reading when it is full of bytes, and counts them down as they are taken', () => {
    const inbox = new Inbox({ messagesMax: 100, bytesMax: 1_000 });
    const done = offer(inbox, 2, 500);
    expect(done()).toBe(1);
    expect(inbox.bytes).toBe(1_000);
    inbox.take(10);
    expect(done()).toBe(2);
    expect(inbox.bytes).toBe(0);
  });

  it('gives what it has after it was closed, and then says that it is over', async () => {
    const inbox = new Inbox();
    offer(inbox, 1);
    inbox.close();
    expect(offer(inbox, 1)()).toBe(1);
    expect(await inbox.ready()).toBe(true);
    expect(inbox.take(10)).toHaveLength(1);
    expect(await inbox.ready()).toBe(false);
  });

  it('does not hold a connection that is to be left, even where it is full', () => {
    const inbox = new Inbox({ messagesMax: 1, bytesMax: 1_000 });
    const held = offer(inbox, 1);
    expect(held()).toBe(0);
    inbox.pause();
    expect(held()).toBe(1);
    expect(offer(inbox, 5)()).toBe(5);
    expect(inbox.messages).toBe(1);
    inbox.resume();
    inbox.take(1);
    offer(inbox, 1);
    expect(inbox.messages).toBe(1);
  });
});
