/**
 * How far the clock of each box is ahead of ours, from the times that it writes and those at which we read them. A message that took long
 * makes a clock look slow, never fast; so of several messages the one that makes it look fastest is nearest to the truth.
 */

/** Of the latest messages of a box. */
const messagesMax = 20;
/** More boxes than any centre has; the ones heard least recently give way. */
const boxesMax = 20_000;

export class ClockOffsets {
  readonly #ahead = new Map<string, number[]>();

  /** `writtenMs` by the clock of the box, `receivedMs` by ours. Not for messages from the broker's memory, nor for late ones. */
  heard(box: string, writtenMs: number, receivedMs: number): void {
    if (Number.isNaN(writtenMs)) return;
    const ahead = this.#ahead.get(box) ?? [];
    ahead.push(writtenMs - receivedMs);
    if (ahead.length > messagesMax) ahead.shift();
    this.#ahead.delete(box);
    this.#ahead.set(box, ahead);
    const oldest = this.#ahead.keys().next();
    if (this.#ahead.size > boxesMax && !oldest.done) this.#ahead.delete(oldest.value);
  }

  /** In ms, from the latest `messages`; undefined where there were fewer. */
  aheadMs(box: string, messages: number): number | undefined {
    const ahead = this.#ahead.get(box) ?? [];
    return ahead.length < messages ? undefined : Math.max(...ahead.slice(-messages));
  }

  /** Our own clock was set: nothing of before counts. */
  forget(): void {
    this.#ahead.clear();
  }
}
