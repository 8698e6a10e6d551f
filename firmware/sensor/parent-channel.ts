/** The channel to the process that started this one; a sensor started by hand has none and says so. */
import type { SensorMessage } from '../contract/sensor-message.ts';

export class ParentChannel {
  private waiting = 0;
  private whenEmpty: (() => void) | undefined;

  get isOpen(): boolean {
    return process.connected === true;
  }

  /** Hands the message over; without a parent it is dropped. */
  send(message: SensorMessage): void {
    if (!this.isOpen || process.send === undefined) return;
    this.waiting++;
    process.send(message, undefined, undefined, () => {
      this.waiting--;
      if (this.waiting === 0) this.whenEmpty?.();
    });
  }

  /** Resolves when everything was handed over, and lets go of the parent. */
  async close(): Promise<void> {
    if (!this.isOpen) return;
    if (this.waiting > 0) {
      await new Promise<void>((resolve) => {
        this.whenEmpty = resolve;
      });
    }
    if (this.isOpen) process.disconnect();
  }
}
