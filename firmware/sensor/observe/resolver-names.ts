/**
 * A server's name in a hello -> whether it is that of a public resolver that speaks DNS over HTTPS: what its clients ask is hidden from us.
 * Only the well-known ones, which browsers and systems offer by themselves; a resolver of somebody's own looks like any web site.
 */

/** Each stands for itself and for the names below it. Web sites of the same operators are left out. */
const resolverNames = [
  'cloudflare-dns.com',
  'one.one.one.one',
  'dns.cloudflare.com',
  'dns.google',
  'dns.google.com',
  'dns.quad9.net',
  'dns9.quad9.net',
  'dns10.quad9.net',
  'dns11.quad9.net',
  'dns12.quad9.net',
  'doh.opendns.com',
  'doh.familyshield.opendns.com',
  'doh.umbrella.com',
  'dns.nextdns.io',
  'adguard-dns.com',
  'dns.adguard.com',
  'dns-family.adguard.com',
  'doh.cleanbrowsing.org',
  'dns.controld.com',
  'freedns.controld.com',
  'dns.mullvad.net',
  'doh.dns.apple.com',
  'doh.xfinity.com',
  'dns.yandex.net',
  'dns.alidns.com',
  'doh.pub',
  'doh.360.cn',
  'dns.twnic.tw',
  'doh.dns.sb',
  'doh.sb',
  'dns.digitale-gesellschaft.ch',
  'doh.libredns.gr',
  'wikimedia-dns.org',
];

/** By their last two labels: of nearly every hello one look-up is all that is asked. */
const byZone = Map.groupBy(resolverNames, zoneOf);

/** `name` in lower case and without its final dot, as hellos carry it. */
export function isResolverName(name: string | undefined): boolean {
  if (name === undefined) return false;
  return byZone.get(zoneOf(name))?.some((resolver) => name === resolver || name.endsWith(`.${resolver}`)) === true;
}

function zoneOf(name: string): string {
  const last = name.lastIndexOf('.');
  return last <= 0 ? name : name.slice(name.lastIndexOf('.', last - 1) + 1);
}
