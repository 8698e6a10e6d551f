/** Slots wait for their time; the earliest comes out first. A binary heap over typed arrays, of fixed size. */
export class TimeQueue {
  private readonly times: Float64Array;
  private readonly slots: Int32Array;
  private count = 0;

  constructor(capacity: number) {
    this.times = new Float64Array(capacity);
    this.slots = new Int32Array(capacity);
  }

  get size(): number {
    return this.count;
  }

  /** The earliest time; ask only when `size` is not 0. */
  get firstTime(): number {
    return this.times[0]!;
  }

  get firstSlot(): number {
    return this.slots[0]!;
  }

  push(time: number, slot: number): void {
    let at = this.count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.times[parent]! <= time) break;
      this.put(at, this.times[parent]!, this.slots[parent]!);
      at = parent;
    }
    this.put(at, time, slot);
  }

  /** Gives the first slot a new time: cheaper than taking it out and pushing it again. */
  moveFirst(time: number): void {
    this.sink(time, this.slots[0]!);
  }

  removeFirst(): void {
    this.count--;
    if (this.count > 0) this.sink(this.times[this.count]!, this.slots[this.count]!);
  }

  private sink(time: number, slot: number): void {
    const times = this.times;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.count) break;
      if (child + 1 < this.count && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= time) break;
      this.put(at, times[child]!, this.slots[child]!);
      at = child;
    }
    this.put(at, time, slot);
  }

  private put(at: number, time: number, slot: number): void {
    this.times[at] = time;
    this.slots[at] = slot;
  }
}
