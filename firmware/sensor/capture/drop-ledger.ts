/** Turns the counters of one kernel socket after another into totals that only grow. Reads nothing itself. */

export interface SocketCounters {
  /** Frames that passed the filter, dropped ones among them. 32 bits, like the others: they wrap within hours. */
  received: number;
  dropped: number;
  interfaceDropped: number;
}

export class DropLedger {
  /** Frames that the kernel offered to us. */
  offered = 0;
  /** Frames that the kernel or a change of sessions lost. */
  dropped = 0;
  interfaceDropped = 0;
  #last: SocketCounters = { received: 0, dropped: 0, interfaceDropped: 0 };
  #sessionKept = 0;

  /** The counters of the present session, as often as one likes. */
  update(now: SocketCounters): void {
    const offered = (now.received - this.#last.received) >>> 0;
    const dropped = (now.dropped - this.#last.dropped) >>> 0;
    this.offered += offered;
    this.dropped += dropped;
    this.interfaceDropped += (now.interfaceDropped - this.#last.interfaceDropped) >>> 0;
    this.#sessionKept += offered - dropped;
    this.#last = { received: now.received, dropped: now.dropped, interfaceDropped: now.interfaceDropped };
  }

  /** Ends a session that gave out `delivered` frames: what else the kernel had kept for it is lost with its buffer. */
  endSession(delivered: number): void {
    if (this.#sessionKept > delivered) this.dropped += this.#sessionKept - delivered;
    this.#last = { received: 0, dropped: 0, interfaceDropped: 0 };
    this.#sessionKept = 0;
  }
}
