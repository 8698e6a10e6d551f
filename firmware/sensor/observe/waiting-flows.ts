/**
 * The flows that began last, in order: once so many newer ones have begun, a flow that nobody has answered gives way. Under a flood the
 * table then touches a few megabytes in place of all it has, and real conversations keep their room. It does not know what an answer is.
 */

/** A quiet network begins far fewer in the time after which unanswered flows end anyway. */
export const waitingMax = 32_768;

export class WaitingFlows {
  private readonly slots: Int32Array;
  /** Lower half of each flow's number: its slot may have been used again since. */
  private readonly serials: Int32Array;
  private next = 0;

  constructor(capacity: number) {
    const length = Math.min(waitingMax, capacity);
    this.slots = new Int32Array(length).fill(-1);
    this.serials = new Int32Array(length);
  }

  /** Slot of the flow whose place the next one takes; -1 when there is none yet. It may hold another flow by now: see `serial`. */
  get slot(): number {
    return this.slots[this.next]!;
  }

  /** Lower half of that flow's number. */
  get serial(): number {
    return this.serials[this.next]!;
  }

  /** The flow that has just begun takes that place. */
  put(slot: number, serial: number): void {
    this.slots[this.next] = slot;
    this.serials[this.next] = serial | 0;
    this.next = this.next + 1 === this.slots.length ? 0 : this.next + 1;
  }
}
