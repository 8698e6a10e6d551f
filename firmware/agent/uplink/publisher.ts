/**
 * Moves messages from the outbox over one connection at a time. Two bounds: so many on the way to the broker, and so many sent that the
 * centre has not acknowledged. The broker's word only frees a place; a message leaves the outbox by `acknowledge` alone. What has to be
 * sent again is read again, by a fresh cursor: bodies are kept nowhere here. Callbacks note what happened and wake the loop, which sends.
 */
import type { DurableKey } from '../../contract/durable.ts';
import type { OutboxCursor, OutboxMessage, OutboxReader } from '../../outbox/outbox.ts';
import { type Connection, RefusedByBroker } from './connection.ts';
import { messageOf } from './link-fault.ts';
import { publicationOf } from './publication.ts';
import { type CentreNews, SendAgain } from './send-again.ts';
import { SentBook } from './sent-book.ts';

/** How often the outbox is looked at without being woken, since another process fills it; and the grain of every wait in here. */
const pollMs = 250;
/** A broker that refuses a message will refuse it again: no more often than this, so that a missing right costs no storm. */
const refusalPauseMs = 30_000;
/** Room for topic and properties beside the body in the broker's Maximum Packet Size. */
const packetOverheadBytes = 512;
/** On a slow link an alert waits behind what was sent before it, and the broker's word on each comes late: 20 s of 100 kbit/s. */
const onTheWayBytesMax = 256 * 1024;
/** Acknowledged keys that the outbox may have still to remove. Beyond, they are left: they are sent and acknowledged once more. */
const removingMax = 50_000;

export interface PublisherParts {
  box: string;
  outbox: OutboxReader;
  windowMax: number;
  unacknowledgedMax: number;
  centreTimeoutMs: number;
  random: () => number;
  /** Told each time the loop comes round. */
  onTurn?: () => void;
  onProblem: (text: string) => void;
}

/** What belongs to one connection. Answers that come after its end change nothing else. */
interface Run {
  readonly connection: Connection;
  readonly ended: AbortSignal;
  readonly window: number;
  onTheWay: number;
  onTheWayBytes: number;
}

