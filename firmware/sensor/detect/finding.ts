/** What a detector says: this machine did this, and here is what was measured. The alert engine makes alerts of it. */
import type { Reason, Stage, TrafficAlertKind } from '../../contract/alert.ts';
import type { AddressWords } from '../bytes/address.ts';
import { protocolIcmp, protocolIcmpv6 } from '../decode/packet.ts';
import type { Match } from '../intel/indicator.ts';
import type { Connection } from '../observe/event.ts';

export interface Finding {
  detector: string;
  kind: TrafficAlertKind;
  tsMicros: number;
  stage: Stage;
  /** One more name asked or connection made; `grown`: an earlier one has come further, or shows in another way. */
  contact: 'asked' | 'connected' | 'grown';
  /** The other side began it. */
  inbound: boolean;
  /** Which end of the connection is the machine inside. */
  ours: 'client' | 'server';
  /** The machine inside. */
  host: AddressWords;
  remote?: { address: AddressWords; port: number };
  remoteName?: string;
  /** Our port that was asked for, where the other side began it. */
  hostPort?: number;
  /** IANA number. */
  protocol: number;
  /** What was spoken: `dns`, `tls`, `http`, `quic`. */
  app?: string;
  communityId?: string;
  bytesOut?: number;
  bytesIn?: number;
  confidence: number;
  match: Match;
  /** What of the traffic met the indicator. */
  observed: string;
  reasons: Reason[];
  context?: { dns?: Record<string, unknown>; tls?: Record<string, unknown>; http?: Record<string, unknown> };
}

export type FindingSink = (finding: Finding) => void;

export function clientOf(connection: Connection): AddressWords {
  return [connection.clientA, connection.clientB, connection.clientC, connection.clientD];
}

export function serverOf(connection: Connection): AddressWords {
  return [connection.serverA, connection.serverB, connection.serverC, connection.serverD];
}

export function isIcmp(protocol: number): boolean {
  return protocol === protocolIcmp || protocol === protocolIcmpv6;
}

/** The bytes of a ping and its echo are filling, no exchange. */
export function stageOf(connection: Connection): Stage {
  if (connection.exchanged && !isIcmp(connection.protocol)) return 'exchange';
  return connection.answered ? 'contact' : 'attempt';
}
