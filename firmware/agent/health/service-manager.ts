/**
 * Speaks to systemd by starting `systemd-notify`: Node has no unix datagram sockets (sd_notify(3)). The unit needs `NotifyAccess=all`, for
 * the words come from a process of their own. Without a service manager, or without the program, it does nothing and says so once.
 */
import { execFile } from 'node:child_process';

/** It waits until systemd has read the message, which a busy machine may take a while for. */
const notifyTimeoutMs = 10_000;
const statusLengthMax = 200;

export interface Notice {
  ready?: boolean;
  stopping?: boolean;
  watchdog?: boolean;
  /** For people, in `systemctl status`. */
  status?: string;
}

export interface ServiceManagerParts {
  environment?: NodeJS.ProcessEnv;
  log: { warn(fields: object, text: string): void };
}

export class ServiceManager {
  /** Somebody listens. */
  readonly isThere: boolean;
  /** A service that is silent for longer is ended and started again; undefined: nobody waits. */
  readonly watchdogMs: number | undefined;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #log: ServiceManagerParts['log'];
  #isFailing = false;

  constructor({ environment = process.env, log }: ServiceManagerParts) {
    this.#environment = environment;
    this.#log = log;
    this.isThere = (environment.NOTIFY_SOCKET ?? '') !== '';
    this.watchdogMs = this.isThere ? watchdogMs(environment) : undefined;
  }

  /** Resolves with true once the service manager has it. Never rejects. */
  notify(notice: Notice): Promise<boolean> {
    if (!this.isThere) return Promise.resolve(false);
    return new Promise((resolve) => {
      execFile('systemd-notify', fieldsOf(notice), { env: this.#environment, timeout: notifyTimeoutMs }, (error) => {
        if (error !== null && !this.#isFailing) this.#log.warn({ reason: error.message }, 'the service manager could not be told');
        this.#isFailing = error !== null;
        resolve(error === null);
      });
    });
  }
}

/** sd_watchdog_enabled(3): microseconds, and whom they are for. */
function watchdogMs({ WATCHDOG_USEC: micros, WATCHDOG_PID: pid }: NodeJS.ProcessEnv): number | undefined {
  const ms = Number(micros) / 1_000;
  return Number.isFinite(ms) && ms > 0 && (pid === undefined || Number(pid) === process.pid) ? ms : undefined;
}

function fieldsOf({ ready, stopping, watchdog, status }: Notice): string[] {
  return [
    ...(ready === true ? ['READY=1'] : []),
    ...(stopping === true ? ['STOPPING=1'] : []),
    ...(watchdog === true ? ['WATCHDOG=1'] : []),
    // A line end would begin another field, and some of the words may come from the sensor.
    ...(status === undefined ? [] : [`STATUS=${status.replaceAll(/\p{Cc}+/gu, ' ').slice(0, statusLengthMax)}`]),
  ];
}
