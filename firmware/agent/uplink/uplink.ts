/**
 * Keeps the box connected to the broker: connect, say "present", send what the outbox holds, listen to the centre, and after any failure wait
 * and connect anew, for ever. Every error ends here, in `state` and one log line; none leaves as an exception.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Presence } from '../../contract/presence.ts';
import { broadcast, down, up } from '../../contract/topics.ts';
import type { OutboxReader } from '../../outbox/outbox.ts';
import { Pulse } from '../health/pulse.ts';
import { Backoff } from './backoff.ts';
import { type Connection, openConnection } from './connection.ts';
import { Dispatcher, type Handler } from './dispatcher.ts';
import { acknowledgedBy, centreStateOf } from './from-centre.ts';
import { messageOf } from './link-fault.ts';
import type { UplinkOptions } from './options.ts';
import { Publisher } from './publisher.ts';
import { type OnSent, recorded } from './recorded-connection.ts';
import { StandingMessages } from './standing-messages.ts';
import type { UplinkState } from './uplink-state.ts';

/** A connection that lived this long was a success, whatever ended it: the next wait is short again. */
const stableMs = 10_000;
/**
 * A shorter one that brought messages home counts as a success this often: a broker that is restarted twice is back at once, and two boxes
 * with one id, of which each ends the other's connection, do not do so several times a second.
 */
const quickSuccessMs = 300_000;
/** So many short connections in a row are no accident. */
const shortOnesMin = 3;
/** Words of connection.ts for an end that tells no cause. */
const untold = /^the connection (was closed|broke)/;
/** MQTT 5 §3.14.2.1: another client came with this id. */
const takenOver = /\breason 142\b/;
/** How long a stopping box waits for its goodbye to be acknowledged. */
const goodbyeMs = 2_000;
/** How often the outbox is measured while somebody waits for it to be empty. */
const drainPollMs = 100;
/** The way to the broker, its greeting, and what is said first. */
const connectStepsMax = 4;
/** The longest that one step of the loop may take beside its waits: an SD card may stall for many seconds while the outbox is read. */
const stepMs = 60_000;
/** The same trouble is written to the log no more often than this. */
const repeatedNoteMs = 60_000;

export interface UplinkLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface UplinkParts {
  options: UplinkOptions;
  box: string;
  outbox: OutboxReader;
  /** Writes the presence message of a session. */
  presence: (state: { online: boolean; planned?: boolean; session: number }) => Presence;
  log: UplinkLog;
  /** A higher number with each call, from 1; it orders what the box and its wills say. Asked when the way to the broker is open. */
  nextSession?: () => number;
  random?: () => number;
  onConnected?: () => void;
  /** The broker has taken this. */
  onSent?: OnSent;
}

