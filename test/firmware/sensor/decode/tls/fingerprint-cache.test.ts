import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { type ClientHello, decodeClientHello } from '../../../../../firmware/sensor/decode/tls/client-hello.ts';
import { FingerprintCache } from '../../../../../firmware/sensor/decode/tls/fingerprint-cache.ts';
import { ja3 } from '../../../../../firmware/sensor/decode/tls/ja3.ts';
import { ja4 } from '../../../../../firmware/sensor/decode/tls/ja4.ts';
import { Random } from '../../../../fuzz/random.ts';
import { browserHello, clientHelloBody, type HelloParts } from './hello-bytes.ts';

const helloOf = (parts: HelloParts): ClientHello => decodeClientHello(new Reader(clientHelloBody(parts)));

function shuffled<Value>(random: Random, values: readonly Value[]): Value[] {
  const left = [...values];
  return values.map(() => left.splice(random.below(left.length), 1)[0]!);
}

describe('remembered fingerprints', () => {
  it('are those of the hello, whatever came before: shuffled, with a value more, less or changed, as t and as q', () => {
    const random = new Random(1);
    const cache = new FingerprintCache();
    const plain = helloOf(browserHello);
    const changed = (values: readonly number[]): number[] => {
      const other = shuffled(random, values);
      if (random.chance(0.3)) other.pop();
      if (random.chance(0.3)) other.push(random.pick([0x0a0a, 0x1301, 0x0017, 0xfafa, random.below(65_536)]));
      return other;
    };
    const seen = new Set<string>();
    for (let round = 0; round < 20_000; round++) {
      const hello: ClientHello = {
        ...plain,
        version: random.pick([0x0303, 0x0304]),
        alpnFirstByte: random.pick([-1, 0x68]),
        ciphers: changed(plain.ciphers),
        extensions: changed(plain.extensions),
        groups: changed(plain.groups),
        signatureAlgorithms: random.chance(0.5) ? plain.signatureAlgorithms : changed(plain.signatureAlgorithms),
      };
      expect(cache.ja3(hello)).toBe(ja3(hello));
      for (const transport of ['t', 'q', 't'] as const) expect(cache.ja4(hello, transport)).toBe(ja4(hello, transport));
      seen.add(ja4(hello, 't'));
    }
    // More than one filling of the cache.
    expect(seen.size).toBeGreaterThan(5_000);
  });
});
