/** The words by which lists name the type of a value, in a column of types. Those of MISP, OTX, STIX and abuse.ch are among them. */
import type { ValueType } from './parse-value.ts';

/** `certificate`: SHA-1 or SHA-256 of one. The last two are known so that they are refused by their true name. */
export type NamedType = ValueType | 'certificate' | 'file-hash' | 'email';

const words: Readonly<Record<NamedType, string>> = {
  address: 'ip ipv4 ipv6 ipdst ipsrc address ipaddress cidr network ipv4addr ipv6addr ipv4address ipv6address ipv4cidr ipv6cidr',
  'address-port': 'ipport addressport ipdst|port ipsrc|port',
  domain: 'domain hostname fqdn domainname host',
  url: 'url uri link',
  ja3: 'ja3 ja3md5 ja3hash ja3fingerprint ja3fingerprintmd5',
  ja4: 'ja4 ja4hash ja4fingerprint',
  'cert-sha1':
    'sha1 certsha1 certificatesha1 x509sha1 x509fingerprintsha1 sslcertsha1 tlscertsha1 sha1fingerprint certfingerprintsha1 certificatefingerprintsha1',
  'cert-sha256':
    'sha256 certsha256 certificatesha256 x509sha256 x509fingerprintsha256 sslcertsha256 tlscertsha256 sha256fingerprint certfingerprintsha256 certificatefingerprintsha256',
  'user-agent': 'useragent ua httpuseragent',
  certificate: 'certificate cert fingerprint x509 x509certificate x509fingerprint sslcert tlscert sslcertfingerprint certfingerprint',
  'file-hash': 'md5 md5hash sha1hash sha256hash filehash filehashmd5 filehashsha1 filehashsha256',
  email: 'email emailaddress emailaddr emailsrc emaildst',
};

const types: ReadonlyMap<string, NamedType> = new Map(
  (Object.keys(words) as NamedType[]).flatMap((type) => words[type].split(' ').map((word) => [word, type] as const)),
);

/** The type that a cell names; undefined for an unknown word. */
export function readTypeWord(cell: string): NamedType | undefined {
  return types.get(cell.toLowerCase().replace(/[^a-z0-9|]/g, ''));
}
