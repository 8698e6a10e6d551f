/**
 * The closed list of what can be wrong with a frame or message. A decoder keeps its partial result and names the fault;
 * the pipeline counts each. A new fault is a new line here.
 */
export const anomalyNames = [
  'link.truncated',
  'link.unknown-type',
  'link.too-many-tags',
  'ip.truncated',
  'ip.bad-version',
  'ip.bad-header-length',
  'ip.bad-total-length',
  'ip.too-many-extensions',
  'ip.fragment-overlap',
  'ip.fragment-too-large',
  'ip.fragments-refused',
  'ip.fragment-expired',
  'tunnel.too-deep',
  'tunnel.truncated',
  'transport.truncated',
  'transport.bad-header-length',
  'transport.bad-length',
  'stream.gap',
  'stream.refused',
  'stream.overlap-differs',
  'dns.truncated',
  'dns.bad-name',
  'dns.compression-loop',
  'dns.name-too-long',
  'dns.too-many-records',
  'dns.bad-record',
  'tls.bad-record',
  'tls.bad-hello',
  'tls.bad-certificate',
  'tls.too-large',
  'quic.bad-header',
  'quic.decrypt-failed',
  'quic.bad-frame',
  'quic.too-large',
  'http.bad-request',
  'http.bad-response',
  'http.header-too-large',
  'dhcp.truncated',
  'dhcp.bad-option',
  'nbns.bad-name',
  'flow.refused',
  'host.refused',
] as const;

export type Anomaly = (typeof anomalyNames)[number];

/** Counts anomalies by name; the only mutable thing decoders share. */
export class AnomalyCounter {
  /** A look-up in a map of few keys is cheaper than one in an object by a name that changes, and in a flood each packet is one. */
  private readonly tallies = new Map(anomalyNames.map((name) => [name, { count: 0 }]));

  count(anomaly: Anomaly): void {
    this.tallies.get(anomaly)!.count++;
  }

  get counts(): Readonly<Record<Anomaly, number>> {
    return Object.fromEntries(Array.from(this.tallies, ([name, { count }]) => [name, count])) as Record<Anomaly, number>;
  }

  total(): number {
    let sum = 0;
    for (const { count } of this.tallies.values()) sum += count;
    return sum;
  }
}
