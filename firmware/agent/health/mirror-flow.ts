/**
 * Whether a mirror port from which nothing comes is idle or the box is blind: the kernel's own count of received frames beside the sensor's.
 * Reads /sys/class/net, opens no interface and sees no frame.
 */
import { readFileSync } from 'node:fs';

/** A switch port that mirrors is never silent for so long while anybody works; and a restart for less would be rash. */
const windowMs = 60_000;

/** In the kernel's words and count. */
export interface InterfaceCount {
  operState: string;
  rxPackets: number;
}

/** Undefined where the kernel does not tell: no such interface, or `any`, which is none. */
export function readInterfaceCount(name: string, folder = '/sys/class/net'): InterfaceCount | undefined {
  try {
    const operState = readFileSync(`${folder}/${name}/operstate`, 'latin1').trim();
    const rxPackets = Number(readFileSync(`${folder}/${name}/statistics/rx_packets`, 'latin1'));
    return Number.isSafeInteger(rxPackets) ? { operState, rxPackets } : undefined;
  } catch {
    return undefined;
  }
}

/** A while in which the sensor saw nothing, though its capture ran. */
export interface Silence {
  seconds: number;
  /** Frames that the interface received meanwhile. */
  received: number;
  /** Of the interface, at the end of it. */
  operState: string;
}

interface Sample extends InterfaceCount {
  seen: number;
  atMs: number;
}

export class MirrorFlow {
  #from: Sample | undefined;
  #silence: Silence | undefined;

  /** The last whole minute in which nothing was seen; undefined while packets flow, or before that is known. */
  get silence(): Silence | undefined {
    return this.#silence;
  }

  /** `seen`: the sensor's running total; undefined where its capture does not run, of which nothing can be said then. */
  sample(seen: number | undefined, count: InterfaceCount | undefined, atMs: number): void {
    if (seen === undefined || count === undefined) {
      this.#from = undefined;
      this.#silence = undefined;
      return;
    }
    const now = { ...count, seen, atMs };
    const from = this.#from;
    // Fewer: another sensor process, or another interface of this name.
    if (from === undefined || seen !== from.seen || count.rxPackets < from.rxPackets) {
      this.#from = now;
      this.#silence = undefined;
    } else if (atMs - from.atMs >= windowMs) {
      this.#from = now;
      this.#silence = {
        seconds: Math.round((atMs - from.atMs) / 1_000),
        received: count.rxPackets - from.rxPackets,
        operState: count.operState,
      };
    }
  }
}
