/**
 * What the director orders -> the parts of the agent that obey: settings, commands, indicators, and the box's own certificate. Joins them to the topics they
 * live by and to one another; each knows nothing of the rest. There is none where nobody has told the box whom to obey.
 */
import type { KeyObject } from 'node:crypto';
import type { ConfigReported } from '../contract/config-message.ts';
import { down, up } from '../contract/topics.ts';
import { CommandDesk, CommandFault, type CommandHandlers } from './command/command-desk.ts';
import { ConfigKeeper } from './config/config-keeper.ts';
import type { ConfigKeeperParts } from './config/keeper-parts.ts';
import { CertificateKeeper, type KeeperParts as CertificateParts } from './enrolment/certificate-keeper.ts';
import { IntelligenceKeeper, type KeeperParts as IntelligenceParts } from './intel/intelligence-keeper.ts';
import type { Ledger } from './ledger/ledger.ts';
import { TrustedTime } from './orders/trusted-time.ts';
import type { SensorLink } from './sensor-link.ts';
import type { Uplink, UplinkLog } from './uplink/uplink.ts';

export interface DirectionFiles {
  /** Store of the configuration, and the time that is proven. */
  configFolder: string;
  inForce: string;
  time: string;
  commandJournal: string;
}

export interface DirectionParts {
  box: string;
  boot: string;
  directorKeys: readonly KeyObject[];
  files: DirectionFiles;
  /** When this program was made, ms since 1970: it is not earlier. */
  builtMs: number;
  clock: () => { nowMs: number; synced: boolean | undefined };
  check: ConfigKeeperParts['check'];
  apply: ConfigKeeperParts['apply'];
  limits?: ConfigKeeperParts['limits'];
  uplink: Uplink;
  sensor: SensorLink;
  ledger: Ledger;
  /** All but those that are done here. */
  handlers: Omit<CommandHandlers, 'evidence' | 'rotate-key'>;
  intelligence: Pick<IntelligenceParts, 'store' | 'repository' | 'rootFile' | 'bytesPerSecondMax' | 'fetch' | 'limits'>;
  /** Absent: the box was not enrolled, and its certificate is somebody else's care. */
  certificate: Pick<CertificateParts, 'paths' | 'onNew'> | undefined;
  log: UplinkLog;
}

export class Direction {
  readonly #config: ConfigKeeper;
  readonly #time: TrustedTime;
  readonly #intelligence: IntelligenceKeeper;
  readonly #certificate: CertificateKeeper | undefined;

  /** To be made before the uplink starts: it registers what the box listens to. */
  constructor(parts: DirectionParts) {
    const { box, boot, directorKeys, files, builtMs, clock, check, limits, uplink, sensor, ledger, log } = parts;
    this.#time = new TrustedTime({
      file: files.time,
      builtMs,
      clock,
      onProblem: (reason) => log.warn({ reason }, 'trouble with the proven time'),
    });
    this.#intelligence = this.#makeIntelligence(parts);
    this.#certificate = this.#makeCertificate(parts);
    this.#config = new ConfigKeeper({
      box,
      boot,
      directorKeys,
      files: { folder: files.configFolder, inForce: files.inForce },
      check,
      sensor,
      uplink: () => uplink.state,
      apply: (inForce) => {
        parts.apply(inForce);
        this.#intelligence.order(inForce?.release);
      },
      publish: (reported: ConfigReported) => uplink.standing.keep(up.configReported(box), JSON.stringify(reported)),
      time: this.#time,
      ledger,
      log,
      ...(limits && { limits }),
    });
    const desk = this.#makeDesk(parts);
    uplink.handle(down.configDesired(box), (message) => this.#config.desired(message));
    uplink.handle(down.commandRequest(box), (message) => desk.request(message));
    const certificate = this.#certificate;
    if (certificate !== undefined) uplink.handle(down.certificateAnswer(box), ({ payload }) => certificate.answer(payload));
  }

  start(): void {
    this.#time.start();
    this.#certificate?.start();
    this.#intelligence.start();
    this.#config.start();
    this.#intelligence.order(this.#config.inForce?.release);
  }

  /** The broker has taken our certificate. */
  connected(): void {
    this.#certificate?.connected();
  }

  async stop(): Promise<void> {
    this.#certificate?.stop();
    await Promise.all([this.#config.stop(), this.#intelligence.stop()]);
    await this.#time.stop();
  }

  #makeDesk({ box, directorKeys, files, handlers, uplink, ledger, log }: DirectionParts): CommandDesk {
    return new CommandDesk({
      box,
      directorKeys,
      file: files.commandJournal,
      handlers: {
        ...handlers,
        evidence: async ({ id }) => {
          throw new CommandFault('not-kept', `no evidence is kept of ${id}`);
        },
        'rotate-key': async () => {
          if (this.#certificate === undefined)
            throw new CommandFault('failed', 'this box was not enrolled: its key is not its own to change');
          return await this.#certificate.rotate();
        },
      },
      respond: (response, correlation) => {
        const echoed = correlation === undefined ? undefined : Buffer.from(correlation).toString('utf8');
        uplink.standing.answer(up.commandResponse(box), JSON.stringify(response), echoed);
      },
      time: this.#time,
      ledger,
      log,
    });
  }

  #makeIntelligence({ box, uplink, sensor, ledger, log, intelligence }: DirectionParts): IntelligenceKeeper {
    return new IntelligenceKeeper({
      ...intelligence,
      box,
      sensor: {
        report: () => sensor.report(),
        get isConnected() {
          return sensor.isConnected;
        },
        reload: () => sensor.tellReload(),
      },
      trustedMs: () => this.#time.now(),
      publish: (reported) => uplink.standing.keep(up.intelReported(box), JSON.stringify(reported)),
      onFetched: ({ channel, version }, bytes) => {
        const place = intelligence.repository();
        const from = place === undefined ? '-' : 'url' in place ? place.url : place.folder;
        ledger.record({ kind: 'fetched', what: `indicators ${channel} ${version}`, from, bytes });
      },
      log,
    });
  }

  #makeCertificate({ box, certificate, uplink, ledger, log }: DirectionParts): CertificateKeeper | undefined {
    if (certificate === undefined) return undefined;
    return new CertificateKeeper({
      ...certificate,
      box,
      publish: (topic, body) => uplink.standing.answer(topic, body),
      log,
      record: (detail) => ledger.record({ kind: 'identity', what: 'certificate', detail }),
      nowMs: () => this.#time.now(),
    });
  }
}