export class Uplink {
  /** Beats each time its loop comes round, connected or not. */
  readonly pulse = new Pulse(stepMs);
  /** States and answers of the box, beside the outbox. */
  readonly standing = new StandingMessages((text) => this.#note(text));
  readonly #parts: UplinkParts;
  readonly #publisher: Publisher;
  readonly #dispatcher = new Dispatcher((text) => this.#note(text));
  readonly #stopping = new AbortController();
  readonly #nextSession: () => number;
  #connection: Connection | undefined;
  #connectedSinceMs: number | undefined;
  #lastHeardMs: number | undefined;
  #connections = 0;
  /** Connections in a row that did not live long. */
  #shortOnes = 0;
  #quickSuccessAtMs = Number.NEGATIVE_INFINITY;
  #session: number | undefined;
  #lastError: string | undefined;
  #notedMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(parts: UplinkParts) {
    this.#parts = parts;
    const { box, outbox, options, random = Math.random } = parts;
    let sessions = 0;
    this.#nextSession = parts.nextSession ?? (() => ++sessions);
    const { windowMax, unacknowledgedMax, centreTimeoutMs } = options;
    const bounds = { windowMax, unacknowledgedMax, centreTimeoutMs };
    this.#publisher = new Publisher({
      box,
      outbox,
      ...bounds,
      random,
      onProblem: (text) => this.#note(text),
      onTurn: () => this.pulse.beat(stepMs),
    });
    this.handle(down.ack(box), ({ payload }) => this.#publisher.acknowledge(acknowledgedBy(payload, box)));
    this.handle(broadcast.centreState, ({ payload, isRetained }) => this.#publisher.hear(centreStateOf(payload), isRetained));
  }

  get state(): UplinkState {
    const { lastAcknowledgedMs, lastSentMs, isCentreOnline, unacknowledged, refused } = this.#publisher;
    const lastHeardMs = this.#connection?.lastHeardMs ?? this.#lastHeardMs;
    return {
      connections: this.#connections,
      unacknowledged,
      refused,
      ignored: this.#dispatcher.ignored,
      ...(this.#connectedSinceMs === undefined ? {} : { connectedSinceMs: this.#connectedSinceMs }),
      ...(this.#session === undefined ? {} : { session: this.#session }),
      ...(lastHeardMs === undefined ? {} : { lastHeardMs }),
      ...(lastSentMs === undefined ? {} : { lastSentMs }),
      ...(lastAcknowledgedMs === undefined ? {} : { lastAcknowledgedMs }),
      ...(isCentreOnline === undefined ? {} : { isCentreOnline }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** Whoever waits for messages of the centre on a topic registers before `start`. Throws where the topic has a handler already. */
  handle(topic: string, handler: Handler): void {
    this.#dispatcher.register(topic, handler);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Says that the outbox has something new. */
  wake(): void {
    this.#publisher.wake();
  }

  /** Sends health if there is a connection; else it is not worth keeping. */
  publishHealth(body: string, expirySeconds: number): void {
    const topic = up.health(this.#parts.box);
    this.#connection
      ?.publish({ topic, body, qos: 0, retain: true, contentType: 'application/json', expirySeconds })
      .catch((error: unknown) => this.#note(`health was not sent: ${messageOf(error)}`));
  }

  /** Resolves with true once the outbox is empty, with false after `timeoutMs` or when the uplink was stopped. */
  async drained(timeoutMs: number): Promise<boolean> {
    const answered = new AbortController();
    const signal = AbortSignal.any([answered.signal, this.#stopping.signal]);
    // An outbox on a disk that hangs never answers. One that does gets the time for one answer.
    const late = sleep(Math.max(timeoutMs, drainPollMs), undefined, { signal }).catch(() => undefined);
    try {
      for (;;) {
        const measure = await Promise.race([late, this.#parts.outbox.measure()]);
        if (measure === undefined || measure.depth === 0) return measure !== undefined;
        await Promise.race([late, sleep(drainPollMs)]);
      }
    } finally {
      answered.abort();
    }
  }

  /** Says that the box is stopping on purpose and closes. Does not wait for the outbox: see `drained`. Harmless twice. */
  async stop(): Promise<void> {
    const connection = this.#connection;
    let isSaid = true;
    if (connection !== undefined && this.#session !== undefined && !this.#stopping.signal.aborted) {
      const goodbye = this.#sayPresence(connection, { online: false, planned: true, session: this.#session }).then(() => true);
      isSaid = await Promise.race([goodbye, sleep(goodbyeMs, false, { ref: false })]);
    }
    this.#stopping.abort();
    // A broker that owes answers for good is left without more ado; the will tells of the end then.
    await Promise.race([this.#running, sleep(isSaid ? goodbyeMs : 0, undefined, { ref: false })]);
    this.#connection?.destroy();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { options, random } = this.#parts;
    const backoff = new Backoff(options.backoff, random);
    let waits = backoff[Symbol.iterator]();
    while (!this.#stopping.signal.aborted) {
      this.pulse.beat(connectStepsMax * options.connectTimeoutMs + stepMs);
      if (await this.#connectOnce()) waits = backoff[Symbol.iterator]();
      const waitMs = waits.next().value;
      this.pulse.beat(waitMs + stepMs);
      await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  /** One connection from begin to end. Resolves with true where the next wait may be short again. */
  async #connectOnce(): Promise<boolean> {
    const { signal } = this.#stopping;
    const acknowledgedBefore = this.#publisher.acknowledged;
    let connectedMs = Number.POSITIVE_INFINITY;
    try {
      const { connection, session } = await this.#open(signal);
      connectedMs = performance.now();
      await Promise.all([this.#sayPresence(connection, { online: true, session }), this.#subscribe(connection)]);
      this.standing.begin(connection);
      this.#parts.onConnected?.();
      await this.#publisher.run(connection, signal);
      if (signal.aborted) await Promise.race([connection.end(), sleep(goodbyeMs, undefined, { ref: false })]);
      else this.#noteEnd(await connection.closed, performance.now() - connectedMs);
    } catch (error) {
      if (!signal.aborted) this.#note(messageOf(error));
    } finally {
      this.#lastHeardMs = this.#connection?.lastHeardMs ?? this.#lastHeardMs;
      this.#connection?.destroy();
      this.standing.end();
      this.#connection = undefined;
      this.#connectedSinceMs = undefined;
      this.#publisher.disconnected();
    }
    return this.#isSuccess(performance.now() - connectedMs, this.#publisher.acknowledged > acknowledgedBefore);
  }

  #isSuccess(livedMs: number, isOfUse: boolean): boolean {
    if (livedMs > stableMs) return true;
    if (!isOfUse || performance.now() - this.#quickSuccessAtMs < quickSuccessMs) return false;
    this.#quickSuccessAtMs = performance.now();
    return true;
  }

  /** Two boxes with one id look like a bad line, to both: somebody has to think of it. */
  #noteEnd(reason: string, livedMs: number): void {
    this.#shortOnes = livedMs > stableMs ? 0 : this.#shortOnes + 1;
    const isTwin = takenOver.test(reason) || (untold.test(reason) && this.#shortOnes >= shortOnesMin);
    this.#note(isTwin ? `${reason}; is another client using this id (${this.#parts.box})?` : reason);
  }

  async #open(signal: AbortSignal): Promise<{ connection: Connection; session: number }> {
    const { options, box, presence, log, onSent } = this.#parts;
    let session = 0;
    const will = () => {
      session = this.#nextSession();
      return { topic: up.presence(box), body: JSON.stringify(presence({ online: false, session })) };
    };
    this.#dispatcher.begin();
    const receive = this.#dispatcher.receive.bind(this.#dispatcher);
    const identity = { clientId: box, will, expirySeconds: options.sessionExpirySeconds, receive };
    const opened = await openConnection(options, identity, signal);
    const connection = onSent === undefined ? opened : recorded(opened, onSent);
    this.#connections++;
    this.#session = session;
    this.#connectedSinceMs = Date.now();
    this.#connection = connection;
    log.info({ broker: new URL(options.url).host, connection: this.#connections, session }, 'connected to the broker');
    if (connection.warning !== undefined) this.#note(connection.warning);
    return { connection, session };
  }

  /** A refused presence is noted and does not end the connection: alerts may still be welcome. */
  async #sayPresence(connection: Connection, state: Parameters<UplinkParts['presence']>[0]): Promise<void> {
    try {
      const body = JSON.stringify(this.#parts.presence(state));
      await connection.publish({ topic: up.presence(this.#parts.box), body, qos: 1, retain: true, contentType: 'application/json' });
    } catch (error) {
      this.#note(`presence was not accepted: ${messageOf(error)}`);
    }
  }

  /** Where it is refused, no acknowledgement will ever come; the duty officers still hear each message once. */
  async #subscribe(connection: Connection): Promise<void> {
    try {
      await connection.subscribe([wholeBranch(down.ack(this.#parts.box), 1), wholeBranch(broadcast.centreState, 2)]);
    } catch (error) {
      this.#note(`the broker does not let the box hear the centre, so nothing can leave the outbox: ${messageOf(error)}`);
    }
  }

  #note(text: string): void {
    // A broker that is away for a day is one line, not a line for each attempt.
    const isRepeated = text === this.#lastError && (this.#connection === undefined || performance.now() - this.#notedMs < repeatedNoteMs);
    if (!isRepeated) {
      this.#parts.log.warn({ reason: text }, 'trouble with the broker');
      this.#notedMs = performance.now();
    }
    this.#lastError = text;
  }
}

/** All topics that share the beginning of one: the last `levels` of it give way. */
function wholeBranch(topic: string, levels: number): string {
  return [...topic.split('/').slice(0, -levels), '#'].join('/');
}
