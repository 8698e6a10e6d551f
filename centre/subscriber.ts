/**
 * The centre's ear for people: subscribes to what every box sends and to what the centre itself noticed, checks each message, and hands it
 * on. A message that does not follow its schema, or that speaks for another box than its topic names, is counted and reported, never handed
 * on. Stores and acknowledges nothing: that is for ingest.
 */
import type { Alert } from '../firmware/contract/alert.ts';
import { type CentreAlert, centreAlertSchema } from '../firmware/contract/centre-alert.ts';
import type { Health } from '../firmware/contract/health.ts';
import type { Presence } from '../firmware/contract/presence.ts';
import { centre, everyBox } from '../firmware/contract/topics.ts';
import { keepConnected } from './broker-link.ts';
import { type BrokerAccess, type Connection, credentialsOf, openConnection, type Received } from './connection.ts';
import { jsonBytesMax, readMessage } from './message.ts';

const topics = [everyBox.alert, everyBox.presence, everyBox.health, centre.everyAlert];

export interface Listener {
  alert(alert: Alert): void;
  presence?(presence: Presence): void;
  health?(health: Health): void;
  centreAlert?(alert: CentreAlert): void;
  /** For people: the link is down, or a message was refused. */
  problem(text: string): void;
}

export class Subscriber {
  readonly #listener: Listener;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  /** Messages that did not follow their schema. */
  refused = 0;
  /** Resolves at the first subscription that the broker granted. */
  readonly ready: Promise<void>;

  /** Throws where a file of the access cannot be read. */
  constructor(access: BrokerAccess, listener: Listener) {
    credentialsOf(access);
    this.#listener = listener;
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    const receive = (message: Received, done: () => void) => {
      this.#receive(message);
      done();
    };
    const begin = async (connection: Connection) => {
      await connection.subscribe(topics);
      ready.resolve();
    };
    const { signal } = this.#stopping;
    const open = () => openConnection(access, {}, receive, signal);
    this.#running = keepConnected({ open, begin, problem: (text) => listener.problem(text) }, signal);
  }

  async end(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #receive({ topic, payload }: Received): void {
    const listener = this.#listener;
    if (topic.startsWith(centre.alert(''))) {
      this.#receiveCentreAlert(topic, payload);
      return;
    }
    const message = readMessage(topic, payload);
    if (message === undefined) return;
    if (message.state === 'refused') this.#refuse(topic, message.why);
    else if (message.kind === 'alert') listener.alert(message.message);
    else if (message.kind === 'presence') listener.presence?.(message.message);
    else if (message.kind === 'health') listener.health?.(message.message);
  }

  #receiveCentreAlert(topic: string, payload: Buffer): void {
    let json: unknown;
    try {
      json = payload.length > jsonBytesMax ? undefined : JSON.parse(payload.toString('utf8'));
    } catch {
      // Not JSON is no message: the schema refuses it and says so.
    }
    const parsed = centreAlertSchema.safeParse(json);
    if (parsed.success) this.#listener.centreAlert?.(parsed.data);
    else this.#refuse(topic, parsed.error.issues[0]?.message ?? '');
  }

  #refuse(topic: string, why: string): void {
    this.refused++;
    this.#listener.problem(`refused a message on ${topic}: ${why}`);
  }
}
