/**
 * One connection to the broker, from CONNECT to its end; the only file that knows the mqtt package. A connection is used once: mqtt.js
 * reconnects without back-off, gives up for good at a refused CONNACK and keeps what it could not send in a store of its own, so each of
 * our connections is a fresh client and nothing survives in it. The broker's end may survive (`session.expirySeconds`): what came for the
 * box meanwhile arrives with the next connection, some of it twice. Does not retry and does not choose what to send.
 */
import { type IClientOptions, MqttClient } from 'mqtt';
import { Answers } from './answers.ts';
import { readPassword } from './credentials.ts';
import { type Incoming, payloadBytesMax } from './dispatcher.ts';
import { faultOf, LinkFault, messageOf, printable } from './link-fault.ts';
import { authorityOf, type UplinkOptions } from './options.ts';
import { feedByPacket } from './packet-feed.ts';
import { type OpenStream, openStream } from './stream.ts';

/** MQTT 5 §3.2.2.3.3: what a broker that names no Receive Maximum accepts. */
const receiveMaximumDefault = 65_535;
/** MQTT 5 §2.4: reason codes from here on mean refusal. */
const refusalCodeMin = 0x80;
/** Messages that the broker may send us before we acknowledged one. */
const ownReceiveMaximum = 64;
/** Twice the largest payload in use: what lies between reaches the box, is counted there and dropped. */
const ownPacketBytesMax = 2 * payloadBytesMax;
/** Mosquitto leaves the fixed header out of its sum, so a packet may be a few bytes larger than we announced: no reason to hang up. */
const packetSlackBytes = 16;
/** What mqtt.js says where CONNACK does not come in time. */
const greetingTimeout = 'connack timeout';
/** How often the broker's silence is looked at. */
const overdueCheckMs = 250;

export interface Publication {
  topic: string;
  body: string | Uint8Array;
  qos: 0 | 1;
  retain: boolean;
  contentType: string;
  correlation?: string;
  expirySeconds?: number;
  userProperties?: Readonly<Record<string, string>>;
}

export interface Session {
  clientId: string;
  /** What the broker publishes when the box falls silent; asked for once the way to the broker is open. */
  will?: () => { topic: string; body: string };
  /** How long the broker keeps subscriptions and messages after the end; 0 where absent. */
  expirySeconds?: number;
  /** Takes every message that comes, from the first moment on. Must not throw. */
  receive?: (message: Incoming) => void;
}

/** The broker took the message and said no (no right to the topic, quota …). The connection stays. */
export class RefusedByBroker extends Error {
  override readonly name = 'RefusedByBroker';
}

export interface Connection {
  /** Messages of QoS 1 that the broker takes at once. More wait here until it has acknowledged one. */
  readonly receiveMaximum: number;
  /** Largest packet that the broker takes; Infinity where it names none. */
  readonly packetBytesMax: number;
  /** When the broker last sent anything, ms since 1970. */
  readonly lastHeardMs: number;
  /** Something that people should see to, though the connection stands. */
  readonly warning: string | undefined;
  /** Resolves, never rejects, once the connection is over, with the reason for people. */
  readonly closed: Promise<string>;
  /** QoS 1: resolves when the broker acknowledged the message; rejects where it refused, and at the end. QoS 0: resolves at once. */
  publish(publication: Publication): Promise<void>;
  /** At QoS 1. Resolves once the broker granted all of them; rejects where it refused one, and at the end. */
  subscribe(topics: readonly string[]): Promise<void>;
  /** Says goodbye (the will is not published) and closes. */
  end(): Promise<void>;
  /** Closes at once, without a goodbye (the will is published). */
  destroy(): void;
}

