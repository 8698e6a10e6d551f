/** The centre's memory: one contract, two databases (SQLite, PostgreSQL), the same tables in both. Safe to use from several processes at once. */
import type { Alert } from '../../firmware/contract/alert.ts';
import type { CentreAlert, CentreAlertKind } from '../../firmware/contract/centre-alert.ts';
import type { DurableKind } from '../../firmware/contract/durable.ts';
import type { Health } from '../../firmware/contract/health.ts';
import type { Loss } from '../../firmware/contract/loss.ts';
import type { Presence } from '../../firmware/contract/presence.ts';

/** A durable message that arrived, checked against its schema. Its name is (`box`, `outbox`, `seq`). */
export interface Arrival {
  box: string;
  /** Empty where the message named none. */
  outbox: string;
  seq: number;
  kind: DurableKind;
  receivedMs: number;
  /** As it came: JSON text, or bytes of evidence. */
  body: string | Uint8Array;
  /** Of kind alert: the message read. */
  alert?: Alert;
  /** Of kind loss: the message read. Its ranges explain holes. */
  loss?: Loss;
  /** Of kind evidence: the alert that it belongs to, and its place among the pieces. */
  alertId?: string;
  chunk?: number;
}

/** Alerts without numbers (of a box that keeps none) are taken too, by `id` and `rev` alone. */
export interface UnnumberedAlert {
  alert: Alert;
  receivedMs: number;
  body: string;
}

export interface CommitResult {
  /** Messages that were not there before, and those that were. */
  fresh: number;
  repeats: number;
  /** Alerts opened or raised in revision by this commit. */
  alertsChanged: number;
}

/** Numbers that were passed over and have neither come nor been explained. */
export interface Hole {
  box: string;
  outbox: string;
  first: number;
  last: number;
  /** When it was first seen, ms since 1970. */
  sinceMs: number;
}

/** An outbox that was begun by a box which had another one before, and no record says what became of that. */
export interface NewOutbox {
  box: string;
  outbox: string;
  /** When its first message came, ms since 1970. */
  sinceMs: number;
}

/** One row for each box ever heard of. Times in ms since 1970 by the clock of the centre, unless said otherwise. */
export interface BoxRow {
  box: string;
  agency?: string;
  /** The last message of any kind that did not come from the broker's memory. */
  seenMs?: number;
  /** When it last proved that it sees: a fresh health with a running capture that had seen packets in its interval. */
  provenMs?: number;
  /** The last commit of a durable message. */
  storedMs?: number;
  presence?: Presence;
  presenceMs?: number;
  health?: Health;
  healthMs?: number;
  /** Smallest difference between the box's clock and ours seen lately, ms; positive: the box is ahead. */
  clockOffsetMs?: number;
  openAlerts: number;
}

/** What presence and health say, as it comes. Older than what is known (by boot, session and ts): changes nothing but `seenMs`. */
export interface Sighting {
  box: string;
  receivedMs: number;
  /** From the broker's memory (retained): tells what was, not that the box lives. */
  isRetained: boolean;
  presence?: Presence;
  health?: Health;
}

export interface Store {
  /** All or nothing; resolves when it is durable. A repeat changes nothing. */
  commit(arrivals: readonly Arrival[], unnumbered?: readonly UnnumberedAlert[]): Promise<CommitResult>;
  /** What a health says of the last number of an empty outbox makes a hole, where it is not in the store. */
  saw(sightings: readonly Sighting[]): Promise<void>;
  boxes(): Promise<BoxRow[]>;
  /** At most 100 of each box, the lowest numbers: enough to say that it is in trouble, and no box can drown the others. */
  holes(): Promise<Hole[]>;
  /** Those begun after `sinceMs`; of each box the three newest. */
  newOutboxes(sinceMs: number): Promise<NewOutbox[]>;
  /** It is known why this outbox was begun. */
  explainOutbox(outbox: Pick<NewOutbox, 'box' | 'outbox'>): Promise<void>;
  /** Newest first: what changed last, by the clock of the centre. 1,000 where no limit is given. */
  alerts(query?: { box?: string; state?: Alert['state']; limit?: number }): Promise<Alert[]>;
  /** Opens the alert unless one of its box and kind is open. Resolves with false where one is: exactly one of several processes gets true. */
  openCentreAlert(alert: CentreAlert): Promise<boolean>;
  /** Writes a higher `rev` of an open one, closed or not. Resolves with false where it was closed already or the rev is not higher. */
  updateCentreAlert(alert: CentreAlert): Promise<boolean>;
  openCentreAlerts(filter?: { box?: string; kind?: CentreAlertKind }): Promise<CentreAlert[]>;
  /** A random text that all processes of this store share under this name, made by the first that asks. */
  secret(name: string): Promise<string>;
  /** Counts for tests and people: durable messages by box and outbox, with the highest number. */
  outboxes(): Promise<{ box: string; outbox: string; messages: number; last: number }[]>;
  /**
   * Makes room, one bounded step at a call: removes messages and closed alerts received before, and closed centre alerts and holes as old.
   * Resolves with the rows that it changed; 0: nothing is left to do.
   */
  forget(beforeMs: number): Promise<number>;
  close(): Promise<void>;
}
