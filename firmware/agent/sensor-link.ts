/**
 * The agent's end of the socket between sensor and agent: what the sensor said last, for how long it has been silent, how often it was
 * another process; wakes and messages handed over go to callbacks, the clock's state goes back. A sensor that says nothing is never told as
 * one that sees nothing. Judges no number and keeps no message.
 */
import { randomUUID } from 'node:crypto';
import type { CaptureState, ClockState, SensorReport } from '../contract/health.ts';
import type { NewMessage } from '../outbox/outbox.ts';
import { type HandOver, type Hello, type LinkCounts, type Report, SensorConnection } from './sensor-connection.ts';
import { SocketFile } from './socket-file.ts';

/** A sensor reports once a second, at overload too. */
const silentMsMax = 5_000;
/** A sensor that reads its lists has no time for us; on a small machine and with a large list that takes so long. */
const startingMsMax = 60_000;
/** The sensor hands over one piece at a time; the second is that of its successor. */
const handOversMax = 2;
/** A sensor out of its mind shall not fill the journal. */
const logLinesMax = 30;
const logWindowMs = 60_000;

export interface SensorLinkLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface SensorLinkParts {
  /** Of the socket, absolute. */
  path: string;
  /** The interface or file of the configuration: told until the sensor says it itself. */
  source: string;
  log: SensorLinkLog;
  onReport?: (report: SensorReport) => void;
  /** Something new is in the outbox on disk. */
  onAppended: () => void;
  /** True, once these are kept as well as they can be: only then the sensor forgets them. It may hand over the same ones again. */
  onHandOver: (messages: readonly NewMessage[]) => boolean | Promise<boolean>;
  /** Milliseconds of a clock that nobody sets. */
  monotonicMs?: () => number;
}

export class SensorLink {
  readonly counts: LinkCounts = { refused: 0, dropped: 0, throttled: 0 };
  /** Of this process: what it holds in memory ends with it. */
  readonly #run = randomUUID();
  #held = 0;
  readonly #parts: SensorLinkParts;
  readonly #monotonicMs: () => number;
  readonly #file: SocketFile;
  readonly #connections = new Set<SensorConnection>();
  /** The newest that said hello: the only one that counts. */
  #current: SensorConnection | undefined;
  #process: Hello | undefined;
  #restarts = 0;
  #last: SensorReport | undefined;
  /** The present process has reported. */
  #hasReported = false;
  /** When the sensor last gave a sign, or we began to wait for one. */
  #signMs: number;
  #clock: ClockState | undefined;
  #handOvers = 0;
  #logWindowStartMs = Number.NEGATIVE_INFINITY;
  #logLines = 0;

