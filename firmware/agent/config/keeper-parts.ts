/** What the keeper of the configuration is made of, and how patient it is. Types, and the limits' defaults. */
import type { KeyObject } from 'node:crypto';
import type { ConfigReported } from '../../contract/config-message.ts';
import type { SensorReport } from '../../contract/health.ts';
import type { LedgerWriter } from '../ledger/ledger-entry.ts';
import type { Disk } from '../orders/stored-file.ts';
import type { TrustedTime } from '../orders/trusted-time.ts';
import type { SettingsInForce } from './accepted-order.ts';
import type { ConfigLog } from './changeover.ts';
import type { CheckSettings } from './desired-order.ts';
import { type TrialLimits, trialLimitsDefault } from './trial.ts';

export interface ConfigKeeperLimits extends TrialLimits {
  /** How often the loop looks round, and how often while the sensor takes up new settings: that is what the centre waits for. */
  turnMs: number;
  takingUpTurnMs: number;
  /** How often traffic is noted, for a later change to be measured by; and for how long after a start one of the capture waits for that. */
  sampleMs: number;
  settleMs: number;
  /** After a fault of the disk. */
  retryMs: number;
}

export const configKeeperLimits: ConfigKeeperLimits = {
  ...trialLimitsDefault,
  turnMs: 500,
  takingUpTurnMs: 20,
  sampleMs: 5_000,
  settleMs: 15_000,
  retryMs: 10_000,
};

export interface ConfigKeeperParts {
  box: string;
  boot: string;
  /** Folder of the store, and the file that the sensor reads. */
  files: { folder: string; inForce: string };
  directorKeys: readonly KeyObject[];
  check: CheckSettings;
  sensor: { report(): SensorReport; readonly isConnected: boolean; tellReload(): void };
  uplink: () => { connectedSinceMs?: number };
  /** The agent's own part of what is in force; undefined: the file of the box alone. What it throws turns the change back. */
  apply: (inForce: SettingsInForce | undefined) => void;
  publish: (reported: ConfigReported) => void;
  time: Pick<TrustedTime, 'now' | 'judge' | 'signed'>;
  ledger: LedgerWriter;
  log: ConfigLog;
  limits?: Partial<ConfigKeeperLimits>;
  monotonicMs?: () => number;
  disk?: Disk;
}
