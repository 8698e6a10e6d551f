/** Flows of a moment ago -> where in the journal their far end stands. A newer flow takes the place of an older one. */

const flowsMax = 8192;
const fields = 2;

export class FlowPlaces {
  /** The flow's number, and the place + 1. */
  private readonly cells = new Int32Array(flowsMax * fields);

  /** Flow 0 is one that has no record. */
  put(flow: number, place: number): void {
    if (flow === 0) return;
    const at = (flow & (flowsMax - 1)) * fields;
    this.cells[at] = flow;
    this.cells[at + 1] = place + 1;
  }

  find(flow: number): number {
    const at = (flow & (flowsMax - 1)) * fields;
    return flow !== 0 && this.cells[at] === (flow | 0) ? this.cells[at + 1]! - 1 : -1;
  }

  clear(): void {
    this.cells.fill(0);
  }
}
