import { expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { decodeClientHello } from '../../../../../firmware/sensor/decode/tls/client-hello.ts';
import { ja3, ja3s, ja3Text } from '../../../../../firmware/sensor/decode/tls/ja3.ts';
import { decodeServerHello } from '../../../../../firmware/sensor/decode/tls/server-hello.ts';
import { browserHello, clientHelloBody, empty, groups, type HelloParts, pointFormats, serverHelloBody, serverName } from './hello-bytes.ts';

const helloOf = (parts: HelloParts) => decodeClientHello(new Reader(clientHelloBody(parts)));

// The examples with which JA3 was published (github.com/salesforce/ja3, README).
it('gives the published fingerprint of a hello with extensions', () => {
  const hello = helloOf({
    version: 769,
    ciphers: [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
    extensions: [serverName('a.example'), groups(23, 24, 25), pointFormats(0)],
  });
  expect(ja3Text(hello)).toBe('769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0');
  expect(ja3(hello)).toBe('ada70206e40642a3e4461f35503241d5');
});

it('gives the published fingerprint of a hello without extensions, its lists empty but its commas there', () => {
  const hello = helloOf({ version: 769, ciphers: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99] });
  expect(ja3Text(hello)).toBe('769,4-5-10-9-100-98-3-6-19-18-99,,,');
  expect(ja3(hello)).toBe('de350869b8c85de67a350c8d186f11e6');
});

it('leaves GREASE out of ciphers, extensions and groups', () => {
  expect(ja3Text(helloOf(browserHello))).toBe(
    '771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,' +
      '27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23-24,0',
  );
});

it('joins version, cipher and extensions of a server', () => {
  const extensions = [65281, 0, 11, 35, 5, 16].map(empty);
  const hello = decodeServerHello(new Reader(serverHelloBody({ version: 769, cipher: 47, extensions })));
  expect(hello.anomaly).toBeUndefined();
  // MD5 of "769,47,65281-0-11-35-5-16", computed with md5sum.
  expect(ja3s(hello)).toBe('836ce314215654b5b1f85f97c73e506f');
});

it('writes nothing behind the last comma of a JA3S without extensions', () => {
  const hello = decodeServerHello(new Reader(serverHelloBody({ version: 769, cipher: 47 })));
  // MD5 of "769,47,", computed with md5sum.
  expect(ja3s(hello)).toBe('18e962e106761869a61045bed0e81c2c');
});
