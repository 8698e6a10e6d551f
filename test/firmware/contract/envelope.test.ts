import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson, hashOfJson } from '../../../firmware/contract/canonical-json.ts';
import { type Envelope, EnvelopeError, keyIdOf, openEnvelope, payloadTypes, sealEnvelope } from '../../../firmware/contract/envelope.ts';

const director = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const payload = Buffer.from('{"box":"hx-01","seq":7}');
const sealed = sealEnvelope(payloadTypes.configuration, payload, director.privateKey, director.publicKey);
const bytesOf = (envelope: unknown) => Buffer.from(JSON.stringify(envelope));

function codeOf(bytes: Uint8Array, keys = [director.publicKey]): string {
  try {
    openEnvelope(bytes, payloadTypes.configuration, keys);
  } catch (error) {
    expect(error).toBeInstanceOf(EnvelopeError);
    return (error as EnvelopeError).code;
  }
  return 'opened';
}

describe('an envelope', () => {
  it('gives back what was signed, and who signed it', () => {
    const opened = openEnvelope(bytesOf(sealed), payloadTypes.configuration, [stranger.publicKey, director.publicKey]);
    expect(opened.payload.equals(payload)).toBe(true);
    expect(opened.keyId).toBe(keyIdOf(director.publicKey));
  });

  it('signs the encoding that the specification gives', () => {
    // dsse/protocol.md: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body.
    const type = payloadTypes.configuration;
    const encoding = Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} ${payload.toString()}`);
    const signature = Buffer.from(sealed.signatures[0]?.sig ?? '', 'base64');
    expect(director.publicKey.asymmetricKeyType).toBe('ed25519');
    return import('node:crypto').then(({ verify }) => expect(verify(null, encoding, director.publicKey, signature)).toBe(true));
  });

  it('is not opened with the key of anybody else, nor without a key', () => {
    expect(codeOf(bytesOf(sealed), [stranger.publicKey])).toBe('foreign-signature');
    expect(codeOf(bytesOf(sealed), [])).toBe('foreign-signature');
  });

  it('is not opened as anything but what it was signed as', () => {
    const command = sealEnvelope(payloadTypes.command, payload, director.privateKey, director.publicKey);
    expect(codeOf(bytesOf(command))).toBe('wrong-type');
    expect(codeOf(bytesOf({ ...command, payloadType: payloadTypes.configuration }))).toBe('foreign-signature');
  });

  it.each<[string, Partial<Envelope>, string]>([
    ['another payload', { payload: Buffer.from('{"box":"hx-02"}').toString('base64') }, 'foreign-signature'],
    ['no signature', { signatures: [] }, 'malformed'],
    ['a signature that is no base64', { signatures: [{ sig: '§' }] }, 'malformed'],
    ['an empty signature', { signatures: [{ sig: '' }] }, 'foreign-signature'],
  ])('is not opened with %s', (_, change, code) => {
    expect(codeOf(bytesOf({ ...sealed, ...change }))).toBe(code);
  });

  it('is not opened where it was never signed, or is no JSON', () => {
    expect(codeOf(payload)).toBe('unsigned');
    expect(codeOf(Buffer.from('null'))).toBe('malformed');
    expect(codeOf(Buffer.alloc(0))).toBe('malformed');
  });

  it('is not opened when cut anywhere, and not when a byte of payload or signature differs', () => {
    const bytes = bytesOf(sealed);
    for (let length = 0; length < bytes.length; length++) expect(codeOf(bytes.subarray(0, length))).toBe('malformed');
    for (const field of [sealed.payload, sealed.signatures[0]?.sig ?? '']) {
      const start = bytes.indexOf(field);
      for (let index = 0; index < field.length; index++) {
        const changed = Buffer.from(bytes);
        changed[start + index] = field[index] === 'A' ? 0x42 : 0x41;
        // The last characters of base64 hold bits that no byte takes.
        if (Buffer.from(changed.toString('latin1', start, start + field.length), 'base64').equals(Buffer.from(field, 'base64'))) continue;
        expect(codeOf(changed)).not.toBe('opened');
      }
    }
  });
});

describe('canonical JSON', () => {
  it('is the same however the members were ordered, and differs where a value does', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: 1.5 })).toBe('{"a":1.5,"b":[1,{"c":"x","d":null}]}');
    expect(hashOfJson({ a: 1, b: 2 })).toBe(hashOfJson({ b: 2, a: 1 }));
    expect(hashOfJson({ a: 1 })).not.toBe(hashOfJson({ a: '1' }));
    expect(hashOfJson([1, 2])).not.toBe(hashOfJson([2, 1]));
  });

  it('orders members by UTF-16 code units and writes numbers as RFC 8785 does', () => {
    // RFC 8785 §3.2.3, the example of the section, and §3.2.2.3.
    const names = ['€', '\r', '\ufb33', '1', '😀', '\u0080', 'ö'];
    const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])));
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['1', '\r', '\u0080', 'ö', '€', '😀', '\ufb33']);
    expect(canonicalJson(JSON.parse('[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]'))).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27]',
    );
  });

  it('leaves out what is not there, and refuses what has no bottom', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    const endless: unknown[] = [];
    endless.push(endless);
    expect(() => canonicalJson(endless)).toThrow(RangeError);
  });
});
