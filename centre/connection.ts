/**
 * One connection of the centre to its broker, from CONNECT to its end; the only file of the centre that knows the mqtt package. A connection
 * is used once: mqtt.js keeps what it could not send in a store of its own and reconnects without back-off, so each of ours is a fresh
 * client. What is received goes to one function, which may hold the broker up. Does not retry, and does not look into messages.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { z } from 'zod';

const protocols = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];
const connectTimeoutMs = 10_000;
/** Short, so that the will of a machine that lost its power tells the boxes within half a minute. */
const keepaliveSeconds = 20;
/** MQTT 5 §3.2.2.3.3: what a broker that names no Receive Maximum accepts. */
const receiveMaximumDefault = 65_535;
/** Ours are UUIDs. */
const correlationBytesMax = 128;
/** MQTT 5 §2.4: reason codes from here on mean refusal. */
const refusalCodeMin = 0x80;

export const brokerAccessSchema = z.object({
  url: z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: 'is not a broker URL such as mqtts://host:8883',
  }),
  username: z.string().optional(),
  password: z.string().optional(),
  caFile: z.string().optional(),
  certFile: z.string().optional(),
  keyFile: z.string().optional(),
});
export type BrokerAccess = z.infer<typeof brokerAccessSchema>;

/** What the broker hands over. */
export interface Received {
  topic: string;
  payload: Buffer;
  /** From the broker's memory, at the beginning of a subscription: tells what was. */
  isRetained: boolean;
  properties: Readonly<Record<string, string | string[]>>;
  /** MQTT 5 §3.3.2.3.6: what an answer carries back from its question. */
  correlation?: string;
}

export interface PublishOptions {
  retain?: boolean;
  /** MQTT 5 §3.3.2.3.3: the broker forgets the message after so many seconds. */
  expirySeconds?: number;
  correlation?: string;
}

/** Takes a message. Nothing more is read from the socket until `done` is called. */
export type Receive = (message: Received, done: () => void) => void;

export interface Identity {
  clientId?: string;
  /** What the broker publishes, retained, when the connection ends without a goodbye. */
  will?: { topic: string; body: string };
  /** Messages of QoS 1 that the broker may have on their way to us. */
  receiveMaximum?: number;
}

/** The broker took the message and said no (no right to the topic, quota …). The connection stays. */
export class RefusedByBroker extends Error {
  override readonly name = 'RefusedByBroker';
}

export interface Connection {
  /** Messages of QoS 1 that the broker takes at once. */
  readonly receiveMaximum: number;
  /** Resolves, never rejects, once the connection is over, with the reason for people. */
  readonly closed: Promise<string>;
  /**
   * Resolves when the broker granted all of it. `asPublished`: `isRetained` tells how a message was published, not whence it comes
   * (MQTT 5 §3.8.3.1); for shared subscriptions, which get nothing from the broker's memory.
   */
  subscribe(topics: readonly string[], options?: { asPublished?: boolean }): Promise<void>;
  /** QoS 1: resolves when the broker has it. */
  publish(topic: string, body: string, options?: PublishOptions): Promise<void>;
  /** Says goodbye (the will is not published) and closes. */
  end(): Promise<void>;
  /** Closes at once, without a goodbye (the will is published). */
  destroy(): void;
}

/** Resolves once the broker has accepted the connection. Rejects with an `Error` whose message is fit for people. */
export async function openConnection(access: BrokerAccess, identity: Identity, receive: Receive, signal: AbortSignal): Promise<Connection> {
  const client = connect(access.url, { ...credentialsOf(access), ...optionsOf(identity) });
  withoutDelay(client);
  client.handleMessage = (packet, done) => receive(receivedOf(packet), done);
  const link = new MqttConnection(client);
  const abort = () => link.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      void link.closed.then((reason) => reject(new Error(reason)));
      if (signal.aborted) abort();
    });
    return link;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** mqtt.js leaves Nagle's algorithm on: an ack then waits 40 ms for the delayed TCP acknowledgement of the PUBACK before it (measured). */
function withoutDelay({ stream }: MqttClient): void {
  if (stream instanceof Socket) stream.setNoDelay(true);
}

