import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../../firmware/sensor/bytes/address.ts';
import { parseAs, parseValue } from '../../../../firmware/sensor/intel/parse-value.ts';

/** Type and canonical form in one text. */
function shown(text: string): string {
  const value = parseValue(text);
  if (typeof value === 'string') return `refused: ${value}`;
  if (value.type === 'address') return `address ${formatAddress(value.a, value.b, value.c, value.d)}/${value.prefixLength}`;
  if (value.type === 'address-port') return `address-port ${formatAddress(value.a, value.b, value.c, value.d)} ${value.port}`;
  return `${value.type} ${value.exact ? '=' : ''}${value.text}`;
}

const ja4 = 't13d1516h2_8daaf6152771_e5627efa2ab1';
const hex32 = '0123456789abcdef0123456789ABCDEF';
const hex40 = `${hex32}01234567`;
const hex64 = `${hex32}${hex32}`;

describe('recognises', () => {
  test.each([
    ['192.0.2.1', 'address 192.0.2.1/32'],
    ['192[.]0[.]2[.]1', 'address 192.0.2.1/32'],
    ['ip:192.0.2.1', 'address 192.0.2.1/32'],
    ['198.51.100.77/24', 'address 198.51.100.0/24'],
    ['192.0.2.1/32', 'address 192.0.2.1/32'],
    ['10.0.0.0/8', 'address 10.0.0.0/8'],
    ['192.0.2.1:8080', 'address-port 192.0.2.1 8080'],
    ['ip:192.0.2.1:8080', 'address-port 192.0.2.1 8080'],
    ['2001:DB8:0:0:0:0:0:60', 'address 2001:db8::60/128'],
    ['2001:db8::ff/32', 'address 2001:db8::/32'],
    ['::ffff:192.0.2.64', 'address 192.0.2.64/32'],
    ['::ffff:192.0.2.64/120', 'address 192.0.2.0/24'],
    ['[2001:db8::65]:443', 'address-port 2001:db8::65 443'],
    ['[2001:db8::65]', 'address 2001:db8::65/128'],
    ['[::ffff:192.0.2.1]:443', 'address-port 192.0.2.1 443'],
    ['Evil.Example.', 'domain evil.example'],
    ['domain:evil.example', 'domain evil.example'],
    ['*.evil.example', 'domain evil.example'],
    ['.evil.example', 'domain evil.example'],
    ['=www.evil.example', 'domain =www.evil.example'],
    ['domain:=www.evil.example', 'domain =www.evil.example'],
    ['plain[.]example[dot]com', 'domain plain.example.com'],
    ['_dmarc.under-score.example', 'domain _dmarc.under-score.example'],
    ['bücher.example', 'domain xn--bcher-kva.example'],
    ['BÜCHER.example', 'domain xn--bcher-kva.example'],
    ['vọnggác.example', 'domain xn--vnggc-0qa0374c.example'],
    ['evil。example', 'domain evil.example'],
    ['http://Host.Example', 'url host.example/'],
    ['https://host.example:443/A/b?c=D#top', 'url host.example/A/b?c=D'],
    ['http://host.example:443/x', 'url host.example/x'],
    ['http://host.example:8080/x', 'url host.example:8080/x'],
    ['http://host.example?', 'url host.example/'],
    ['http://host.example?a=1', 'url host.example/?a=1'],
    ['http://user:secret@host.example./x', 'url host.example/x'],
    ['hxxps[:]//bad[.]example[.]com/path', 'url bad.example.com/path'],
    ['hXXp://192.0.2.67:81/x', 'url 192.0.2.67:81/x'],
    ['http://[2001:DB8::5]:80/x', 'url [2001:db8::5]/x'],
    ['http://[2001:DB8:0::5]:81/x', 'url [2001:db8::5]:81/x'],
    ['http://bücher.example/đ', 'url xn--bcher-kva.example/%C4%91'],
    ['host.example/gate.php', 'url host.example/gate.php'],
    ['192.0.2.1/gate.php', 'url 192.0.2.1/gate.php'],
    ['host.example:8080/gate', 'url host.example:8080/gate'],
    ['url:host.example', 'url host.example/'],
    [hex32, `ja3 ${hex32.toLowerCase()}`],
    [`ja3:${hex32}`, `ja3 ${hex32.toLowerCase()}`],
    [ja4, `ja4 ${ja4}`],
    [`ja4:${ja4}`, `ja4 ${ja4}`],
    ['q13i0301h3_55b375c5d22e_06cda9e17597', 'ja4 q13i0301h3_55b375c5d22e_06cda9e17597'],
    [hex40, `cert-sha1 ${hex40.toLowerCase()}`],
    [`sha1:${hex40}`, `cert-sha1 ${hex40.toLowerCase()}`],
    [hex40.match(/../g)!.join(':'), `cert-sha1 ${hex40.toLowerCase()}`],
    [hex64, `cert-sha256 ${hex64.toLowerCase()}`],
    [`sha256:${hex64}`, `cert-sha256 ${hex64.toLowerCase()}`],
    [hex64.match(/../g)!.join(':'), `cert-sha256 ${hex64.toLowerCase()}`],
    ['http://host.example/%7eu/%2E%2E/./x%2fy%3f?a=%41', 'url host.example/x%2Fy%3F?a=A'],
    [
      'Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 (KHTML, like Gecko)',
      'user-agent Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 (KHTML, like Gecko)',
    ],
    ['HangDa-Loader/1.0 (x64)', 'user-agent HangDa-Loader/1.0 (x64)'],
    ['ua:Mozilla/4.0 (evil; # bot)', 'user-agent Mozilla/4.0 (evil; # bot)'],
  ])('%s', (text, expected) => expect(shown(text)).toBe(expected));
});

