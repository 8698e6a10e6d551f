/**
 * Whether the machine's clock follows a time server, and how far it is off: asked of systemd and chrony, whoever keeps it. Sets nothing.
 * A box without a real-time clock starts in the past, and the centre must know what its times are worth.
 */
import { execFile } from 'node:child_process';
import type { ClockState } from '../../contract/health.ts';

const commandTimeoutMs = 3_000;
/** A clock drifts slowly, and asking starts a program. */
const askIntervalMs = 60_000;

/** Runs a program and gives what it printed; undefined where it is missing, fails or takes too long. */
export type Ask = (program: string, parameters: readonly string[]) => Promise<string | undefined>;

export const ask: Ask = (program, parameters) =>
  new Promise((resolve) => {
    execFile(program, parameters, { timeout: commandTimeoutMs, env: { ...process.env, LC_ALL: 'C' } }, (error, output) =>
      resolve(error === null ? output.trim() : undefined),
    );
  });

/** systemd tells the kernel's own view, whoever keeps the clock; the offset its keeper alone knows. Undefined where nobody says anything. */
export async function readClock(asking: Ask = ask): Promise<ClockState | undefined> {
  const systemd = await asking('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  const tracking = await asking('chronyc', ['-n', 'tracking']);
  const chrony = tracking === undefined ? undefined : chronyState(tracking);
  if (systemd !== 'yes' && systemd !== 'no') return chrony;
  const offsetMs = chrony === undefined ? offsetOfTimesyncd(await asking('timedatectl', ['timesync-status'])) : chrony.offsetMs;
  return { synced: systemd === 'yes', ...(offsetMs === undefined ? {} : { offsetMs }) };
}

function chronyState(tracking: string): ClockState {
  const synced = /^Leap status\s*:\s*(Normal|Insert second|Delete second)$/m.test(tracking);
  const system = /^System time\s*:\s*([\d.]+) seconds (fast|slow) of NTP time$/m.exec(tracking);
  if (system === null) return { synced };
  return { synced, offsetMs: roundedToMicros(Number(system[1]) * 1_000 * (system[2] === 'fast' ? 1 : -1)) };
}

const millisecondsOf: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };
const timeSpan = /^([+-])((?:[\d.]+(?:us|ms|s|min|h) ?)+|0)$/;

/** `timedatectl timesync-status` tells server time minus ours (RFC 5905 §8), as a span such as "-1min 2.5s" (systemd.time(7)). */
function offsetOfTimesyncd(status: string | undefined): number | undefined {
  const [, sign, span = ''] = timeSpan.exec(/^ *Offset: (.+)$/m.exec(status ?? '')?.[1] ?? '') ?? [];
  if (sign === undefined) return undefined;
  const parts = span.matchAll(/([\d.]+)([a-z]+)/g);
  const behindMs = [...parts].reduce((sum, [, value, unit = '']) => sum + Number(value) * (millisecondsOf[unit] ?? Number.NaN), 0);
  return Number.isNaN(behindMs) ? undefined : roundedToMicros(sign === '+' ? -behindMs : behindMs);
}

function roundedToMicros(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** Keeps the last word about the clock at hand. */
export class ClockWatch {
  state: ClockState | undefined;
  readonly #asking: Ask;
  readonly #onLook: (state: ClockState | undefined) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `onLook` is told each time, changed or not. */
  constructor(asking: Ask = ask, onLook: (state: ClockState | undefined) => void = () => undefined) {
    this.#asking = asking;
    this.#onLook = onLook;
  }

  start(): void {
    const look = async () => {
      this.state = await readClock(this.#asking).catch(() => undefined);
      this.#onLook(this.state);
    };
    if (this.#timer !== undefined) return;
    void look();
    this.#timer = setInterval(look, askIntervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
