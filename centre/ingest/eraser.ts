/**
 * Takes out of the broker's memory what does not belong there. Evidence is never retained; a box that retains it all the same would fill the
 * broker, a topic for each piece. One at a time, and no more waiting than a number: what is left over comes up again with the next.
 */
import type { Connection } from '../connection.ts';

const topicsMax = 10_000;

export class Eraser {
  #connection: Connection | undefined;
  readonly #topics = new Set<string>();
  #isBusy = false;

  use(connection: Connection): void {
    this.#connection = connection;
  }

  /** The retained message of this topic shall go. */
  erase(topic: string): void {
    if (this.#topics.size < topicsMax) this.#topics.add(topic);
    if (!this.#isBusy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (const topic of this.#topics) {
      this.#topics.delete(topic);
      // MQTT 5 §3.3.1.3: an empty retained message takes away the one before. Where that fails there is nothing better to do.
      await this.#connection?.publish(topic, '', { retain: true }).catch(() => undefined);
    }
    this.#isBusy = false;
  }
}
