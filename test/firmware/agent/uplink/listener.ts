/** A plain MQTT client at the centre's end, and waiting for what it hears. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type IPublishPacket, type MqttClient } from 'mqtt';

export interface Heard {
  topic: string;
  body: string;
  packet: IPublishPacket;
}

export interface TestListener {
  heard: Heard[];
  client: MqttClient;
  of(topic: string): Heard[];
}

export async function listen(url: string, options: Parameters<typeof connectAsync>[1] = {}): Promise<TestListener> {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 50, ...options });
  const heard: Heard[] = [];
  client.on('message', (topic, payload, packet) => heard.push({ topic, body: payload.toString('utf8'), packet }));
  client.on('error', () => {
    // Brokers are killed in these tests; the client connects anew by itself.
  });
  await client.subscribeAsync('vonggac/1/#', { qos: 1, rap: true });
  return { heard, client, of: (topic) => heard.filter((message) => message.topic === topic) };
}

export async function until(isTrue: () => boolean, what: string, timeoutMs = 8_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error(`waited in vain for: ${what}`);
    await sleep(10);
  }
}
