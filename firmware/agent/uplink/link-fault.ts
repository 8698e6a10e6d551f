/**
 * What went wrong on the way to the broker -> one plain sentence that also says what to do. The code of the system stays in brackets, for
 * whoever has to look it up. Knows TCP, TLS and files; what MQTT itself refuses is told by the connection.
 */
import { authorityOf, type Place } from './options.ts';

export type FaultKind = 'file' | 'name' | 'unreachable' | 'proxy' | 'tls' | 'broker';

/** Its message is fit for people. */
export class LinkFault extends Error {
  override readonly name: string = 'LinkFault';
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A file of the configuration cannot be used. */
export class FileFault extends LinkFault {
  override readonly name = 'FileFault';
  readonly path: string;

  constructor(path: string, message: string) {
    super('file', message);
    this.path = path;
  }
}

/** Codes of a certificate that no trusted authority vouches for (OpenSSL's names, X509_V_ERR_…). */
const foreignAuthority = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);

/** What the other side says of our certificate, as alerts of TLS (RFC 8446 §6.2, in OpenSSL's names). */
const clientCertificateAlerts: readonly [RegExp, string][] = [
  [/ALERT_CERTIFICATE_EXPIRED$/, 'says that the box’s certificate has expired; have the centre issue a new one'],
  [/ALERT_CERTIFICATE_REVOKED$/, 'says that the box’s certificate was revoked; ask the centre why'],
  [/ALERT_UNKNOWN_CA$/, 'does not know the authority of the box’s certificate; enrol the box at this centre'],
  [/ALERT_CERTIFICATE_REQUIRED$/, 'wants a client certificate; set certFile and keyFile'],
  [
    /ALERT_(BAD|UNSUPPORTED)_CERTIFICATE$|ALERT_CERTIFICATE_UNKNOWN$/,
    'does not accept the box’s certificate; enrol the box at this centre',
  ],
];

export interface Route {
  /** Where we were connecting to: the broker, or the proxy on the way to it. */
  to: Place;
  who: 'broker' | 'proxy';
  /** The name that the broker's certificate must bear. */
  name: string;
  caFile?: string | undefined;
}

/** The sentence for an error of a socket; errors that already are sentences stay as they are. */
export function faultOf(error: unknown, route: Route): LinkFault {
  if (error instanceof LinkFault) return error;
  const code = codeOf(error);
  const message = error instanceof Error && error.message !== '' ? error.message : code;
  return (
    tlsFault(code, error, route) ??
    reachFault(code, message, route) ??
    new LinkFault('broker', code === '' ? message : `${message} (${code})`)
  );
}

function reachFault(code: string, message: string, { to, who }: Route): LinkFault | undefined {
  const at = authorityOf(to);
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new LinkFault('name', `the name ${to.host} of the ${who} has no address; check it, and the box’s DNS server (${code})`);
    case 'ECONNREFUSED':
      return new LinkFault('unreachable', `nothing takes connections at ${at}; is the ${who} running, and the port right? (${code})`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'ETIMEDOUT':
      return new LinkFault('unreachable', `there is no way to ${at}; check cable, address and gateway of the box (${code})`);
    case 'ECONNRESET':
    case 'EPIPE':
      return new LinkFault('unreachable', `${at} cut the connection; does a firewall or the ${who} refuse the box? (${message})`);
    default:
      return undefined;
  }
}

function tlsFault(code: string, error: unknown, { to, name, caFile }: Route): LinkFault | undefined {
  const at = authorityOf(to);
  const tls = (text: string) => new LinkFault('tls', `${text} (${code})`);
  const said = clientCertificateAlerts.find(([alert]) => alert.test(code));
  if (said !== undefined) return tls(`the broker at ${at} ${said[1]}`);
  if (foreignAuthority.has(code)) {
    const trusted = caFile === undefined ? 'an authority that this machine trusts; set caFile' : `the authority in ${caFile}`;
    return tls(`the certificate of ${at} is not from ${trusted}; either the file is out of date or this is not the centre’s broker`);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return tls(`the certificate of ${at} is for ${namesOf(error)}, not for ${name}; set serverName, or this is not the centre’s broker`);
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const when = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return tls(`the certificate of ${at} ${when} by this box’s clock, which says ${new Date().toISOString()}; correct whichever is wrong`);
  }
  if (/PROTOCOL_VERSION$|UNSUPPORTED_PROTOCOL$/.test(code)) return tls(`${at} does not speak TLS 1.3; enable it at the broker`);
  if (/NO_APPLICATION_PROTOCOL$/.test(code)) return tls(`${at} knows none of the protocol names in alpn; ask the centre for the right one`);
  if (/WRONG_VERSION_NUMBER$|PACKET_LENGTH_TOO_LONG$|RECORD_LAYER_FAILURE$|^EPROTO$/.test(code))
    return tls(`${at} does not answer with TLS; is the port right?`);
  return /^ERR_SSL_|^CERT_|^ERR_TLS_|_CERT_|_CERT$|CRL/.test(code) ? tls(`TLS with ${at} failed: ${messageOf(error)}`) : undefined;
}

function namesOf(error: unknown): string {
  const names = error instanceof Error && 'cert' in error && isCertificate(error.cert) ? error.cert.subjectaltname : undefined;
  return names === undefined ? 'no name at all' : printable(names, 200);
}

function isCertificate(value: unknown): value is { subjectaltname?: string } {
  return typeof value === 'object' && value !== null;
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** With several addresses to try, Node reports an error with an empty message; its code still says what happened. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? codeOf(error) || error.name : error.message;
}

/** Text of the other side, cut and without control characters: it ends in logs and on terminals. */
export function printable(text: string, lengthMax: number): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, lengthMax);
}
