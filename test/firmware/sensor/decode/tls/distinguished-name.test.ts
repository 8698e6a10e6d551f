import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { readTagged, TAG_SEQUENCE } from '../../../../../firmware/sensor/decode/tls/der.ts';
import { readDistinguishedName } from '../../../../../firmware/sensor/decode/tls/distinguished-name.ts';
import { attribute, COMMON_NAME, COUNTRY, der, EMAIL, name, ORGANIZATION, printable, utf8 } from './certificate-bytes.ts';
import { ascii, type Bytes } from './hello-bytes.ts';

const contentOf = (bytes: Bytes): Reader => readTagged(new Reader(Uint8Array.from(bytes)), TAG_SEQUENCE);
const textOf = (...sets: Bytes[]): string => readDistinguishedName(contentOf(name(...sets)));
const commonName = (tag: number, value: Bytes): string => textOf(attribute(COMMON_NAME, tag, value));

describe('readDistinguishedName', () => {
  it('writes the parts in the order of the certificate, and parts of one set with a plus', () => {
    expect(textOf(printable(COUNTRY, 'VN'), [...printable(ORGANIZATION, 'A'), ...printable(COMMON_NAME, 'b')])).toBe('C=VN, O=A + CN=b');
    expect(textOf(attribute(EMAIL, 0x16, ascii('a@b.example')))).toBe('emailAddress=a@b.example');
  });

  it('writes a type without a name as its number', () => {
    expect(textOf(printable([0x55, 4, 77], 'x'))).toBe('2.5.4.77=x');
  });

  it('escapes what separates parts', () => {
    expect(textOf(utf8(ORGANIZATION, 'A, B + "C" <d>; \\e'))).toBe('O=A\\, B \\+ \\"C\\" \\<d\\>\\; \\\\e');
  });

  it('writes controls, line ends and marks of text direction as hex of their UTF-8', () => {
    expect(textOf(utf8(COMMON_NAME, 'a\u0000b\nc\u202ed\u2028'))).toBe('CN=a\\00b\\0ac\\e2\\80\\aed\\e2\\80\\a8');
    expect(commonName(0x13, [0x61, 0x85, 0x62])).toBe('CN=a\\c2\\85b');
  });

  it('reads all string types of certificates', () => {
    expect(textOf(utf8(COMMON_NAME, 'Vọng Gác 🛡'))).toBe('CN=Vọng Gác 🛡');
    expect(commonName(0x1e, [0x1e, 0xcd, 0x00, 0x61])).toBe('CN=ọa');
    expect(commonName(0x1c, [0, 1, 0xf6, 0xe1, 0, 0, 0, 0x61])).toBe('CN=🛡a');
    expect(commonName(0x14, [0xe9])).toBe('CN=é');
    expect(commonName(0x03, [0, 1])).toBe('CN=#0001');
  });

  it('puts a replacement character for what is none', () => {
    expect(commonName(0x0c, [0x61, 0xff, 0x62])).toBe('CN=a\ufffdb');
    expect(commonName(0x1e, [0xd8, 0x00])).toBe('CN=\ufffd');
    expect(commonName(0x1c, [0x7f, 0xff, 0xff, 0xff])).toBe('CN=\ufffd');
  });

  it('keeps at most 1,024 bytes of a value and 64 parts', () => {
    expect(textOf(utf8(COMMON_NAME, 'a'.repeat(5000)))).toHaveLength('CN='.length + 1024);
    expect(textOf(...Array.from({ length: 500 }, () => printable(COUNTRY, 'VN'))).split(', ')).toHaveLength(64);
  });

  it('keeps the parts before a malformed one, and fails', () => {
    const content = contentOf(
      der(0x30, der(0x31, printable(COUNTRY, 'VN')), der(0x31, der(0x30, [1, 2, 3])), der(0x31, printable(COMMON_NAME, 'x'))),
    );
    expect(readDistinguishedName(content)).toBe('C=VN');
    expect(content.failed).toBe(true);
  });
});
