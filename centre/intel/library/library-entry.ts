/** What the library knows of one value: its kind, its canonical text, and all that each source says of it. No behaviour. */
import type { Tlp } from '../../../firmware/sensor/intel/indicator.ts';

/** The order in which entries come. */
export const kinds = ['address', 'cidr', 'address_port', 'domain', 'url', 'ja3', 'ja4', 'cert_sha1', 'cert_sha256', 'user_agent'] as const;
export type Kind = (typeof kinds)[number];

/**
 * Why a value would do harm although a list names it. `public-suffix`: a registry hands out names below it (`com`, `gov.vn`).
 * `shared-suffix`: anybody gets a name below it (`github.io`, `duckdns.org`).
 */
export type Concern = 'public-suffix' | 'shared-suffix';

/** What one source says of a value. Absent means unknown. The same object is given again where a source says the same of many values. */
export interface LibraryProvenance {
  /** The name under which the list was imported. */
  source: string;
  /** Whom the list itself names: the organisation of a MISP event, `meta.source` of Zeek, a column `source`. */
  origin?: string;
  family?: string;
  /** 0 to 100. */
  confidence: number;
  tlp?: Tlp;
  /** Milliseconds since 1970, as all times here. */
  firstSeenMs?: number;
  lastSeenMs?: number;
  validUntilMs?: number;
  reference?: string;
  /** The source took it back: the build leaves it out. */
  isRevoked?: boolean;
  /** The source says that it does not answer any more (URLhaus, Feodo). */
  isOffline?: boolean;
  /** The source says that it is no ground for an alert (`to_ids: false` of MISP): the build leaves it out. */
  isNotForDetection?: boolean;
  /** When this source brought it first, without a gap since, and last. */
  importedFirstMs: number;
  importedLastMs: number;
}

export interface LibraryEntry {
  kind: Kind;
  /**
   * Canonical text, as `parseAs` of firmware/sensor/intel reads it (see `parsed-entry.ts`; a few, such as ftp URLs, it refuses: they are
   * known, and cannot be matched). Host bits cleared, IPv6 by RFC 5952, names in lower-case ASCII; `=name` is a name without those below it.
   */
  value: string;
  /** An allowance and an indicator of the same value are two entries. */
  isAllowance: boolean;
  concern?: Concern;
  /** At least one; by the name of the source, a source may say several things. */
  provenances: LibraryProvenance[];
}

/** What is known of a whole source. */
export interface SourceSummary {
  source: string;
  format: string;
  /** The file or URL as it was named. */
  from: string;
  importedFirstMs: number;
  importedLastMs: number;
  /** Unique values of each kind; `allow` are the allowances of all kinds. */
  counts: Record<Kind | 'allow', number>;
  refused: number;
  refusedByReason: Record<string, number>;
}
