import { describe, expect, it } from 'vitest';
import { readAny } from '../../../../centre/intel/import/value/any-value.ts';
import { readTyped, type ValueType } from '../../../../centre/intel/import/value/typed-value.ts';

const shown = (reading: ReturnType<typeof readAny>) => (typeof reading === 'string' ? reading : `${reading.kind} ${reading.value}`);

describe('a value whose kind nobody named', () => {
  it.each([
    ['192.0.2.1', 'address 192.0.2.1'],
    ['192.0.2.1/32', 'address 192.0.2.1'],
    ['198.51.100.77/24', 'cidr 198.51.100.0/24'],
    ['2001:DB8:0:0:0:0:0:60', 'address 2001:db8::60'],
    ['2001:db8::1/128', 'address 2001:db8::1'],
    ['2001:db8:60::99/48', 'cidr 2001:db8:60::/48'],
    ['::ffff:192.0.2.64', 'address 192.0.2.64'],
    ['::ffff:192.0.2.64/120', 'cidr 192.0.2.0/24'],
    ['0.0.0.0/0', 'cidr 0.0.0.0/0'],
    ['192.0.2.65:8080', 'address_port 192.0.2.65:8080'],
    ['192.0.2.65:0443', 'address_port 192.0.2.65:443'],
    ['[2001:DB8::65]:443', 'address_port [2001:db8::65]:443'],
    ['192.0.2[.]66', 'address 192.0.2.66'],
    ['Evil[.]Example(.)COM', 'domain evil.example.com'],
    ['third[dot]example{.}com.', 'domain third.example.com'],
    ['*.wild.example.com', 'domain wild.example.com'],
    ['.wild.example.com', 'domain wild.example.com'],
    ['=only.example.com', 'domain =only.example.com'],
    ['bücher.example', 'domain xn--bcher-kva.example'],
    ['_dmarc.under-score.example.com', 'domain _dmarc.under-score.example.com'],
    ['hXXps[:]//Bad[.]example[.]com/Path', 'url https://bad.example.com/Path'],
    ['fxp://drop.example.com/f', 'url ftp://drop.example.com/f'],
    ['http://Files.example.org.:8080/a?b#c', 'url http://files.example.org:8080/a?b#c'],
    ['HTTP://User:PW@files.example.org/f', 'url http://User:PW@files.example.org/f'],
    ['http://[2001:DB8::5]/x', 'url http://[2001:db8::5]/x'],
    ['http://bücher.example/Liste', 'url http://xn--bcher-kva.example/Liste'],
    ['no-scheme.Example.com/Path', 'url no-scheme.example.com/Path'],
    ['t13d1516h2_8daaf6152771_e5627efa2ab1', 'ja4 t13d1516h2_8daaf6152771_e5627efa2ab1'],
    ['ja3:0123456789ABCDEF0123456789abcdef', 'ja3 0123456789abcdef0123456789abcdef'],
  ])('%s is %s', (text, expected) => expect(shown(readAny(text))).toBe(expected));

  it.each([
    ['192.0.2.300', 'not-an-address'],
    ['192.0.02.1', 'not-an-address'],
    ['192.0.2.1/33', 'not-an-address'],
    ['192.0.2.1:0', 'bad-port'],
    ['192.0.2.1:65536', 'bad-port'],
    ['192.0.2.1-192.0.2.9', 'address-range'],
    ['2001:db8:::1', 'not-an-address'],
    ['localhost', 'no-value'],
    ['com', 'no-value'],
    ['a..example.com', 'not-a-domain'],
    ['evil.example.com:8080', 'not-a-domain'],
    ['44d88612fea8a8f36de82e1278abb02f', 'file-hash'],
    ['a@example.com', 'email'],
    ['None', 'empty'],
    ['http://', 'not-a-url'],
    ['http://-/x', 'not-a-url'],
    ['http://192.0.2.300/x', 'not-a-url'],
    ['http://host.example:99999/x', 'bad-port'],
    ['/only/a/path', 'no-value'],
    ['http://host.example/\ud800', 'control-character'],
  ])('%s is refused: %s', (text, reason) => expect(shown(readAny(text))).toBe(reason));

  it('never throws, whatever the text is', () => {
    const alphabet = [
      '.',
      ':',
      '/',
      '[',
      ']',
      '(',
      '@',
      '=',
      '*',
      '%',
      '#',
      '?',
      'a',
      '1',
      'ü',
      '\ud800',
      '\u0000',
      ' ',
      'http://',
      'hxxp',
      '::',
      '/33',
    ];
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    const types: ValueType[] = ['address', 'domain', 'url', 'ja3', 'ja4', 'cert_sha1', 'cert_sha256', 'certificate', 'user_agent'];
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]).join('');
      for (const reading of [readAny(text), readTyped(types[round % types.length]!, text)]) {
        if (typeof reading === 'string') continue;
        expect(reading.value).not.toBe('');
        expect(reading.value.isWellFormed()).toBe(true);
        expect(/[\p{Cc}]/u.test(reading.value)).toBe(false);
        // A canonical value read again is itself.
        expect(shown(readTyped(reading.kind === 'cidr' || reading.kind === 'address_port' ? 'address' : reading.kind, reading.value))).toBe(
          shown(reading),
        );
      }
    }
  });
});

describe('a value whose kind is named', () => {
  it.each<[ValueType, string, string]>([
    ['cert_sha1', '11:22:33:44:55:66:77:88:99:aa:BB:cc:dd:ee:ff:00:11:22:33:44', 'cert_sha1 112233445566778899aabbccddeeff0011223344'],
    ['certificate', 'A'.repeat(64), `cert_sha256 ${'a'.repeat(64)}`],
    ['certificate', 'A'.repeat(63), 'not-a-certificate'],
    ['ja3', '771;49195-49199;0-10-11;23-24;0', 'not-a-ja3'],
    ['user_agent', 'Mozilla/5.0 (own; test, agent)', 'user_agent Mozilla/5.0 (own; test, agent)'],
    ['user_agent', 'a\tb', 'control-character'],
    ['url', '/gate.php?id=1', 'no-host'],
    ['url', 'not a url', 'not-a-url'],
    ['domain', '192.0.2.1', 'not-a-domain'],
  ])('%s %s is %s', (type, text, expected) => expect(shown(readTyped(type, text))).toBe(expected));
});
