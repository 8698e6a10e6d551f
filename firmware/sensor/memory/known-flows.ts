/** Flows of a moment ago -> what the recorder knows of them, so that it is not found out again for each message in them. A newer one takes the place of an older one. */

const flowsMax = 8192;
const fields = 4;
const at = { flow: 0, host: 1, began: 2, place: 3 } as const;
/** Beside the bits that say who began. */
const swappedBit = 1 << 31;

export class KnownFlows {
  private readonly cells = new Int32Array(flowsMax * fields);
  private cell = 0;

  /**
   * `host`: number of our machine; `began`: bits of `seenBy`; `place`: of the far end's entry in the journal, -1 where there is none. Flow 0 is one that
   * has no record.
   */
  put(flow: number, isSwapped: boolean, host: number, began: number, place: number): void {
    if (flow === 0) return;
    const { cells } = this;
    const cell = (flow & (flowsMax - 1)) * fields;
    cells[cell + at.flow] = flow;
    cells[cell + at.host] = host;
    cells[cell + at.began] = isSwapped ? began | swappedBit : began;
    cells[cell + at.place] = place;
  }

  /** True: it is known, and `host`, `began` and `place` are its. `isSwapped`: the server spoke first; another view of that is another flow. */
  find(flow: number, isSwapped: boolean): boolean {
    const { cells } = this;
    this.cell = (flow & (flowsMax - 1)) * fields;
    return flow !== 0 && cells[this.cell + at.flow] === (flow | 0) && cells[this.cell + at.began]! < 0 === isSwapped;
  }

  get host(): number {
    return this.cells[this.cell + at.host]!;
  }

  get began(): number {
    return this.cells[this.cell + at.began]! & ~swappedBit;
  }

  get place(): number {
    return this.cells[this.cell + at.place]!;
  }

  clear(): void {
    this.cells.fill(0);
  }
}