describe('refuses', () => {
  test.each([
    ['', 'empty value'],
    ['ua:', 'empty value'],
    ['just some words', 'space inside the value; write ua:… for a user agent'],
    ['host.example/1 (why)', 'space inside the value; write ua:… for a user agent'],
    ['evil\u0007.example', 'control character in the value'],
    ['a'.repeat(5000), 'too long'],
    [`http://host.example/${'a'.repeat(2048)}`, 'too long'],
    ['localhost', 'not a domain: it needs at least two labels'],
    ['12345', 'not a domain: it needs at least two labels'],
    ['*.com', 'not a domain: it needs at least two labels'],
    ['None', 'not a domain: it needs at least two labels'],
    ['evil..example', 'not a domain: empty label'],
    [`${'a'.repeat(64)}.example`, 'not a domain: a label is longer than 63 characters'],
    [`${'a.'.repeat(124)}example`, 'not a domain: longer than 253 characters'],
    ['evil!.example', 'not a domain: a character that no host name has'],
    ['a.*.example', 'not a domain: * stands only at its front'],
    ['evil.example.7', 'not a domain: the last label is a number'],
    ['\u{fffd}.example', 'not a domain: an international name that cannot be encoded'],
    ['evil.example:443', 'a domain takes no port'],
    ['999.1.1.1', 'not an IPv4 address: four numbers from 0 to 255, without leading zeros'],
    ['1.2.3', 'not an IPv4 address: four numbers from 0 to 255, without leading zeros'],
    ['1.2.3.4.5', 'not an IPv4 address: four numbers from 0 to 255, without leading zeros'],
    ['192.0.02.1', 'not an IPv4 address: four numbers from 0 to 255, without leading zeros'],
    ['192.0..1', 'not an IPv4 address: four numbers from 0 to 255, without leading zeros'],
    ['2001:db8:::1', 'not an IPv6 address'],
    ['2001:db8::1%eth0', 'not an IPv6 address'],
    ['[2001:db8::1', 'not an IPv6 address'],
    ['ip:evil.example', 'not an address'],
    ['192.0.2.68-192.0.2.70', 'an address range is not supported: write it as networks (CIDR)'],
    ['192.0.2.0/33', 'prefix length is not a number in range'],
    ['192.0.2.0/', 'prefix length is not a number in range'],
    ['2001:db8::/129', 'prefix length is not a number in range'],
    ['0.0.0.0/0', 'too wide: an IPv4 network is /8 or smaller'],
    ['64.0.0.0/7', 'too wide: an IPv4 network is /8 or smaller'],
    ['::/0', 'too wide: an IPv6 network is /16 or smaller'],
    ['2000::/3', 'too wide: an IPv6 network is /16 or smaller'],
    ['127.0.0.1', 'no remote host has this address'],
    ['0.0.0.0', 'no remote host has this address'],
    ['224.0.0.251', 'no remote host has this address'],
    ['255.255.255.255', 'no remote host has this address'],
    ['::1', 'no remote host has this address'],
    ['ff02::fb', 'no remote host has this address'],
    ['192.0.2.1:0', 'port is not a number from 1 to 65535'],
    ['192.0.2.1:65536', 'port is not a number from 1 to 65535'],
    ['[2001:db8::1]443', 'port is not a number from 1 to 65535'],
    ['http://host.example:99999/x', 'port is not a number from 1 to 65535'],
    ['http:///x', 'not a URL'],
    ['ftp://host.example/x', 'not a URL: only http and https are matched'],
    ['http://host/x', 'not a domain: it needs at least two labels'],
    ['ja3:0123', 'not a JA3: 32 hex digits'],
    ['ja4:t13d', 'not a JA4'],
    [`sha1:${hex32}`, 'not a certificate SHA-1: 40 hex digits'],
    [`sha256:${hex40}`, 'not a certificate SHA-256: 64 hex digits'],
    ['a@example.com', 'an e-mail address is not matched'],
    ['attacker[@]example[.]com', 'an e-mail address is not matched'],
  ])('%s', (text, reason) => expect(shown(text)).toBe(`refused: ${reason}`));
});

test('reads any text as a User-Agent when that is what the caller names', () => {
  expect(parseAs('user-agent', 'http://evil.example 192.0.2.1')).toMatchObject({
    type: 'user-agent',
    text: 'http://evil.example 192.0.2.1',
  });
});

test('does not throw and keeps to its list on random text', () => {
  const alphabet = [...'0159abcfxz.:/[]%#@?=*-_ \u00fc\u0000"'];
  let state = 99;
  for (let round = 0; round < 50_000; round++) {
    let text = '';
    for (let length = round % 24; length > 0; length--) {
      state = (Math.imul(state, 1103515245) + 12345) | 0;
      text += alphabet[(state >>> 16) % alphabet.length]!;
    }
    const value = parseValue(text.trim());
    if (typeof value !== 'string') expect(value.type).toBeTypeOf('string');
  }
});
