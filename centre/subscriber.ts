/**
 * The centre's ear: subscribes to what every box sends, checks each message, and hands it on. A message that does not follow its schema, or
 * that speaks for another box than its topic names, is counted and reported, never handed on. Stores and acknowledges nothing.
 */
import { readFileSync } from 'node:fs';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { z } from 'zod';
import { type Alert, alertSchema } from '../firmware/contract/alert.ts';
import { type Health, healthSchema } from '../firmware/contract/health.ts';
import { type Presence, presenceSchema } from '../firmware/contract/presence.ts';
import { boxOfTopic, everyBox, up } from '../firmware/contract/topics.ts';

const protocols = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];
const reconnectMs = 2_000;
/** Far more than any message of a box; longer ones are not even parsed. */
const payloadBytesMax = 1024 * 1024;

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

export interface Listener {
  alert(alert: Alert): void;
  presence?(presence: Presence): void;
  health?(health: Health): void;
  /** For people: the link is down, or a message was refused. */
  problem(text: string): void;
}

export class Subscriber {
  readonly #client: MqttClient;
  readonly #listener: Listener;
  /** Messages that did not follow their schema. */
  refused = 0;
  /** Resolves at the first subscription that the broker granted. */
  readonly ready: Promise<void>;

  /** Throws where a file of the access cannot be read. */
  constructor(access: BrokerAccess, listener: Listener) {
    this.#listener = listener;
    this.#client = connect(access.url, clientOptions(access));
    this.#client.on('error', (error) => listener.problem(error.message));
    this.#client.on('message', (topic, payload) => this.#receive(topic, payload));
    this.ready = new Promise((resolve) => {
      this.#client.on('connect', () => {
        this.#client.subscribe([everyBox.alert, everyBox.presence, everyBox.health], { qos: 1 }, (error) => {
          if (error) listener.problem(error.message);
          else resolve();
        });
      });
    });
  }

  async end(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #receive(topic: string, payload: Buffer): void {
    const box = boxOfTopic(topic);
    // An empty retained message is how a topic is cleared.
    if (box === undefined || payload.length === 0) return;
    const message = payload.length > payloadBytesMax ? undefined : parseJson(payload.toString('utf8'));
    const listener = this.#listener;
    if (topic === up.alert(box)) this.#hand(alertSchema.safeParse(message), box, topic, (alert) => listener.alert(alert));
    else if (topic === up.presence(box))
      this.#hand(presenceSchema.safeParse(message), box, topic, (presence) => listener.presence?.(presence));
    else if (topic === up.health(box)) this.#hand(healthSchema.safeParse(message), box, topic, (health) => listener.health?.(health));
  }

  #hand<T extends { box: string }>(parsed: z.ZodSafeParseResult<T>, box: string, topic: string, take: (message: T) => void): void {
    if (parsed.success && parsed.data.box === box) {
      take(parsed.data);
      return;
    }
    this.refused++;
    const issue = parsed.error?.issues[0];
    const why = issue === undefined ? 'it names another box' : `${issue.path.join('.') || 'message'}: ${issue.message}`;
    this.#listener.problem(`refused a message on ${topic}: ${why}`);
  }
}

function clientOptions({ username, password, caFile, certFile, keyFile }: BrokerAccess): IClientOptions {
  return {
    protocolVersion: 5,
    clean: true,
    reconnectPeriod: reconnectMs,
    reconnectOnConnackError: true,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    ...(certFile === undefined ? {} : { cert: readFileSync(certFile) }),
    ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is no message: the schema refuses it and says so.
    return undefined;
  }
}
