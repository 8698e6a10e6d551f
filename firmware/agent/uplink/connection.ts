/**
 * One connection to the broker, from CONNECT to its end; the only file that knows the mqtt package. A connection is used once: mqtt.js
 * reconnects without back-off, gives up for good at a refused CONNACK and keeps what it could not send in a store of its own, so each of
 * our connections is a fresh client and nothing survives in it. Does not retry and does not choose what to send.
 */
import { readFile } from 'node:fs/promises';
import type { SecureVersion } from 'node:tls';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { UplinkOptions } from './options.ts';

/** MQTT 5 §3.2.2.3.3: what a broker that names no Receive Maximum accepts. */
const receiveMaximumDefault = 65_535;
/** MQTT 5 §2.4: reason codes from here on mean refusal. */
const refusalCodeMin = 0x80;

export interface Publication {
  topic: string;
  body: string;
  qos: 0 | 1;
  retain: boolean;
  correlation?: string;
  expirySeconds?: number;
}

export interface Identity {
  clientId: string;
  /** What the broker publishes when the box falls silent. */
  will?: { topic: string; body: string };
}

/** The broker took the message and said no (no right to the topic, quota …). The connection stays. */
export class RefusedByBroker extends Error {
  override readonly name = 'RefusedByBroker';
}

export interface Connection {
  /** Messages of QoS 1 that the broker takes at once. */
  readonly receiveMaximum: number;
  /** Largest packet that the broker takes; Infinity where it names none. */
  readonly packetBytesMax: number;
  /** When the broker last sent anything, ms since 1970. */
  readonly lastHeardMs: number;
  /** Resolves, never rejects, once the connection is over, with the reason for people. */
  readonly closed: Promise<string>;
  /** Resolves when a QoS 1 message was acknowledged, or a QoS 0 message was handed to the socket. */
  publish(publication: Publication): Promise<void>;
  /** Says goodbye (the will is not published) and closes. */
  end(): Promise<void>;
  /** Closes at once, without a goodbye (the will is published). */
  destroy(): void;
}

/** Resolves once the broker has accepted the connection. Rejects with an `Error` whose message is fit for people. */
export async function openConnection(options: UplinkOptions, identity: Identity, signal: AbortSignal): Promise<Connection> {
  const client = connect(options.url, await clientOptions(options, identity));
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

async function clientOptions(options: UplinkOptions, identity: Identity): Promise<IClientOptions & { minVersion: SecureVersion }> {
  const [ca, cert, key, secret] = await Promise.all(
    [options.caFile, options.certFile, options.keyFile, options.passwordFile].map((file) =>
      file === undefined ? undefined : readFile(file),
    ),
  );
  const password = secret === undefined ? options.password : secret.toString('utf8').split(/\r?\n/, 1)[0];
  return {
    protocolVersion: 5,
    clientId: identity.clientId,
    clean: true,
    keepalive: options.keepaliveSeconds,
    connectTimeout: options.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    ...(identity.will === undefined ? {} : { will: willOf(identity.will) }),
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function willOf({ topic, body }: { topic: string; body: string }): NonNullable<IClientOptions['will']> {
  return { topic, payload: Buffer.from(body), qos: 1, retain: true, properties: { contentType: 'application/json' } };
}

class MqttConnection implements Connection {
  readonly #client: MqttClient;
  readonly closed: Promise<string>;
  #lastHeardMs = Date.now();

  constructor(client: MqttClient) {
    this.#client = client;
    let reason = 'the connection was closed';
    client.on('packetreceive', () => {
      this.#lastHeardMs = Date.now();
    });
    client.on('disconnect', (packet) => {
      reason = `the broker ended the connection: reason ${packet.reasonCode ?? 0} ${packet.properties?.reasonString ?? ''}`.trim();
    });
    this.closed = new Promise((resolve) => {
      const over = () => {
        client.end(true);
        resolve(reason);
      };
      // These listeners stay: an `error` event without one would end the process, and mqtt.js may emit it late.
      client.on('error', (error) => {
        reason = describe(error);
        over();
      });
      client.on('close', over);
      client.on('end', over);
    });
  }

  get receiveMaximum(): number {
    return this.#client.serverProperties?.receiveMaximum ?? receiveMaximumDefault;
  }

  get packetBytesMax(): number {
    return this.#client.serverProperties?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
  }

  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  publish({ topic, body, qos, retain, correlation, expirySeconds }: Publication): Promise<void> {
    const properties = {
      contentType: 'application/json',
      ...(correlation === undefined ? {} : { correlationData: Buffer.from(correlation) }),
      ...(expirySeconds === undefined ? {} : { messageExpiryInterval: Math.ceil(expirySeconds) }),
    };
    return new Promise((resolve, reject) => {
      this.#client.publish(topic, body, { qos, retain, properties }, (error) => {
        if (!error) resolve();
        else if ('code' in error && typeof error.code === 'number' && error.code >= refusalCodeMin)
          reject(new RefusedByBroker(`${error.message} (reason ${error.code})`));
        else reject(error);
      });
    });
  }

  async end(): Promise<void> {
    this.#client.end(false);
    await this.closed;
  }

  destroy(): void {
    this.#client.end(true);
  }
}

function describe(error: Error): string {
  // With several addresses to try, Node reports an AggregateError with an empty message; its code still says what happened.
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
