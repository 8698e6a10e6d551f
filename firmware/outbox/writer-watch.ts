/** The state of an outbox's writing end, looked at again and again -> one line of the log for each change that a person should know of. */
import type { OutboxWriterState } from './outbox.ts';

export interface WatchLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export class WriterWatch {
  readonly #log: WatchLog;
  #mode: OutboxWriterState['mode'] = 'disk';
  #begunAnew = 0;

  constructor(log: WatchLog) {
    this.#log = log;
  }

  look({ mode, error, waiting, begunAnew }: OutboxWriterState): void {
    if (mode !== this.#mode) {
      this.#mode = mode;
      if (mode === 'memory') this.#log.warn({ reason: error, waiting }, 'the outbox cannot be written: messages are kept in memory only');
      else this.#log.info({ waiting }, 'the outbox is written to disk again');
    }
    if (begunAnew > this.#begunAnew) this.#log.warn({ begunAnew }, 'the outbox was damaged or gone: a new one was begun');
    this.#begunAnew = begunAnew;
  }
}
