/**
 * A box as the director meets it: opens envelopes with the director's key, obeys what is newer, and answers as the contract says; or as a test wants it
 * to. Far lighter than a real one: hundreds fit a process.
 */
import type { KeyObject } from 'node:crypto';
import type { IClientOptions } from 'mqtt';
import { type CommandRequest, type CommandResponse, commandRequestSchema } from '../../../firmware/contract/command-message.ts';
import {
  type ConfigDesired,
  type ConfigFaultCode,
  type ConfigReported,
  configDesiredSchema,
  hashOfConfig,
} from '../../../firmware/contract/config-message.ts';
import { openEnvelope, payloadTypes } from '../../../firmware/contract/envelope.ts';
import { down, up } from '../../../firmware/contract/topics.ts';
import { settingsFaults } from '../../../firmware/settings.ts';
import type { TestAccess } from '../broker/centre-broker.ts';
import { connectTo, type TestClient } from '../broker/test-client.ts';

export interface BoxWays {
  /** What it says of an order, in place of what the contract says; undefined: nothing. */
  report?: (order: ConfigDesired, honest: ConfigReported, box: SimulatedBox) => object | string | Buffer | undefined;
  answer?: (request: CommandRequest, honest: CommandResponse, box: SimulatedBox) => object | string | Buffer | undefined;
  /** After the order is in force. */
  confirms?: boolean;
}

export class SimulatedBox {
  readonly id: string;
  readonly orders: ConfigDesired[] = [];
  readonly requests: CommandRequest[] = [];
  readonly client: TestClient;
  readonly #directorKey: KeyObject;
  readonly #ways: BoxWays;
  readonly #asked = new Set<string>();
  #running: { seq?: number; hash?: string } = {};

  static async connect(
    access: TestAccess,
    id: string,
    directorKey: KeyObject,
    ways: BoxWays = {},
    options: IClientOptions = {},
  ): Promise<SimulatedBox> {
    const client = await connectTo(access, { clientId: id, ...options });
    const box = new SimulatedBox(client, id, directorKey, ways);
    await client.subscribe(down.configDesired(id), down.commandRequest(id));
    await box.present(true);
    return box;
  }

  constructor(client: TestClient, id: string, directorKey: KeyObject, ways: BoxWays) {
    this.client = client;
    this.id = id;
    this.#directorKey = directorKey;
    this.#ways = ways;
    client.client.on('message', (topic, payload, packet) => {
      if (topic === down.configDesired(id)) this.#desired(payload);
      else if (topic === down.commandRequest(id)) this.#asks(payload, packet.properties?.correlationData);
    });
  }

  async present(online: boolean): Promise<void> {
    const presence = {
      schema: 'presence/1',
      box: this.id,
      online,
      boot: 'boot',
      session: 1,
      ts: new Date().toISOString(),
      versions: { firmware: '0', node: '24' },
    };
    await this.client.publish(up.presence(this.id), JSON.stringify(presence), { retain: true });
  }

  async says(reported: object | string | Buffer): Promise<void> {
    await this.client.publish(up.configReported(this.id), textOf(reported), { retain: true });
  }

  close(): Promise<void> {
    return this.client.close();
  }

  #desired(payload: Buffer): void {
    const { payload: text } = openEnvelope(payload, payloadTypes.configuration, [this.#directorKey]);
    const order = configDesiredSchema.parse(JSON.parse(text.toString('utf8')));
    this.orders.push(order);
    const honest = this.#obey(order);
    const said = this.#ways.report === undefined ? honest : this.#ways.report(order, honest, this);
    if (said === undefined) return;
    void this.says(said).catch(() => undefined);
    if (this.#ways.confirms === true && honest.state === 'applied') void this.says({ ...honest, confirmed: true }).catch(() => undefined);
  }

  #obey({ box, seq, hash, settings, release }: ConfigDesired): ConfigReported {
    const faults = settingsFaults(settings);
    const codeOf = (): ConfigFaultCode | undefined => {
      if (box !== this.id) return 'other-box';
      if (seq < (this.#running.seq ?? 0)) return 'older';
      if (hashOfConfig({ settings, release }) !== hash) return 'wrong-hash';
      return faults.length > 0 ? 'invalid' : undefined;
    };
    const code = codeOf();
    if (code === undefined) this.#running = { seq, hash };
    const base = { schema: 'config-reported/1' as const, box: this.id, ts: new Date().toISOString(), seq, hash, running: this.#running };
    if (code === undefined) return { ...base, state: 'applied', confirmed: false };
    const errors = faults.length > 0 ? faults.map((fault) => ({ ...fault, code })) : [{ path: '', message: code, code }];
    return { ...base, state: 'rejected', errors };
  }

  #asks(payload: Buffer, correlationData: Buffer | undefined): void {
    const { payload: text } = openEnvelope(payload, payloadTypes.command, [this.#directorKey]);
    const request = commandRequestSchema.parse(JSON.parse(text.toString('utf8')));
    this.requests.push(request);
    const { id, command } = request;
    const base = { schema: 'command-response/1' as const, box: this.id, ts: new Date().toISOString(), id, command };
    const honest: CommandResponse = this.#asked.has(id) ? { ...base, state: 'refused', code: 'replayed' } : { ...base, state: 'done' };
    this.#asked.add(id);
    const said = this.#ways.answer === undefined ? honest : this.#ways.answer(request, honest, this);
    if (said === undefined) return;
    const properties = correlationData === undefined ? {} : { correlationData };
    this.client.client.publish(up.commandResponse(this.id), textOf(said), { qos: 1, properties });
  }
}

function textOf(said: object | string | Buffer): string | Buffer {
  return typeof said === 'string' || Buffer.isBuffer(said) ? said : JSON.stringify(said);
}
