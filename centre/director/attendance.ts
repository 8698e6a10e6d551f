/** Which of some boxes are there, by their retained presence: nobody waits for the answer of a box that is away. A hint, for whoever owns the broker can lie. */
import { presenceSchema } from '../../firmware/contract/presence.ts';
import { boxOfTopic, up } from '../../firmware/contract/topics.ts';
import type { Received } from '../connection.ts';
import { readBoxMessage } from './box-message.ts';

/** Retained messages come with the subscription; a box of which none has come by then was never there. */
const graceMs = 2_000;

export class Attendance {
  readonly #online = new Map<string, boolean>();
  #startedMs = Number.POSITIVE_INFINITY;

  static topics(boxes: readonly string[]): string[] {
    return boxes.map(up.presence);
  }

  /** The subscription was granted. */
  begin(): void {
    this.#startedMs = performance.now();
  }

  /** Whether the message was one of presence. */
  hear(message: Received): boolean {
    const box = boxOfTopic(message.topic);
    if (box === undefined || message.topic !== up.presence(box)) return false;
    const presence = readBoxMessage(message, presenceSchema);
    // With a number it is a record of what was, perhaps long ago.
    if (presence !== undefined && presence.seq === undefined) this.#online.set(box, presence.online);
    return true;
  }

  isAway(box: string): boolean {
    const isOnline = this.#online.get(box);
    return isOnline === undefined ? performance.now() - this.#startedMs > graceMs : !isOnline;
  }
}
