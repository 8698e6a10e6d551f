/**
 * What the broker hands over, until the committer takes it: bounded in messages and in bytes. When it is full the reading of the socket is
 * held, so that the broker keeps the rest; nothing is dropped for want of room.
 */
import type { Received } from '../connection.ts';

export interface Waiting extends Received {
  /** ms since 1970 by our clock. */
  receivedMs: number;
}

export interface InboxBounds {
  messagesMax: number;
  bytesMax: number;
}

/** Some tenths of a second at the highest rate, and little memory: what is more waits better at the broker. */
const defaultBounds: InboxBounds = { messagesMax: 4_000, bytesMax: 16 * 1024 * 1024 };

export class Inbox {
  readonly #bounds: InboxBounds;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #held: (() => void)[] = [];
  #arrived: PromiseWithResolvers<void> | undefined;
  #isClosed = false;
  #isPaused = false;

  constructor(bounds: InboxBounds = defaultBounds) {
    this.#bounds = bounds;
  }

  get messages(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a message. `done` is called at once, or when there is room again. */
  offer(message: Waiting, done: () => void): void {
    if (this.#isClosed || this.#isPaused) {
      // Not acknowledged, so the box keeps it and sends it again.
      done();
      return;
    }
    this.#waiting.push(message);
    this.#bytes += message.payload.length;
    this.#arrived?.resolve();
    this.#arrived = undefined;
    if (this.#isFull) this.#held.push(done);
    else done();
  }

  /** The oldest, at most so many. */
  take(messagesMax: number): Waiting[] {
    const taken = this.#waiting.splice(0, messagesMax);
    for (const { payload } of taken) this.#bytes -= payload.length;
    if (!this.#isFull) this.#release();
    return taken;
  }

  /** Resolves with true once something waits, with false once the inbox is closed and empty. */
  async ready(): Promise<boolean> {
    while (this.#waiting.length === 0 && !this.#isClosed) {
      this.#arrived ??= Promise.withResolvers<void>();
      await this.#arrived.promise;
    }
    return this.#waiting.length > 0;
  }

  /** Takes nothing until `resume`, and does not hold the reading: a connection that is to be left must hear the broker's last words. */
  pause(): void {
    this.#isPaused = true;
    this.#release();
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Takes nothing more; what it has may still be taken. */
  close(): void {
    this.#isClosed = true;
    this.#arrived?.resolve();
    this.#release();
  }

  get #isFull(): boolean {
    return this.#waiting.length >= this.#bounds.messagesMax || this.#bytes >= this.#bounds.bytesMax;
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const done of held) done();
  }
}
