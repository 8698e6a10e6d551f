/**
 * What nearly every network talks to, as facts: resolvers, time, and names whose condemnation would make every lamp red at once. Published by their
 * operators and by IANA. A list of our own, short on purpose: the operator's popular domains and warning lists are the long ones. No behaviour.
 */

/** Open resolvers, those of Vietnam's carriers, and the root servers. One of them on a list is an error, or an attack on whoever uses the list. */
export const resolverAddresses = [
  // Google, Cloudflare, Quad9, OpenDNS, AdGuard, Level 3, Verisign, Yandex
  ...['8.8.8.8', '8.8.4.4', '2001:4860:4860::8888', '2001:4860:4860::8844'],
  ...['1.1.1.1', '1.0.0.1', '1.1.1.2', '1.0.0.2', '1.1.1.3', '1.0.0.3', '2606:4700:4700::1111', '2606:4700:4700::1001'],
  ...['9.9.9.9', '149.112.112.112', '9.9.9.10', '149.112.112.10', '2620:fe::fe', '2620:fe::9'],
  ...['208.67.222.222', '208.67.220.220', '208.67.222.220', '208.67.220.222', '2620:119:35::35', '2620:119:53::53'],
  ...['94.140.14.14', '94.140.15.15', '4.2.2.1', '4.2.2.2', '4.2.2.3', '4.2.2.4', '64.6.64.6', '64.6.65.6', '77.88.8.8', '77.88.8.1'],
  // 114DNS, AliDNS, DNSPod
  ...['114.114.114.114', '114.114.115.115', '223.5.5.5', '223.6.6.6', '119.29.29.29'],
  // VNPT, Viettel, FPT
  ...['203.162.4.190', '203.162.4.191', '203.113.131.1', '203.113.131.2', '210.245.24.20', '210.245.24.22'],
  // Root servers A to M (IANA, named.root)
  ...['198.41.0.4', '170.247.170.2', '192.33.4.12', '199.7.91.13', '192.203.230.10', '192.5.5.241', '192.112.36.4'],
  ...['198.97.190.53', '192.36.148.17', '192.58.128.30', '193.0.14.129', '199.7.83.42', '202.12.27.33'],
] as const;

/** Google's and Cloudflare's time. */
export const timeAddresses = ['216.239.35.0', '216.239.35.4', '216.239.35.8', '216.239.35.12', '162.159.200.1', '162.159.200.123'] as const;

/**
 * Names that no list may condemn as a whole: the name itself, or one above it. A host below them may well be bad: `evil.amazonaws.com` is
 * taken, `amazonaws.com` is not.
 */
export const infrastructureNames = [
  // Resolvers and time
  ...['dns.google', 'one.one.one.one', 'cloudflare-dns.com', 'quad9.net', 'opendns.com', 'ntp.org', 'pool.ntp.org'],
  ...['time.windows.com', 'time.google.com', 'time.apple.com', 'time.cloudflare.com', 'root-servers.net', 'in-addr.arpa', 'ip6.arpa'],
  // Whether there is an Internet, and whether a certificate was revoked
  ...['msftconnecttest.com', 'msftncsi.com', 'connectivitycheck.gstatic.com', 'captive.apple.com', 'detectportal.firefox.com'],
  ...['digicert.com', 'lencr.org', 'letsencrypt.org', 'globalsign.com', 'sectigo.com', 'pki.goog'],
  // What every office runs
  ...['microsoft.com', 'windows.com', 'windowsupdate.com', 'office.com', 'office365.com', 'office.net', 'live.com', 'outlook.com'],
  ...['microsoftonline.com', 'windows.net', 'azure.com', 'msedge.net', 'bing.com', 'skype.com', 'apple.com', 'icloud.com', 'mozilla.org'],
  ...['google.com', 'google.com.vn', 'googleapis.com', 'gstatic.com', 'googleusercontent.com', 'gmail.com', 'youtube.com', 'ytimg.com'],
  ...['facebook.com', 'fbcdn.net', 'zalo.me', 'zalo.vn', 'zadn.vn', 'vnpt.vn', 'viettel.vn', 'fpt.vn', 'chinhphu.vn', 'github.com'],
  // Where half of the Web is
  ...['cloudflare.com', 'cloudflare.net', 'akamai.net', 'akamaiedge.net', 'akamaized.net', 'edgekey.net', 'edgesuite.net', 'fastly.net'],
  ...['amazonaws.com', 'cloudfront.net', 'azureedge.net', 'trafficmanager.net', 'kaspersky.com', 'bkav.com'],
] as const;

/**
 * Names below which nobody but their owner gives names away: a host there is the owner's, and no list may condemn it either. Not here is who lends names
 * to customers (`amazonaws.com`, `googleapis.com`, `windows.net`).
 */
