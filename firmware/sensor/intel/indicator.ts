/** What the detectors know of an indicator, and the questions they may ask of a set. The compiled form is `indicator-set.ts`. */

export const indicatorTypes = ['address', 'address-port', 'domain', 'url', 'ja3', 'ja4', 'cert-sha1', 'cert-sha256', 'user-agent'] as const;
export type IndicatorType = (typeof indicatorTypes)[number];

export const tlps = ['clear', 'green', 'amber', 'amber+strict', 'red'] as const;
export type Tlp = (typeof tlps)[number];

/** Where an indicator comes from and how far to trust it. Absent means unknown. */
export interface Provenance {
  family?: string;
  source?: string;
  /** 0 to 100; 75 where the list says nothing. */
  confidence: number;
  tlp?: Tlp;
  /** Milliseconds since 1970. */
  firstSeenMs?: number;
  /** Milliseconds since 1970; an indicator past it does not match. */
  validUntilMs?: number;
  reference?: string;
}

/** A hit: the indicator as written in canonical form, and what of the traffic met it. A fresh object; made only on a hit. */
export interface Match extends Provenance {
  type: IndicatorType;
  /** Canonical form: `203.0.113.0/24`, `203.0.113.7:443`, `[2001:db8::1]:443`, `evil.example`, `=exact.example`, `http://host.example/path`, … */
  value: string;
  /** How exact the entry is within its type: prefix length, labels, path length. Only compared, never shown. */
  exactness: number;
  /** The release it stands in: the first 16 hex digits of the compiled set's SHA-256. */
  bundle: string;
}

/**
 * An immutable set of indicators with its allow list. Every question takes the time of the frame (ms since 1970), for expiry.
 * The more exact entry wins, whether indicator or allowance; at equal exactness the allowance wins. `undefined`: nothing known.
 * Addresses are four signed 32-bit words; IPv4 is `::ffff:a.b.c.d`.
 */
export interface Indicators {
  readonly bundle: string;
  /** Indicators by type, allowances not counted. */
  readonly counts: Readonly<Record<IndicatorType, number>>;
  readonly allowances: number;
  /** Asks for the address alone and for the address with its port (pass 0 for no port); address:port is more exact. */
  address(a: number, b: number, c: number, d: number, port: number, nowMs: number): Match | undefined;
  /** `name`: lower case, no final dot. Tests the name exactly, then it and each parent as a suffix. */
  domain(name: string, nowMs: number): Match | undefined;
  /**
   * The same name as characters, `text[0, length)`. False: `domain` surely knows nothing of it, at any time. Most names end here, and no
   * string is made for them.
   */
  mayHaveDomain(text: Uint8Array, length: number): boolean;
  /**
   * `host` as in a Host header (any case, port allowed), `target` the path with query. The longest path prefix wins that ends in `/` or
   * `=`, or before one of `/ ? # & . ; =`. Scheme and default port are not compared, both sides are normalised (RFC 3986 §6.2.2). A host
   * that is only known as a domain is not a hit here.
   */
  url(host: string, target: string, nowMs: number): Match | undefined;
  /** Whether the most exact entry that counts for this URL is an allowance. `host` and `target` as for `url`. */
  isUrlAllowed(host: string, target: string, nowMs: number): boolean;
  /** Lower-case hex or the JA4 text. */
  fingerprint(type: 'ja3' | 'ja4' | 'cert-sha1' | 'cert-sha256', value: string, nowMs: number): Match | undefined;
  /** The whole User-Agent header, exact. */
  userAgent(value: string, nowMs: number): Match | undefined;
}
