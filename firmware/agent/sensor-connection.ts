/**
 * One connection of the sensor's end: lines -> checked messages. The sensor may be broken into, so whatever comes is hostile: each line is
 * bounded and checked, so is what a second brings, and a peer that does not read what we say is let go. Knows nothing of what follows.
 */
import type { Socket } from 'node:net';
import { LineReader } from '../contract/link-lines.ts';
import { type FromAgent, type FromSensor, fromSensorSchema, linkLineBytesMax } from '../contract/sensor-message.ts';

/** Our sensor says hello before all else. */
const helloTimeoutMs = 5_000;
/** A report is some 3 KB, and it goes into health: one that is far larger would make that undeliverable. */
const reportBytesMax = 32 * 1024;
/** Our sensor sends a few lines a second, and at most one piece of a hand-over at a time. Whoever sends more is read more slowly. */
const linesPerSecondMax = 500;
const bytesPerSecondMax = 8 * 1024 * 1024;
const secondMs = 1_000;
/** A sensor that is stopped or does not read: what the kernel no longer takes waits here. What we say is some 60 bytes a line. */
const unsentBytesMax = 64 * 1024;

export type Hello = Extract<FromSensor, { type: 'hello' }>;
export type Report = Extract<FromSensor, { type: 'report' }>;
export type HandOver = Extract<FromSensor, { type: 'hand-over' }>;

/** Since the start. */
export interface LinkCounts {
  /** Lines that were none of our messages, and were ignored. */
  refused: number;
  /** Connections ended because of what came over them, or because nothing was read. */
  dropped: number;
  /** Times that a peer sent more than we read in a second. */
  throttled: number;
}

export interface ConnectionEvents {
  hello(connection: SensorConnection, hello: Hello): void;
  /** This and what follows, never before `hello` nor after `destroy`. */
  message(connection: SensorConnection, message: Report | HandOver): void;
  /** Something new is in the outbox; told once for all that came together. */
  appended(): void;
  closed(connection: SensorConnection): void;
  /** One line for people. */
  dropped(reason: string): void;
}

export class SensorConnection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #counts: LinkCounts;
  readonly #reader = new LineReader(linkLineBytesMax);
  readonly #helloTimer: NodeJS.Timeout;
  #greeted = false;
  #appended = false;
  #secondStartMs = 0;
  #lines = 0;
  #bytes = 0;
  #resumeTimer: NodeJS.Timeout | undefined;

  /** Counts into `counts`, which outlives the connection. */
  constructor(socket: Socket, events: ConnectionEvents, counts: LinkCounts) {
    this.#socket = socket;
    this.#events = events;
    this.#counts = counts;
    this.#helloTimer = setTimeout(() => this.destroy(), helloTimeoutMs).unref();
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    // `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(this.#helloTimer);
      clearTimeout(this.#resumeTimer);
      events.closed(this);
    });
  }

  say(message: FromAgent): void {
    if (this.#socket.destroyed) return;
    if (this.#socket.writableLength > unsentBytesMax) this.#drop('the sensor does not read what it is told');
    else this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    for (const line of this.#reader.lines(chunk)) {
      this.#lines++;
      this.#take(line);
      if (this.#socket.destroyed) return;
    }
    if (this.#reader.isOverlong) this.#drop(`a line of more than ${linkLineBytesMax} bytes`);
    if (this.#appended && !this.#socket.destroyed) this.#events.appended();
    this.#appended = false;
    this.#spend(chunk.length);
  }

  #take(line: string): void {
    const message = this.#parse(line);
    if (message === undefined) return;
    if (message.type === 'hello' && !this.#greeted) {
      this.#greeted = true;
      clearTimeout(this.#helloTimer);
      this.#events.hello(this, message);
    } else if (message.type === 'hello' || (message.type === 'report' && Buffer.byteLength(line) > reportBytesMax)) this.#counts.refused++;
    else if (!this.#greeted) this.#drop('it did not say hello');
    else if (message.type === 'appended') this.#appended = true;
    else this.#events.message(this, message);
  }

  /** A message of another version is ignored; what is no JSON never came from a sensor in its right mind. */
  #parse(line: string): FromSensor | undefined {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      this.#counts.refused++;
      this.#drop('a line that is not JSON');
      return undefined;
    }
    const parsed = fromSensorSchema.safeParse(json);
    if (!parsed.success) this.#counts.refused++;
    return parsed.data;
  }

  #drop(reason: string): void {
    if (this.#socket.destroyed) return;
    this.#counts.dropped++;
    this.#socket.destroy();
    this.#events.dropped(reason);
  }

  /** What was too much for this second is paid for with the next ones: nothing is read until then, and the kernel holds the peer. */
  #spend(bytes: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#secondStartMs > secondMs) {
      this.#secondStartMs = nowMs;
      this.#lines = 0;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    if ((this.#lines <= linesPerSecondMax && this.#bytes <= bytesPerSecondMax) || this.#socket.destroyed) return;
    this.#counts.throttled++;
    this.#socket.pause();
    const pauseMs = secondMs * Math.max(this.#lines / linesPerSecondMax, this.#bytes / bytesPerSecondMax);
    this.#resumeTimer = setTimeout(() => this.#socket.resume(), pauseMs).unref();
  }
}
