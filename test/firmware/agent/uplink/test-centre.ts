/** A centre that only acknowledges: hears every durable message of a broker, keeps count, and answers in batches where told to. */
import { connectAsync, type IPublishPacket, type MqttClient } from 'mqtt';
import { boxOfTopic, broadcast, down } from '../../../../firmware/contract/topics.ts';

/** How long acknowledgements are collected. */
const batchMs = 10;
const batchMax = 1_000;

export class TestCentre {
  readonly client: MqttClient;
  /** `box/outbox/seq` of each message -> how often it came. */
  readonly heard = new Map<string, number>();
  /** While false, messages are heard and not acknowledged. */
  isAcknowledging = true;
  readonly #unanswered = new Map<string, { box: string; outbox: string; seqs: number[] }>();
  readonly #timer: NodeJS.Timeout;

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('message', (topic, payload, packet) => this.#take(topic, payload, packet));
    client.on('error', () => {
      // Brokers are killed in these tests; the client connects anew by itself.
    });
    this.#timer = setInterval(() => this.#answer(), batchMs);
  }

  static async start(url: string, options: Parameters<typeof connectAsync>[1] = {}): Promise<TestCentre> {
    const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 50, ...options });
    const centre = new TestCentre(client);
    await client.subscribeAsync('vonggac/1/up/+/#', { qos: 1 });
    return centre;
  }

  /** How many messages came, repeats included. */
  get times(): number {
    return [...this.heard.values()].reduce((sum, times) => sum + times, 0);
  }

  timesOf(seq: number, outbox = 'outbox-1', box = 'test-box'): number {
    return this.heard.get(`${box}/${outbox}/${seq}`) ?? 0;
  }

  async announce(online: boolean, generation: string): Promise<void> {
    const state = { schema: 'centre-state/1', online, since: new Date().toISOString(), generation };
    await this.client.publishAsync(broadcast.centreState, JSON.stringify(state), { qos: 1, retain: true });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.client.endAsync(true);
  }

  #take(topic: string, payload: Buffer, { properties }: IPublishPacket): void {
    const box = boxOfTopic(topic);
    const numbers = topic.includes('/evidence/') ? properties?.userProperties : numbersOf(payload);
    const seq = Number(numbers?.seq);
    if (box === undefined || !Number.isInteger(seq) || typeof numbers?.outboxId !== 'string') return;
    const { outboxId: outbox } = numbers;
    const key = `${box}/${outbox}/${seq}`;
    this.heard.set(key, (this.heard.get(key) ?? 0) + 1);
    if (!this.isAcknowledging) return;
    const batch = this.#unanswered.get(`${box}/${outbox}`) ?? { box, outbox, seqs: [] };
    this.#unanswered.set(`${box}/${outbox}`, batch);
    batch.seqs.push(seq);
    if (batch.seqs.length >= batchMax) this.#answer();
  }

  #answer(): void {
    for (const batch of this.#unanswered.values())
      this.client.publish(
        down.ack(batch.box),
        JSON.stringify({ schema: 'ack/1', box: batch.box, outboxId: batch.outbox, seqs: batch.seqs }),
        { qos: 1 },
      );
    this.#unanswered.clear();
  }
}

function numbersOf(payload: Buffer): { seq?: unknown; outboxId?: unknown } | undefined {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    // Not ours to judge.
    return undefined;
  }
}
