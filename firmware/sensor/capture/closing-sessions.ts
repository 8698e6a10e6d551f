/**
 * Keeps capture sessions that were closed until libpcap lets go of their handle, which takes one more frame on their interface
 * (node-pcap.ts). Turns closed sessions into freed ones as soon as that can be; says how many still wait.
 */
import type { PacketSession } from './node-pcap.ts';

/** Those of vanished interfaces wait for ever, and each holds a ring in the kernel: beyond this many a restart is due. */
export const CLOSING_SESSIONS_MAX = 4;

export class ClosingSessions {
  #waiting: PacketSession[] = [];

  /** Closes it. */
  add(session: PacketSession): void {
    session.close();
    if (!session.released) this.#waiting.push(session);
  }

  /** Frees what can be freed; returns how many still wait. Not to be called inside a packet callback. */
  sweep(): number {
    this.#waiting = this.#waiting.filter((session) => {
      session.dispatch();
      return !session.released;
    });
    return this.#waiting.length;
  }
}