/** Read anew for each connection, so that renewed certificates need no restart. Throws where a file cannot be read. */
export function credentialsOf({ username, password, caFile, certFile, keyFile }: BrokerAccess): IClientOptions {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    ...(certFile === undefined ? {} : { cert: readFileSync(certFile) }),
    ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
  };
}

function optionsOf({ clientId, will, receiveMaximum }: Identity): IClientOptions & { minVersion: SecureVersion } {
  return {
    protocolVersion: 5,
    clientId: clientId ?? `centre.${randomBytes(6).toString('hex')}`,
    clean: true,
    keepalive: keepaliveSeconds,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    ...(receiveMaximum === undefined ? {} : { properties: { receiveMaximum } }),
    ...(will === undefined ? {} : { will: { topic: will.topic, payload: Buffer.from(will.body), qos: 1, retain: true } }),
  };
}

function receivedOf({ topic, payload, retain, properties }: IPublishPacket): Received {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const correlation = properties?.correlationData?.toString('utf8', 0, correlationBytesMax);
  const received = { topic, payload: bytes, isRetained: retain, properties: properties?.userProperties ?? {} };
  return correlation === undefined ? received : { ...received, correlation };
}

class MqttConnection implements Connection {
  readonly #client: MqttClient;
  readonly closed: Promise<string>;
  /** mqtt.js may never answer what was asked of a connection that ended. */
  readonly #waiting = new Set<(error: Error) => void>();
  #isOver = false;

  constructor(client: MqttClient) {
    this.#client = client;
    let reason = 'the connection to the broker was closed';
    client.on('disconnect', (packet) => {
      reason = `the broker ended the connection: reason ${packet.reasonCode ?? 0} ${packet.properties?.reasonString ?? ''}`.trim();
    });
    this.closed = new Promise((resolve) => {
      const over = () => {
        this.#isOver = true;
        client.end(true);
        for (const reject of this.#waiting) reject(new Error(reason));
        this.#waiting.clear();
        resolve(reason);
      };
      // These listeners stay: an `error` event without one would end the process, and mqtt.js may emit it late.
      client.on('error', (error) => {
        reason = messageOf(error);
        over();
      });
      client.on('close', over);
      client.on('end', over);
    });
  }

  get receiveMaximum(): number {
    return this.#client.serverProperties?.receiveMaximum ?? receiveMaximumDefault;
  }

  async subscribe(topics: readonly string[], { asPublished = false } = {}): Promise<void> {
    const granted = await this.#answered<{ topic: string; qos: number }[]>((done) => {
      this.#client.subscribe([...topics], { qos: 1, rap: asPublished }, (error, grants) => done(error, grants ?? []));
    });
    const refused = granted.find(({ qos }) => qos >= refusalCodeMin);
    if (refused !== undefined) throw new RefusedByBroker(`the broker refuses the subscription to ${refused.topic} (reason ${refused.qos})`);
  }

  publish(topic: string, body: string, { retain = false, expirySeconds, correlation }: PublishOptions = {}): Promise<void> {
    const properties = {
      contentType: 'application/json',
      ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
      ...(correlation === undefined ? {} : { correlationData: Buffer.from(correlation) }),
    };
    return this.#answered((done) => {
      this.#client.publish(topic, body, { qos: 1, retain, properties }, (error) => done(refusalOf(error), undefined));
    });
  }

  async end(): Promise<void> {
    this.#client.end(false);
    await this.closed;
  }

  destroy(): void {
    this.#client.end(true);
  }

  #answered<T>(ask: (done: (error: Error | null | undefined, answer: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) {
        reject(new Error('the connection to the broker is over'));
        return;
      }
      this.#waiting.add(reject);
      ask((error, answer) => {
        this.#waiting.delete(reject);
        if (error) reject(error);
        else resolve(answer);
      });
    });
  }
}

function refusalOf(error: Error | null | undefined): Error | null | undefined {
  const isRefusal = error && 'code' in error && typeof error.code === 'number' && error.code >= refusalCodeMin;
  return isRefusal ? new RefusedByBroker(`${error.message} (reason ${error.code})`) : error;
}

function messageOf(error: Error): string {
  // With several addresses to try, Node reports an AggregateError with an empty message; its code still says what happened.
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