export const closedNames = [
  ...['dns.google', 'one.one.one.one', 'cloudflare-dns.com', 'quad9.net', 'opendns.com', 'ntp.org', 'root-servers.net'],
  ...['time.windows.com', 'time.apple.com', 'time.cloudflare.com', 'in-addr.arpa', 'ip6.arpa'],
  ...['msftconnecttest.com', 'msftncsi.com', 'captive.apple.com', 'detectportal.firefox.com', 'digicert.com', 'lencr.org'],
  ...['letsencrypt.org', 'globalsign.com', 'sectigo.com', 'pki.goog', 'microsoft.com', 'windows.com', 'windowsupdate.com', 'office.com'],
  ...['office365.com', 'office.net', 'live.com', 'outlook.com', 'microsoftonline.com', 'bing.com', 'skype.com', 'apple.com', 'icloud.com'],
  ...['mozilla.org', 'google.com', 'google.com.vn', 'gstatic.com', 'gmail.com', 'youtube.com', 'ytimg.com', 'facebook.com', 'fbcdn.net'],
  ...['zalo.me', 'zadn.vn', 'chinhphu.vn', 'github.com', 'kaspersky.com', 'bkav.com'],
] as const;

/**
 * Fingerprints of programs that every office runs. JA3: MD5 of what Chrome and Edge (72 to 109), Firefox and the TLS library of Windows say, with and without
 * a session that goes on. JA4: Chrome and Edge since. They name no malware, whatever else uses the same library.
 */
export const everydayFingerprints = [
  ...['cd08e31494f9531f560d64c695473da9', 'b32309a26951912be7dba376398abc3b', 'e1d8b04eeb8ef3954ec4f49267a783ef'],
  ...['7f805430de1e7d98b1de033adb58cf46', '598872011444709307b861ae817a4b60', '44d502d471cfdb99c59bdfb0f220e5a8'],
  ...['579ccef312d18482fc42e2b822ca2430', '37f463bf4616ecd445d4a1937da06e19', 'a0e9f5d64349fb13191bc781f81f42e1'],
  ...['3b5074b1b5d032e5620f69f9f700ff0e', '54328bd36c14bd82ddaa0c04b25ed9ad'],
  ...['t13d1516h2_8daaf6152771_02713d6af862', 't13d1516h2_8daaf6152771_d8a2da3f94cd', 't13d1517h2_8daaf6152771_b1ff8ab2d16f'],
] as const;

/** User-Agents of today's browsers and of what systems do by themselves, as a whole. Malware that calls itself an older browser is told by its age. */
export const everydayUserAgents: readonly RegExp[] = [
  /^Mozilla\/5\.0$/,
  // Since Chrome 101 only the first number of its version is told.
  /^Mozilla\/5\.0 \([^()]*\) AppleWebKit\/537\.36 \(KHTML, like Gecko\) Chrome\/\d{3}\.0\.0\.0 (?:Mobile )?Safari\/537\.36(?: Edg\w*\/[\d.]+)?$/,
  /^Mozilla\/5\.0 \([^()]*rv:1\d\d\.0\) Gecko\/[\d.]+ Firefox\/1\d\d\.0$/,
  /^Mozilla\/5\.0 \((?:iPhone|iPad|Macintosh);[^()]*\) AppleWebKit\/605\.1\.15 \(KHTML, like Gecko\) Version\/[\d.]+ (?:Mobile\/\w+ )?Safari\/[\d.]+$/,
  /^Microsoft(?:-CryptoAPI|-Delivery-Optimization|-WNS| BITS)\/[\d.]+$/,
  /^(?:Microsoft NCSI|Windows-Update-Agent|CaptiveNetworkSupport|Debian APT-HTTP)(?:[/-]|$)/,
];

/** Behind each address stand thousands of sites (Cloudflare's and Fastly's own lists). May be right, and then is better told by its name. */
export const sharedNetworks = [
  ...['103.21.244.0/22', '103.22.200.0/22', '103.31.4.0/22', '104.16.0.0/13', '104.24.0.0/14', '108.162.192.0/18', '131.0.72.0/22'],
  ...['141.101.64.0/18', '162.158.0.0/15', '172.64.0.0/13', '173.245.48.0/20', '188.114.96.0/20', '190.93.240.0/20', '197.234.240.0/22'],
  ...['198.41.128.0/17', '2400:cb00::/32', '2606:4700::/32', '2803:f800::/32', '2405:b500::/32', '2405:8100::/32', '2a06:98c0::/29'],
  ...['2c0f:f248::/32', '151.101.0.0/16', '199.232.0.0/16', '2a04:4e40::/32'],
] as const;

/**
 * Addresses that are not of the Internet (IANA special-purpose registries). The documentation networks (RFC 5737, RFC 3849) are not among them: no
 * packet has them, and examples do.
 */
export const reservedNetworks = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16'],
  ...['198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4', '::/127', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/32', '2002::/16'],
  ...['fc00::/7', 'fe80::/10', 'ff00::/8'],
] as const;
