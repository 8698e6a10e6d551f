/** What a live source says about its interface, and how it words it. */

export type LiveState = 'up' | 'down' | 'no-link' | 'missing' | 'no-permission' | 'failed';

export interface LiveStatus {
  state: LiveState;
  /** One line for people: what is wrong and where. */
  message: string;
  /** Only what detectors need most is captured, because the box is overloaded. */
  shedding: boolean;
}

export const linkWords = {
  up: 'capturing',
  down: 'the interface is down',
  'no-link': 'no link: the cable is unplugged or the other side is off',
  missing: 'there is no such interface',
} as const satisfies Partial<Record<LiveState, string>>;

/** Holds the present status and tells listeners of each change. */
export class StatusBoard {
  readonly #name: string;
  readonly #listeners: ((status: LiveStatus) => void)[] = [];
  #status: LiveStatus;

  constructor(name: string) {
    this.#name = name;
    this.#status = { state: 'missing', message: `${name}: not opened yet`, shedding: false };
  }

  get status(): LiveStatus {
    return this.#status;
  }

  /** The listener hears the present status at once. */
  listen(listener: (status: LiveStatus) => void): void {
    this.#listeners.push(listener);
    listener(this.#status);
  }

  set(state: LiveState, words: string, shedding: boolean): void {
    const before = this.#status;
    const message = `${this.#name}: ${words}`;
    if (before.state === state && before.message === message && before.shedding === shedding) return;
    this.#status = { state, message, shedding };
    for (const listener of this.#listeners) listener(this.#status);
  }

  setShedding(shedding: boolean): void {
    this.set(this.#status.state, this.#status.message.slice(this.#name.length + 2), shedding);
  }
}

/** Words of libpcap, made fit for one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\p{Cc}+/gu, ' ').trim() || 'no reason given';
}
