/** Flows that began a moment ago, by number, and where the journal tells of it: their answer is added there, in place of an entry of its own. */
import type { Connection } from '../observe/event.ts';
import type { Journal } from './journal.ts';

/** A power of two. Answers come within a second, or tell of themselves. */
const flowsMax = 1024;

export class BegunFlows {
  /** Number of the flow, its lower half, and the place of its entry + 1. */
  private readonly words = new Int32Array(flowsMax * 2);

  /** One that seems to begin at the far end is left out: when our side speaks, that says more than an answer. */
  put(connection: Connection, place: number): void {
    const at = placeOf(connection);
    this.words[at] = connection.flow | 0;
    this.words[at + 1] = connection.serverSpokeFirst ? 0 : place + 1;
  }

  /** False: there is no such entry, or it cannot say this. */
  addFlags(journal: Journal, connection: Connection, flags: number, second: number): boolean {
    const at = placeOf(connection);
    const place = this.words[at + 1]! - 1;
    if (place < 0 || this.words[at] !== (connection.flow | 0) || connection.serverSpokeFirst) return false;
    return journal.addFlags(place, flags, second);
  }

  /** The journal began another part. */
  clear(): void {
    this.words.fill(0);
  }
}

function placeOf({ flow }: Connection): number {
  return (flow & (flowsMax - 1)) << 1;
}
