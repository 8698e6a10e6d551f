/**
 * Numbers of DNS record types, response codes and classes -> their mnemonics, after IANA's "Domain Name System (DNS) Parameters".
 * A number without a name keeps its number: `TYPEnnn` (RFC 3597 §5), `RCODEnnn`.
 */

export const dnsType = {
  a: 1,
  ns: 2,
  cname: 5,
  soa: 6,
  ptr: 12,
  mx: 15,
  txt: 16,
  aaaa: 28,
  srv: 33,
  dname: 39,
  opt: 41,
  ds: 43,
  rrsig: 46,
  dnskey: 48,
  svcb: 64,
  https: 65,
  tsig: 250,
  caa: 257,
} as const;

const typeNames = new Map<number, string>([
  ...'A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP-PTR SIG KEY PX GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME SINK OPT APL DS SSHFP IPSECKEY RRSIG NSEC DNSKEY DHCID NSEC3 NSEC3PARAM TLSA SMIMEA'
    .split(' ')
    .map((name, index): [number, string] => [index + 1, name]),
  ...'HIP NINFO RKEY TALINK CDS CDNSKEY OPENPGPKEY CSYNC ZONEMD SVCB HTTPS DSYNC'
    .split(' ')
    .map((name, index): [number, string] => [index + 55, name]),
  ...'SPF UINFO UID GID UNSPEC NID L32 L64 LP EUI48 EUI64'.split(' ').map((name, index): [number, string] => [index + 99, name]),
  ...'NXNAME TKEY TSIG IXFR AXFR MAILB MAILA ANY URI CAA AVC DOA AMTRELAY RESINFO WALLET'
    .split(' ')
    .map((name, index): [number, string] => [index === 0 ? 128 : index + 248, name]),
  [32768, 'TA'],
  [32769, 'DLV'],
]);

const rcodeNames = new Map<number, string>([
  ...'NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE DSOTYPENI'
    .split(' ')
    .map((name, index): [number, string] => [index, name]),
  ...'BADVERS BADKEY BADTIME BADMODE BADNAME BADALG BADTRUNC BADCOOKIE'
    .split(' ')
    .map((name, index): [number, string] => [index + 16, name]),
]);

/** `A`, `HTTPS`, …; `TYPEnnn` for a type without a name. */
export function typeMnemonic(type: number): string {
  return typeNames.get(type) ?? `TYPE${type}`;
}

export function isKnownType(type: number): boolean {
  return typeNames.has(type);
}

/** `NOERROR`, `NXDOMAIN`, …; `RCODEnnn` for a code without a name. Takes the 12 bits that EDNS makes of it (RFC 6891 §6.1.3). */
export function rcodeMnemonic(rcode: number): string {
  return rcodeNames.get(rcode) ?? `RCODE${rcode}`;
}
