/**
 * Says on `bcast/centre/state` that the centre stores what boxes send, on behalf of this process and of all others that do. Each says so when
 * it comes, and its will says `offline` when it goes; whoever is still there contradicts with another `generation`, so that boxes send again
 * what may have died with the one that went. All hear all of it in one order; each waits a moment by chance before it speaks and is silent
 * where another was faster, and nobody answers an `online`: so there is no end of talking.
 */
import { randomBytes } from 'node:crypto';
import { type CentreState, centreStateSchema } from '../../firmware/contract/centre-state.ts';
import { broadcast } from '../../firmware/contract/topics.ts';
import type { Connection } from '../connection.ts';

/** Who speaks first is chance; the others have heard it by then. */
const waitMaxMs = 300;
/** Against something foreign that keeps saying `offline`: one word of ours in so long. */
const betweenMs = 1_000;

export class CentreAnnouncer {
  readonly #sinceMs: number;
  readonly #waitMaxMs: number;
  readonly #problem: (text: string) => void;
  #connection: Connection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #spokenMs = Number.NEGATIVE_INFINITY;

  constructor(problem: (text: string) => void, maxMs: number = waitMaxMs) {
    this.#problem = problem;
    this.#waitMaxMs = maxMs;
    this.#sinceMs = Date.now();
  }

  /** To be published by the broker when this process is gone. */
  get will(): { topic: string; body: string } {
    return { topic: broadcast.centreState, body: this.#state(false) };
  }

  /** All subscriptions of this connection are granted: from now on what boxes send is stored. */
  use(connection: Connection): void {
    this.#connection = connection;
    this.#speakSoon();
    void connection.closed.then(() => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#cancel();
    });
  }

  /** What the broker hands over on the topic, our own words included. */
  heard(payload: Buffer, isRetained: boolean): void {
    // What was said before we came does not tell whether anybody is still there.
    if (isRetained) return;
    if (isOnline(payload)) this.#cancel();
    else this.#speakSoon();
  }

  /** Goodbye. Others, if any, will contradict. */
  async leave(connection: Connection): Promise<void> {
    this.#connection = undefined;
    this.#cancel();
    await connection.publish(broadcast.centreState, this.#state(false), { retain: true });
  }

  #speakSoon(): void {
    if (this.#timer !== undefined || this.#connection === undefined) return;
    const pauseMs = Math.max(0, betweenMs - (performance.now() - this.#spokenMs));
    this.#timer = setTimeout(() => this.#speak(), pauseMs + Math.random() * this.#waitMaxMs);
  }

  #speak(): void {
    this.#timer = undefined;
    this.#spokenMs = performance.now();
    this.#connection
      ?.publish(broadcast.centreState, this.#state(true), { retain: true })
      .catch((error: unknown) =>
        this.#problem(`the state of the centre was not published: ${error instanceof Error ? error.message : error}`),
      );
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #state(online: boolean): string {
    const state: CentreState = {
      schema: 'centre-state/1',
      online,
      since: new Date(this.#sinceMs).toISOString(),
      generation: randomBytes(8).toString('hex'),
    };
    return JSON.stringify(state);
  }
}

/** Anything but a valid `online` is to be contradicted. */
function isOnline(payload: Buffer): boolean {
  try {
    return centreStateSchema.safeParse(JSON.parse(payload.toString('utf8', 0, 4_096))).data?.online === true;
  } catch {
    return false;
  }
}
