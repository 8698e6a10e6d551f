/** How the agent begins where the box is not the centre's yet, or has a new claim: enrolment first, or beside its work. Wiring. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { claimPlaces } from '../agent/enrolment/claim-source.ts';
import { Enrolment, type EnrolmentNeed } from '../agent/enrolment/enrolment.ts';
import { Ledger } from '../agent/ledger/ledger.ts';
import type { BoxConfig } from '../config.ts';
import { stateFiles } from '../state-folder.ts';
import { identityPaths } from './enrol.ts';

const closeLedgerMs = 2_000;

export class AgentEnrolment {
  readonly need: EnrolmentNeed;
  readonly #enrolment: Enrolment;
  readonly #ledger: Ledger;

  constructor(config: BoxConfig, folder: string, log: Logger) {
    const { proxy, proxyPasswordFile } = config.uplink ?? {};
    const route = { ...(proxy === undefined ? {} : { proxy }), ...(proxyPasswordFile === undefined ? {} : { proxyPasswordFile }) };
    this.#ledger = new Ledger({
      folder: stateFiles.ledgerFolder(folder),
      onProblem: (reason) => log.warn({ reason }, 'trouble with the ledger'),
    });
    this.#enrolment = new Enrolment({
      paths: identityPaths(folder),
      places: claimPlaces(undefined),
      log,
      route,
      record: (detail) => this.#ledger.record({ kind: 'identity', what: 'enrolled', detail }),
      onState: ({ state, box, reason }) => log.info({ state, box, reason }, 'enrolment'),
    });
    this.need = this.#enrolment.need();
  }

  get isNeeded(): boolean {
    return this.need !== 'none';
  }

  /** Resolves with true once the box is enrolled: all that reads its identity begins anew then. */
  async run(signal: AbortSignal): Promise<boolean> {
    this.#ledger.start();
    const isEnrolled = await this.#enrolment.run(signal);
    await Promise.race([this.#ledger.stop(), sleep(closeLedgerMs, undefined, { ref: false })]);
    return isEnrolled;
  }
}
