/** The agent: outbox and health -> the centre. Wiring only. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { SensorReport } from '../contract/health.ts';
import type { Presence } from '../contract/presence.ts';
import { boxIdPattern } from '../contract/topics.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { HealthReporter, type MeasuredOutbox } from './health/health-reporter.ts';
import { uplinkOptionsSchema } from './uplink/options.ts';
import { Uplink, type UplinkLog, type UplinkState } from './uplink/uplink.ts';

/** A health message that three intervals did not replace is out of date; the broker forgets it then. */
const healthExpiryIntervals = 3;

export const agentOptionsSchema = z.object({
  box: z.string().regex(boxIdPattern).meta({ description: 'the id of the box: 4 to 32 of a-z, 0-9 and -' }),
  agency: z.string().optional().meta({ description: 'the agency that the box stands in, for people' }),
  uplink: uplinkOptionsSchema,
  healthIntervalSeconds: z.number().min(0.1).default(30).meta({ description: 'how often health is sent to the centre' }),
});
/** As written in a configuration: defaults may be left out. */
export type AgentOptions = z.input<typeof agentOptionsSchema>;

export interface AgentParts {
  config: AgentOptions;
  outbox: Outbox & MeasuredOutbox;
  /** What the sensor measured until now; asked once an interval. */
  healthSource: () => SensorReport;
  /** Version of this product. */
  version: string;
  log: UplinkLog;
}

export class Agent {
  /** Random id of this run, in all that the box sends. */
  readonly boot = randomUUID();
  readonly #uplink: Uplink;
  readonly #health: HealthReporter;
  readonly #log: UplinkLog;
  readonly #intervalSeconds: number;
  #timer: NodeJS.Timeout | undefined;

  /** Throws a `ZodError` where the options are wrong. */
  constructor({ config, outbox, healthSource, version, log }: AgentParts) {
    const { box, agency, uplink, healthIntervalSeconds } = agentOptionsSchema.parse(config);
    const identity = { box, ...(agency === undefined ? {} : { agency }), boot: this.boot };
    const versions = () => {
      const bundle = healthSource().intelligence?.bundle;
      return { firmware: version, node: process.versions.node, ...(bundle === undefined ? {} : { intel: bundle }) };
    };
    const presence = (state: { online: boolean; planned?: boolean; session: number }): Presence => ({
      schema: 'presence/1',
      ...identity,
      ...state,
      ts: new Date().toISOString(),
      versions: versions(),
    });
    this.#log = log;
    this.#intervalSeconds = healthIntervalSeconds;
    this.#uplink = new Uplink({ options: uplink, box, outbox, presence, log, onConnected: () => this.#sendHealth() });
    this.#health = new HealthReporter({
      ...identity,
      intervalSeconds: healthIntervalSeconds,
      outbox,
      uplink: () => this.#uplink.state,
      sensor: healthSource,
    });
  }

  /** What is known of the link to the centre. */
  get link(): UplinkState {
    return this.#uplink.state;
  }

  start(): void {
    this.#uplink.start();
    this.#timer ??= setInterval(() => this.#sendHealth(), this.#intervalSeconds * 1_000);
  }

  /** Says that the outbox has something new; without it the agent looks ten times a second. */
  wake(): void {
    this.#uplink.wake();
  }

  /** Resolves with true once the outbox is empty, with false where that took longer than `timeoutMs`. */
  drained(timeoutMs: number): Promise<boolean> {
    return this.#uplink.drained(timeoutMs);
  }

  /** A last health, a goodbye, and the end of the connection. What waits in the outbox stays there. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#sendHealth();
    await this.#uplink.stop();
  }

  #sendHealth(): void {
    try {
      this.#uplink.publishHealth(JSON.stringify(this.#health.report()), this.#intervalSeconds * healthExpiryIntervals);
    } catch (error) {
      this.#log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'health could not be measured');
    }
  }
}

/** Runs an agent until `signal` is aborted, then stops it in order. */
export async function runAgent(parts: AgentParts & { signal: AbortSignal }): Promise<void> {
  const agent = new Agent(parts);
  agent.start();
  await new Promise<void>((resolve) => {
    parts.signal.addEventListener('abort', () => resolve(), { once: true });
    if (parts.signal.aborted) resolve();
  });
  await agent.stop();
}
