/**
 * The health of the box, told again and again: to the broker every some seconds, which keeps the last one, and as a summary of longer intervals into the
 * outbox. How often, and in the name of which agency, may change while it runs.
 */
import type { OutboxWriter } from '../../outbox/outbox.ts';
import { type HealthParts, HealthReporter } from './health-reporter.ts';
import { HealthSummary } from './health-summary.ts';
import { Pulse } from './pulse.ts';

/** A health message that three intervals did not replace is out of date; the broker forgets it then. */
const expiryIntervals = 3;
/** Reading temperature, disk and outbox takes seconds where a disk hangs. */
const healthTakesMs = 10_000;

export interface HealthManner {
  agency?: string | undefined;
  healthIntervalSeconds: number;
  healthSummarySeconds: number;
}

export interface HealthRoutineParts {
  /** All that does not change. */
  measures: Omit<HealthParts, 'agency' | 'intervalSeconds'>;
  manner: HealthManner;
  publish: (body: string, expirySeconds: number) => void;
  outbox: Pick<OutboxWriter, 'append'>;
  log: { warn(fields: object, text: string): void };
}

export class HealthRoutine {
  /** Beats with each health that was told. */
  readonly pulse: Pulse;
  readonly #parts: HealthRoutineParts;
  #manner: HealthManner;
  #reporter: HealthReporter;
  #summary: HealthSummary;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: HealthRoutineParts) {
    this.#parts = parts;
    this.#manner = parts.manner;
    this.pulse = new Pulse(this.#lateMs);
    this.#reporter = this.reporter(parts.manner.healthIntervalSeconds);
    this.#summary = this.#makeSummary();
  }

  /** One of its own for whoever measures by other intervals. */
  reporter(intervalSeconds: number): HealthReporter {
    return new HealthReporter({ ...this.#healthParts(), intervalSeconds });
  }

  start(): void {
    this.#summary.start();
    this.#timer = setInterval(() => void this.send(), this.#manner.healthIntervalSeconds * 1_000);
  }

  /** What remains of the last interval is in the outbox then. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#summary.stop();
  }

  change(manner: HealthManner): void {
    const { agency, healthIntervalSeconds, healthSummarySeconds } = this.#manner;
    this.#manner = manner;
    const isRenamed = manner.agency !== agency;
    const isRunning = this.#timer !== undefined;
    if (isRenamed || manner.healthIntervalSeconds !== healthIntervalSeconds) {
      this.#reporter = this.reporter(manner.healthIntervalSeconds);
      this.pulse.beat(this.#lateMs);
      clearInterval(this.#timer);
      if (isRunning) this.#timer = setInterval(() => void this.send(), manner.healthIntervalSeconds * 1_000);
    }
    if (isRenamed || manner.healthSummarySeconds !== healthSummarySeconds) {
      void this.#summary.stop();
      this.#summary = this.#makeSummary();
      if (isRunning) this.#summary.start();
    }
  }

  async send(): Promise<void> {
    const { publish, log } = this.#parts;
    try {
      const health = await this.#reporter.report();
      publish(JSON.stringify(health), this.#manner.healthIntervalSeconds * expiryIntervals);
      this.pulse.beat(this.#lateMs);
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'health could not be measured');
    }
  }

  get #lateMs(): number {
    return this.#manner.healthIntervalSeconds * 1_000 + healthTakesMs;
  }

  #healthParts(): HealthParts {
    const { agency, healthIntervalSeconds: intervalSeconds } = this.#manner;
    return { ...this.#parts.measures, intervalSeconds, ...(agency === undefined ? {} : { agency }) };
  }

  #makeSummary(): HealthSummary {
    const { outbox, log } = this.#parts;
    return new HealthSummary({
      health: this.#healthParts(),
      outbox,
      seconds: this.#manner.healthSummarySeconds,
      onProblem: (error) => log.warn({ reason: String(error) }, 'a summary of health could not be made'),
    });
  }
}
