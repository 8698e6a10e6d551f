/**
 * Health of a long interval -> a durable message for the outbox, one after the other without a gap: what the box saw, lost and could not see
 * reaches the centre also for the time in which there was no link. Its interval is summed by the sensor's totals, not sampled.
 */
import { z } from 'zod';
import type { Health } from '../../contract/health.ts';
import type { OutboxWriter } from '../../outbox/outbox.ts';
import { type HealthParts, HealthReporter } from './health-reporter.ts';

export const summarySecondsSchema = z
  .number()
  .min(1)
  .max(86_400)
  .default(900)
  .meta({ description: 'how often a summary of health is kept for the centre until it has it; some 4 KB each' });

export interface HealthSummaryParts {
  health: HealthParts;
  outbox: Pick<OutboxWriter, 'append'>;
  seconds: number;
  /** Told why a summary could not be made. */
  onProblem: (error: unknown) => void;
}

export class HealthSummary {
  readonly #reporter: HealthReporter;
  readonly #parts: HealthSummaryParts;
  #timer: NodeJS.Timeout | undefined;
  #written = Promise.resolve();

  /** Its first interval begins now. */
  constructor(parts: HealthSummaryParts) {
    this.#parts = parts;
    this.#reporter = new HealthReporter({ ...parts.health, intervalSeconds: parts.seconds });
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#write(), this.#parts.seconds * 1_000).unref();
  }

  /** Writes what remains of the last interval. The caller still has to wait for the outbox. */
  async stop(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#write();
  }

  /** One at a time, so that none is still being written once `stop` has ended. */
  #write(): Promise<void> {
    this.#written = this.#written.then(async () => {
      try {
        const summary: Health = { ...(await this.#reporter.report()), summary: true };
        this.#parts.outbox.append({ kind: 'health', body: JSON.stringify(summary) });
      } catch (error) {
        this.#parts.onProblem(error);
      }
    });
    return this.#written;
  }
}
