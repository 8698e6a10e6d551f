/**
 * The channel to the process that started this one: hands over alerts and reports, and tells when the parent is gone. Bounded: a parent
 * that does not listen costs it reports first, then alerts, which are counted. A sensor started by hand has no parent and says so.
 */
import type { SensorMessage } from '../contract/sensor-message.ts';

/** Messages not yet taken by the kernel. The next report holds what this one would have said. */
const reportsWaitingMax = 16;
/** An alert is some 2 KB. */
const alertsWaitingMax = 10_000;
/** A parent that takes nothing for so long will not have the rest. */
const closeTimeoutMs = 2_000;

export class ParentChannel {
  /** Alerts that a parent which did not listen has missed. */
  lost = 0;
  private waiting = 0;
  private whenEmpty: (() => void) | undefined;

  /** `onGone` is called when the parent has died or let go of us; never without a parent. */
  constructor(onGone: () => void) {
    if (!this.isOpen) return;
    process.once('disconnect', () => {
      this.whenEmpty?.();
      onGone();
    });
    // The listener alone must not keep a process alive whose work is done.
    process.channel?.unref();
  }

  get isOpen(): boolean {
    return process.connected === true;
  }

  /** Hands the message over; without a parent it is dropped. */
  send(message: SensorMessage): void {
    if (!this.isOpen || process.send === undefined) return;
    if (message.type === 'report' && this.waiting >= reportsWaitingMax) return;
    if (this.waiting >= alertsWaitingMax) {
      this.lost++;
      return;
    }
    this.waiting++;
    process.send(message, undefined, undefined, () => {
      this.waiting--;
      if (this.waiting === 0) this.whenEmpty?.();
    });
  }

  /** Resolves when everything was handed over, the parent is gone, or it takes too long. */
  async close(): Promise<void> {
    if (!this.isOpen || this.waiting === 0) return;
    await new Promise<void>((resolve) => {
      this.whenEmpty = resolve;
      setTimeout(resolve, closeTimeoutMs);
    });
  }
}
