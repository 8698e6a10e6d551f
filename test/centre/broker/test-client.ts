/** A plain MQTT 5 client at the centre's broker, for tests: what it was sent, what it was told, whether it is still there. */
import { readFileSync } from 'node:fs';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { TestAccess } from './centre-broker.ts';

export interface TestClient {
  readonly client: MqttClient;
  /** Topics and bodies in the order of their arrival. */
  readonly heard: { topic: string; body: string; retain: boolean }[];
  readonly isOpen: boolean;
  /** 0 where the broker took the message, else its reason code (135: not authorised). 16 (nobody listens) counts as taken. */
  publish(topic: string, body?: string | Buffer, options?: { qos?: 0 | 1; retain?: boolean }): Promise<number>;
  subscribe(...filters: string[]): Promise<void>;
  close(): Promise<void>;
}

const refusalCodeMin = 0x80;

/** Rejects where the broker, or TLS before it, refuses. */
export async function connectTo(access: TestAccess, options: IClientOptions = {}): Promise<TestClient> {
  const client = connect(access.url, { protocolVersion: 5, reconnectPeriod: 0, ...credentials(access), ...options });
  client.setMaxListeners(0);
  const heard: TestClient['heard'] = [];
  let isOpen = true;
  client.on('message', (topic, payload, { retain }) => heard.push({ topic, body: payload.toString('utf8'), retain }));
  client.on('close', () => {
    isOpen = false;
  });
  // The listener for errors stays: connections are cut in these tests, and `isOpen` tells.
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.once('connect', () => resolve());
    // A refusal may come as a mere end, which is no error to mqtt.js.
    client.once('close', () => reject(new Error('the connection was closed')));
  });
  return {
    client,
    heard,
    get isOpen() {
      return isOpen;
    },
    publish: (topic, body = 'x', { qos = 1, retain = false } = {}) =>
      new Promise((resolve, reject) => {
        // mqtt.js may never answer what was asked of a connection that ended.
        const closed = () => reject(new Error('the connection was closed'));
        client.once('close', closed);
        client.publish(topic, body, { qos, retain }, (error) => {
          client.off('close', closed);
          if (!error) resolve(0);
          else if ('code' in error && typeof error.code === 'number' && error.code >= refusalCodeMin) resolve(error.code);
          else reject(error);
        });
      }),
    subscribe: async (...filters) => {
      await client.subscribeAsync(filters, { qos: 1 });
    },
    close: async () => {
      await client.endAsync(true);
    },
  };
}

export function credentials({ caFile, certFile, keyFile }: TestAccess): { ca: Buffer; cert: Buffer; key: Buffer } {
  return { ca: readFileSync(caFile), cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

/** Publishes something of the box itself and waits until a service that listens has it: what was sent before has been dealt with. */
export async function proveAlive(box: TestClient, id: string, listener: TestClient): Promise<void> {
  const body = `{"proof":${Math.random()}}`;
  const arrived = new Promise<void>((resolve) => {
    const look = (_topic: string, payload: Buffer) => {
      if (payload.toString('utf8') !== body) return;
      listener.client.off('message', look);
      resolve();
    };
    listener.client.on('message', look);
  });
  const code = await box.publish(`vonggac/1/up/${id}/alert`, body);
  if (code !== 0) throw new Error(`the broker refused a message of ${id}: reason ${code}`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`a message of ${id} did not arrive`)), 8_000);
  });
  await Promise.race([arrived, late]).finally(() => clearTimeout(timer));
}
