/**
 * Whether the machine's clock follows a time server, and how far it is off: asked of systemd and chrony, whoever keeps it. Sets nothing.
 * A box without a real-time clock starts in the past, and the centre must know what its times are worth.
 */
import { execFile } from 'node:child_process';

const commandTimeoutMs = 3_000;
/** A clock drifts slowly, and asking starts a program. */
const askIntervalMs = 60_000;

export interface ClockState {
  synced: boolean;
  /** Ahead of the time server; absent where nobody says. */
  offsetMs?: number;
}

/** Runs a program and gives what it printed; undefined where it is missing, fails or takes too long. */
export type Ask = (program: string, parameters: readonly string[]) => Promise<string | undefined>;

export const ask: Ask = (program, parameters) =>
  new Promise((resolve) => {
    execFile(program, parameters, { timeout: commandTimeoutMs, env: { ...process.env, LC_ALL: 'C' } }, (error, output) =>
      resolve(error === null ? output.trim() : undefined),
    );
  });

/** systemd tells the kernel's own view, whoever keeps the clock; the offset only chrony knows. Undefined where neither is there. */
export async function readClock(asking: Ask = ask): Promise<ClockState | undefined> {
  const systemd = await asking('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  const tracking = await asking('chronyc', ['-n', 'tracking']);
  const chrony = tracking === undefined ? undefined : chronyState(tracking);
  return systemd === 'yes' || systemd === 'no' ? { ...chrony, synced: systemd === 'yes' } : chrony;
}

function chronyState(tracking: string): ClockState {
  const synced = /^Leap status\s*:\s*(Normal|Insert second|Delete second)$/m.test(tracking);
  const system = /^System time\s*:\s*([\d.]+) seconds (fast|slow) of NTP time$/m.exec(tracking);
  if (system === null) return { synced };
  return { synced, offsetMs: Math.round(Number(system[1]) * 1e6 * (system[2] === 'fast' ? 1 : -1)) / 1000 };
}

/** Keeps the last word about the clock at hand. */
export class ClockWatch {
  state: ClockState | undefined;
  readonly #asking: Ask;
  #timer: NodeJS.Timeout | undefined;

  constructor(asking: Ask = ask) {
    this.#asking = asking;
  }

  start(): void {
    const look = () => {
      readClock(this.#asking).then(
        (state) => {
          this.state = state;
        },
        () => {
          this.state = undefined;
        },
      );
    };
    look();
    this.#timer ??= setInterval(look, askIntervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
