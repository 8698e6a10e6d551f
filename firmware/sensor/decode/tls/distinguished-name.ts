/**
 * Turns an X.501 Name in DER into one line such as `C=VN, O=Example, CN=example.vn`: RFC 4514's types and escapes, in the order of
 * the certificate, which is what openssl and browsers show. It judges nothing, and names are not normalised for comparing.
 */

import type { Reader } from '../../bytes/reader.ts';
import { readElement, readHex, readObjectIdentifier, readTagged, TAG_OBJECT_IDENTIFIER, TAG_SEQUENCE, TAG_SET } from './der.ts';

/** RFC 4514 §3, RFC 4519, RFC 2985 §5.2.1, and the CA/Browser Forum's EV types: the short names in common use. */
const typeNames = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.13', 'description'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.41', 'name'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['1.2.840.113549.1.9.2', 'unstructuredName'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionL'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionST'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionC'],
]);

/** X.680 §41: the string types. */
const TAG_UTF8_STRING = 0x0c;
const TAG_BMP_STRING = 0x1e;
const TAG_UNIVERSAL_STRING = 0x1c;
/** One byte a character: Numeric, Printable, Teletex (taken as Latin-1, as everybody writes it), IA5, Visible. */
const byteStringTags = new Set([0x12, 0x13, 0x14, 0x16, 0x1a]);

const attributesMax = 64;
/** X.520 allows 64 characters for most types, 128 for a street; the rest of a longer value is left out. */
const valueBytesMax = 1024;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** RFC 4514 §2.4: characters that separate, and what would deceive or disturb the reader of a log: controls, line ends, text direction. */
const special = /[",+;<>\\]/g;
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu;

/** `content` sees the RDNSequence. A malformed attribute fails it; what was read before is given. Empty for a name without parts. */
export function readDistinguishedName(content: Reader): string {
  const parts: string[] = [];
  while (content.remaining > 0 && parts.length < attributesMax) {
    const set = readTagged(content, TAG_SET);
    const values: string[] = [];
    while (set.remaining > 0 && values.length < attributesMax) {
      const attribute = readAttribute(readTagged(set, TAG_SEQUENCE));
      if (attribute === undefined) {
        content.skip(content.remaining + 1);
        break;
      }
      values.push(attribute);
    }
    if (values.length > 0) parts.push(values.join(' + '));
  }
  return parts.join(', ');
}

function readAttribute(reader: Reader): string | undefined {
  const type = readObjectIdentifier(readTagged(reader, TAG_OBJECT_IDENTIFIER));
  const value = readElement(reader);
  if (type === undefined || reader.failed) return undefined;
  return `${typeNames.get(type) ?? type}=${readValue(value.tag, value.content)}`;
}

function readValue(tag: number, whole: Reader): string {
  const content = whole.window(Math.min(whole.remaining, valueBytesMax));
  if (tag === TAG_UTF8_STRING) return escapeText(utf8.decode(content.view(content.remaining)));
  if (tag === TAG_BMP_STRING) return escapeText(readCharacters(content, 2));
  if (tag === TAG_UNIVERSAL_STRING) return escapeText(readCharacters(content, 4));
  if (byteStringTags.has(tag)) return escapeText(readCharacters(content, 1));
  // RFC 4514 §2.4: a value without a string form.
  return `#${readHex(content)}`;
}

/** Big-endian characters of 1, 2 or 4 bytes; what is no character becomes U+FFFD. */
function readCharacters(content: Reader, bytesEach: 1 | 2 | 4): string {
  let text = '';
  while (content.remaining >= bytesEach) {
    const code = bytesEach === 1 ? content.u8() : bytesEach === 2 ? content.u16() : content.u32();
    text += code <= 0xffff ? String.fromCharCode(code) : code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  return text.toWellFormed();
}

function escapeText(text: string): string {
  return text.replace(special, '\\$&').replace(unprintable, escapeBytes);
}

/** RFC 4514 §2.4: a backslash and two hex digits for each byte of the character's UTF-8. */
function escapeBytes(character: string): string {
  return Buffer.from(character, 'utf8').toString('hex').replace(/../g, '\\$&');
}