export class Publisher {
  readonly #parts: PublisherParts;
  readonly #book = new SentBook();
  readonly #again: SendAgain;
  #cursor: OutboxCursor | undefined;
  /** Read from the cursor, not yet sent. */
  #read: OutboxMessage[] = [];
  /** The cursor said that there is no more: it is not asked again until then, unless somebody tells of more. */
  #dryUntilMs = 0;
  #isToldOfMore = false;
  /** Pieces of evidence are being sent: read one by one, so that an alert has to wait for few of them. */
  #isBulky = false;
  #pausedUntilMs = 0;
  #isAwake = false;
  #wakeLoop: () => void = () => {};
  #removing = 0;
  #acknowledged = 0;
  #lastAcknowledgedMs: number | undefined;
  #lastSentMs: number | undefined;
  #refused = 0;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#again = new SendAgain(parts.centreTimeoutMs, parts.random);
  }

  /** Messages that the centre acknowledged since the start. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** When the centre last acknowledged anything, ms since 1970. */
  get lastAcknowledgedMs(): number | undefined {
    return this.#lastAcknowledgedMs;
  }

  /** When the broker last took a durable message, ms since 1970. */
  get lastSentMs(): number | undefined {
    return this.#lastSentMs;
  }

  /** Messages sent over this connection that the centre has not acknowledged. */
  get unacknowledged(): number {
    return this.#book.size;
  }

  /** Messages that the broker refused, or that it could not have taken, since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** As far as known: undefined where the centre has said nothing in this connection. */
  get isCentreOnline(): boolean | undefined {
    return this.#again.isCentreOnline;
  }

  /** Says that the outbox has something new. */
  wake(): void {
    this.#isToldOfMore = true;
    this.#dryUntilMs = 0;
    this.#stir();
  }

  /** The centre has committed these to its store: they leave the outbox. */
  acknowledge(keys: readonly DurableKey[]): void {
    if (keys.length === 0) return;
    for (const key of keys) this.#book.delete(key);
    this.#again.acknowledged();
    this.#acknowledged += keys.length;
    this.#lastAcknowledgedMs = Date.now();
    this.#stir();
    if (this.#removing + keys.length > removingMax) return;
    this.#removing += keys.length;
    this.#parts.outbox
      .remove(keys)
      .catch((error: unknown) => this.#parts.onProblem(`the outbox did not let go of what was acknowledged: ${messageOf(error)}`))
      .finally(() => {
        this.#removing -= keys.length;
      });
  }

  /** What the centre says of itself. */
  hear(news: CentreNews, isRetained: boolean): void {
    this.#again.hear(news, isRetained, performance.now());
    this.#stir();
  }

  /** Sends until the connection is over or `signal` is aborted. What the centre has not acknowledged then is sent again by the next run. */
  async run(connection: Connection, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const end = () => {
      over.abort();
      this.#stir();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    void connection.closed.then(end);
    const window = Math.min(this.#parts.windowMax, connection.receiveMaximum);
    const run: Run = { connection, ended: over.signal, window, onTheWay: 0, onTheWayBytes: 0 };
    this.#pausedUntilMs = 0;
    try {
      while (!over.signal.aborted) {
        this.#parts.onTurn?.();
        await this.#fill(run);
        await this.#woken();
      }
    } finally {
      over.abort();
      signal.removeEventListener('abort', end);
    }
  }

  /** The connection is over. */
  disconnected(): void {
    this.#book.clear();
    this.#again.disconnected();
    this.#readAnew();
  }

  async #fill(run: Run): Promise<void> {
    while (!run.ended.aborted) {
      this.#sendAgainWhatIsDue();
      if (performance.now() < this.#pausedUntilMs) return;
      const places = Math.min(run.window - run.onTheWay, this.#parts.unacknowledgedMax - this.#book.size);
      if (places <= 0 || run.onTheWayBytes >= onTheWayBytesMax) return;
      if (this.#read.length === 0 && !(await this.#readOn(places, run.ended))) return;
      const message = run.ended.aborted ? undefined : this.#read.shift();
      if (message !== undefined && !this.#book.has(message)) this.#send(message, run);
    }
  }

  #sendAgainWhatIsDue(): void {
    const untilMs = this.#again.due(this.#book.oldestMs, performance.now());
    if (untilMs !== undefined && this.#book.forgetUntil(untilMs) > 0) this.#readAnew();
  }

  #readAnew(): void {
    this.#cursor = undefined;
    this.#read = [];
    this.#dryUntilMs = 0;
    this.#isBulky = false;
  }

  /** Resolves with false where nothing more waits for now. */
  async #readOn(places: number, ended: AbortSignal): Promise<boolean> {
    if (performance.now() < this.#dryUntilMs) return false;
    // What is appended from here on may be missed by this read; its wake must not be.
    this.#isToldOfMore = false;
    this.#cursor ??= this.#parts.outbox.cursor();
    const messages = await beforeEnd(this.#cursor.next(this.#isBulky ? 1 : places), ended);
    // An outbox that hangs does not hold up the next connection. What it gives too late is left where it is: that one has its own cursor.
    if (messages === undefined) return false;
    this.#read = [...messages];
    const last = this.#read.at(-1);
    this.#isBulky = last !== undefined && (this.#isBulky || last.kind === 'evidence');
    if (last !== undefined || this.#isToldOfMore) return true;
    this.#dryUntilMs = performance.now() + pollMs;
    return false;
  }

  #send(message: OutboxMessage, run: Run): void {
    const publication = publicationOf(message, this.#parts.box);
    const bytes = Buffer.byteLength(publication.body);
    if (bytes + packetOverheadBytes > run.connection.packetBytesMax) {
      this.#giveUp(message);
      return;
    }
    this.#book.add(message, performance.now());
    run.onTheWay++;
    run.onTheWayBytes += bytes;
    run.connection
      .publish(publication)
      .then(
        () => {
          this.#lastSentMs = Date.now();
        },
        (error: unknown) => {
          // Any other error comes with the end of the connection.
          if (error instanceof RefusedByBroker) this.#refuse(message, error);
        },
      )
      .finally(() => {
        run.onTheWay--;
        run.onTheWayBytes -= bytes;
        this.#stir();
      });
  }

  /** The broker said no. The message stays in the outbox and is tried again after a pause. */
  #refuse(message: OutboxMessage, error: RefusedByBroker): void {
    this.#book.delete(message);
    this.#readAnew();
    this.#pausedUntilMs = performance.now() + refusalPauseMs;
    this.#refused++;
    this.#parts.onProblem(`message ${message.seq} (${message.kind}) was not accepted: ${error.message}`);
  }

  /** A message that this broker can never take would block all behind it. */
  #giveUp(message: OutboxMessage): void {
    this.#refused++;
    this.#parts.onProblem(`message ${message.seq} (${message.kind}) is larger than the broker accepts; it was dropped`);
    this.#parts.outbox
      .refuse(message)
      .catch((error: unknown) => this.#parts.onProblem(`the outbox did not drop message ${message.seq}: ${messageOf(error)}`));
  }

  /** Wakes the loop, now or as soon as it goes to sleep. */
  #stir(): void {
    this.#isAwake = true;
    this.#wakeLoop();
  }

  async #woken(): Promise<void> {
    if (!this.#isAwake) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        this.#wakeLoop = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wakeLoop = () => {};
    }
    this.#isAwake = false;
  }
}

/** Resolves with undefined where `ended` comes first. (Not `Promise.race` with one promise for all: it would gather what waits on it.) */
function beforeEnd<Value>(promise: Promise<Value>, ended: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const end = () => resolve(undefined);
    ended.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => ended.removeEventListener('abort', end));
  });
}