  constructor(parts: SensorLinkParts) {
    this.#parts = parts;
    this.#monotonicMs = parts.monotonicMs ?? (() => performance.now());
    this.#signMs = this.#monotonicMs();
    this.#file = new SocketFile(parts.path, {
      connection: (socket) => this.#connections.add(new SensorConnection(socket, this.#connectionEvents, this.counts)),
      trouble: (text) => this.#note('warn', { reason: text }, 'trouble with the socket of the sensor'),
    });
  }

  /** Listens. Rejects, in words for people, where it cannot: another agent runs, the path is too long or not ours. */
  async open(): Promise<void> {
    await this.#file.open();
    this.#signMs = this.#monotonicMs();
  }

  close(): void {
    this.#file.close();
    for (const connection of this.#connections) connection.destroy();
  }

  /** How long ago the sensor last reported, said hello, or was first waited for. */
  get silentMs(): number {
    return this.#monotonicMs() - this.#signMs;
  }

  /** What the present sensor process last said of its capture, in its own words; undefined: nothing yet. */
  get told(): SensorReport['capture'] | undefined {
    return this.#hasReported ? this.#last?.capture : undefined;
  }

  /** What the sensor last said; where it says nothing any more, its numbers as they were, and `failed` with the reason. */
  report(): SensorReport {
    const { capture, ...rest } = this.#last ?? { capture: this.#nothingYet() };
    const [state, error] = this.#presentState(capture.state);
    const told = state === undefined ? capture : { ...capture, state, error };
    return { ...rest, capture: told, supervision: { restarts: this.#restarts } };
  }

  /** How many messages that were handed over are still in memory. The sensor is told now, and whenever it comes back. */
  tellHeld(count: number): void {
    if (count === this.#held) return;
    this.#held = count;
    this.#sayHeld();
  }

  /** The sensor is told now, and whenever it comes back. */
  tellClock(clock: ClockState): void {
    this.#clock = clock;
    this.#current?.say({ type: 'clock', clock });
  }

  /** A sensor that is not there reads everything anew when it comes. */
  tellReload(): void {
    this.#current?.say({ type: 'reload' });
  }

  tellRestart(): void {
    this.#current?.say({ type: 'restart' });
  }

  get isConnected(): boolean {
    return this.#current !== undefined;
  }

  #nothingYet(): SensorReport['capture'] {
    return { state: 'starting', source: this.#parts.source, shedding: false, packets: 0, bytes: 0 };
  }

  /** The state that is true in place of the one last told, with the reason; empty where that one still holds. */
  #presentState(toldState: CaptureState): [state: CaptureState, error: string] | [] {
    // A capture file was read to its end, and said so: nobody is missing.
    if (toldState === 'ended' && this.#hasReported) return [];
    const isGone = this.#current === undefined && this.#process !== undefined;
    const silence = `the sensor has not answered for ${Math.floor(this.silentMs / 1_000)} s`;
    if (isGone) return ['failed', `${silence}: it is gone`];
    if (this.silentMs > (this.#hasReported ? silentMsMax : startingMsMax)) return ['failed', silence];
    return this.#hasReported ? [] : ['starting', silence];
  }

  readonly #connectionEvents = {
    hello: (connection: SensorConnection, hello: Hello) => this.#greet(connection, hello),
    message: (connection: SensorConnection, message: Report | HandOver) => {
      if (message.type === 'report') this.#hear(message);
      else this.#takeOver(connection, message);
    },
    appended: () => this.#parts.onAppended(),
    closed: (connection: SensorConnection) => {
      this.#connections.delete(connection);
      if (connection !== this.#current) return;
      this.#current = undefined;
      this.#note('warn', { pid: this.#process?.pid }, 'the sensor is gone');
    },
    dropped: (reason: string) => this.#note('warn', { reason, ...this.counts }, 'a connection of the sensor was ended'),
  };

  #greet(connection: SensorConnection, hello: Hello): void {
    const before = this.#process;
    const isSame = before?.pid === hello.pid && before.startedMs === hello.startedMs;
    if (before !== undefined && !isSame) this.#restarts++;
    const older = this.#current;
    this.#current = connection;
    this.#process = hello;
    this.#hasReported &&= isSame;
    this.#signMs = this.#monotonicMs();
    older?.destroy();
    this.#note('info', { pid: hello.pid, restarts: this.#restarts }, 'the sensor answers');
    if (this.#clock !== undefined) this.tellClock(this.#clock);
    this.#sayHeld();
    // Whatever it appended while nobody listened.
    this.#parts.onAppended();
  }

  #sayHeld(): void {
    this.#current?.say({ type: 'held', run: this.#run, count: this.#held });
  }

  #hear({ report }: Report): void {
    this.#last = report;
    this.#hasReported = true;
    this.#signMs = this.#monotonicMs();
    this.#parts.onReport?.(report);
  }

  /** Unanswered, the sensor keeps them and tries again. */
  #takeOver(connection: SensorConnection, { number, messages }: HandOver): void {
    if (this.#handOvers >= handOversMax) return;
    this.#handOvers++;
    const take = async () => {
      if (await this.#parts.onHandOver(messages.map(newMessage))) connection.say({ type: 'taken', number });
    };
    take()
      .catch((error: unknown) => this.#note('warn', { reason: String(error) }, 'messages handed over could not be kept'))
      .finally(() => {
        this.#handOvers--;
      });
  }

  #note(level: 'info' | 'warn', fields: object, text: string): void {
    const nowMs = this.#monotonicMs();
    if (nowMs - this.#logWindowStartMs > logWindowMs) {
      this.#logWindowStartMs = nowMs;
      this.#logLines = 0;
    }
    if (++this.#logLines <= logLinesMax) this.#parts.log[level](fields, text);
  }
}

function newMessage({ kind, body, encoding, id }: HandOver['messages'][number]): NewMessage {
  return { kind, body: encoding === 'base64' ? Buffer.from(body, 'base64') : body, ...(id === undefined ? {} : { id }) };
}
