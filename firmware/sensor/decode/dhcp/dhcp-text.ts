/** Names in DHCP options -> text for people: valid UTF-8 as it is, control characters and broken bytes as `\xNN`, NULs at the end dropped. */
import { Buffer, isUtf8 } from 'node:buffer';
import type { Reader } from '../../bytes/reader.ts';

/** Longest value that is shown; host names have at most 63 bytes, vendor classes somewhat more. */
const textBytesMax = 255;
/** RFC 1035 §3.1. */
const labelBytesMax = 63;
const labelsMax = 127;

/** C0 and C1 controls, and what turns or hides text on a screen. */
const unsafeCharacters = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function escapeBytes(text: string): string {
  return [...Buffer.from(text, 'utf8')].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

function bytesText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(unsafeCharacters, escapeBytes);
  let text = '';
  for (const byte of bytes) text += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  return text;
}

/** All that is left of `value`; undefined when there is nothing to show. */
export function dhcpText(value: Reader): string | undefined {
  const bytes = Buffer.from(value.view(Math.min(value.remaining, textBytesMax)));
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  const text = bytesText(bytes.subarray(0, length)).trim();
  return text === '' ? undefined : text;
}

/** A name as labels (RFC 4704 §4.2, RFC 4702 §3.1): never compressed, and without the root's label where it is only part of a name. */
export function dhcpLabels(value: Reader): string | undefined {
  const labels: string[] = [];
  while (value.remaining > 0 && labels.length < labelsMax) {
    const size = value.u8();
    if (size === 0) break;
    if (size > labelBytesMax || size > value.remaining) return undefined;
    labels.push(bytesText(Buffer.from(value.view(size))));
  }
  return labels.length === 0 ? undefined : labels.join('.');
}