/** Resolves once the broker has accepted the connection. Rejects with an `Error` whose message is fit for people. */
export async function openConnection(options: UplinkOptions, session: Session, signal: AbortSignal): Promise<Connection> {
  const password = options.passwordFile === undefined ? options.password : await readPassword(options.passwordFile);
  const open = await openStream(options, signal);
  const link = linkOver(open, options, session, password);
  const abort = () => link.destroy();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    await link.opened;
    return link;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function linkOver(open: OpenStream, options: UplinkOptions, session: Session, password: string | undefined): MqttConnection {
  try {
    return new MqttConnection(open, clientOptions(options, session, password), session.receive, options.acknowledgeTimeoutMs);
  } catch (error) {
    // Whoever writes the will may fail.
    open.stream.destroy();
    throw error;
  }
}

function clientOptions(options: UplinkOptions, { clientId, will, expirySeconds = 0 }: Session, password: string | undefined) {
  return {
    protocolVersion: 5,
    clientId,
    clean: expirySeconds === 0,
    keepalive: options.keepaliveSeconds,
    connectTimeout: options.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    properties: { sessionExpiryInterval: expirySeconds, receiveMaximum: ownReceiveMaximum, maximumPacketSize: ownPacketBytesMax },
    ...(will === undefined ? {} : { will: willOf(will()) }),
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(password === undefined ? {} : { password }),
  } as const satisfies IClientOptions;
}

function willOf({ topic, body }: { topic: string; body: string }): NonNullable<IClientOptions['will']> {
  return { topic, payload: Buffer.from(body), qos: 1, retain: true, properties: { contentType: 'application/json' } };
}

class MqttConnection implements Connection {
  readonly opened: Promise<void>;
  readonly closed: Promise<string>;
  readonly #open: OpenStream;
  readonly #client: MqttClient;
  readonly #acknowledgeTimeoutMs: number;
  readonly #answers = new Answers(() => this.receiveMaximum);
  #lastHeardMs = Date.now();
  #isOpened = false;
  #isOver = false;
  /** What ended the connection: the first cause counts, not what follows from it. */
  #reason: string | undefined;

  constructor(open: OpenStream, options: ReturnType<typeof clientOptions>, receive: Session['receive'], acknowledgeTimeoutMs: number) {
    this.#open = open;
    this.#acknowledgeTimeoutMs = acknowledgeTimeoutMs;
    feedByPacket(open.stream, ownPacketBytesMax + packetSlackBytes, ({ message }) => {
      this.#reason ??= message;
    });
    const properties: IClientOptions['properties'] = { ...options.properties };
    this.#client = new MqttClient(() => open.stream, { ...options, properties });
    // CONNECT is written by now. From here on mqtt.js compares with this, not with what was announced.
    properties.maximumPacketSize = ownPacketBytesMax + packetSlackBytes;
    this.#listen(receive);
    this.closed = this.#end();
    this.opened = new Promise((resolve, reject) => {
      this.#client.once('connect', () => {
        this.#isOpened = true;
        resolve();
      });
      void this.closed.then((reason) => reject(new LinkFault('broker', reason)));
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

  get warning(): string | undefined {
    return this.#open.warning;
  }

  async publish(publication: Publication): Promise<void> {
    const { topic, body, qos, retain } = publication;
    const payload = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const options = { qos, retain, properties: propertiesOf(publication) };
    if (qos === 0) this.#client.publish(topic, payload, options, () => undefined);
    else await this.#answers.ask((answered) => this.#client.publish(topic, payload, options, (error) => answered(refusalOf(error))));
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#answers.ask((answered) => this.#client.subscribe([...topics], { qos: 1 }, answered));
  }

  async end(): Promise<void> {
    this.#client.end(false);
    await this.closed;
  }

  destroy(): void {
    // Not by the client: it does nothing more where its goodbye waits for an answer that never comes.
    this.#open.stream.destroy();
  }

  #listen(receive: Session['receive']): void {
    this.#client.on('packetreceive', () => {
      this.#lastHeardMs = Date.now();
    });
    this.#client.on('message', (topic, payload, { retain, properties }) => {
      const correlation = properties?.correlationData;
      if (!this.#isOver) receive?.({ topic, payload, isRetained: retain, ...(correlation === undefined ? {} : { correlation }) });
    });
    this.#client.on('disconnect', ({ reasonCode = 0, properties }) => {
      this.#reason ??= `the broker ended the connection: reason ${reasonCode} ${printable(properties?.reasonString ?? '', 200)}`.trim();
    });
  }

  #end(): Promise<string> {
    const silence = setInterval(() => {
      if (performance.now() - (this.#answers.oldestMs ?? Number.POSITIVE_INFINITY) <= this.#acknowledgeTimeoutMs) return;
      this.#reason ??= 'the broker does not acknowledge what it was sent; connecting anew';
      this.destroy();
    }, overdueCheckMs);
    return new Promise((resolve) => {
      const over = () => {
        if (this.#isOver) return;
        this.#isOver = true;
        clearInterval(silence);
        const reason = this.#words();
        this.#answers.end(new Error(reason));
        this.#client.end(true);
        this.destroy();
        resolve(reason);
      };
      // These listeners stay: an `error` event without one would end the process, and mqtt.js may emit it late.
      this.#client.on('error', (error) => {
        this.#reason ??= this.#isOpened ? `the connection broke: ${messageOf(error)}` : faultOf(error, this.#open.route).message;
        over();
      });
      this.#client.on('close', over);
      this.#client.on('end', over);
      // The stream may have closed before anybody listened.
      if (this.#open.stream.destroyed) over();
    });
  }

  #words(): string {
    const { route, warning } = this.#open;
    if (this.#isOpened) return this.#reason ?? 'the connection was closed';
    const at = authorityOf(route.to);
    const isLate = this.#reason === greetingTimeout;
    const silence = isLate
      ? `${at} took the connection, but gave no MQTT greeting in time`
      : `${at} closed the connection without a greeting`;
    const reason = this.#reason === undefined || isLate ? `${silence}; check port and protocol (mqtt:// or mqtts://) of url` : this.#reason;
    return warning === undefined ? reason : `${reason}; ${warning}`;
  }
}

function propertiesOf({ contentType, correlation, expirySeconds, userProperties }: Publication) {
  return {
    contentType,
    ...(correlation === undefined ? {} : { correlationData: Buffer.from(correlation) }),
    ...(expirySeconds === undefined ? {} : { messageExpiryInterval: Math.ceil(expirySeconds) }),
    ...(userProperties === undefined ? {} : { userProperties: { ...userProperties } }),
  };
}

function refusalOf(error: Error | null | undefined): Error | null | undefined {
  const isRefusal = error && 'code' in error && typeof error.code === 'number' && error.code >= refusalCodeMin;
  return isRefusal ? new RefusedByBroker(`${error.message} (reason ${error.code})`) : error;
}
