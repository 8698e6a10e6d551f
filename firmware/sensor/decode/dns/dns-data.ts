/**
 * Data of one DNS record -> text in the form of a zone file (RFC 1035 §5.1); types without a form of their own as RFC 3597 §5 writes them.
 *
 * Names inside are lower case without a final dot, as everywhere in the sensor, so the text is for people and for comparing, not for loading
 * into a name server. A and AAAA are not handled here: their text is made from the address when somebody asks for it.
 */
import type { Reader } from '../../bytes/reader.ts';
import type { NameReader } from './dns-name.ts';
import { dnsType } from './dns-numbers.ts';
import { serviceParametersText } from './dns-service.ts';

/** Longest text of one record's data: enough for any name and usual TXT; a tunnel's 64 KiB record is cut. */
const dataTextMax = 2048;
/** Bytes of an unknown type that are shown; the length before them is always the whole one. */
const unknownBytesMax = 64;
/** A TXT record of 64 KiB holds at most this many strings worth showing. */
const stringsMax = 64;

/** One byte inside quotes: printable ASCII stands for itself, the rest is escaped (RFC 1035 §5.1). */
export function quotedByte(byte: number): string {
  if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  if (byte >= 0x20 && byte <= 0x7e) return String.fromCharCode(byte);
  return `\\${String(byte).padStart(3, '0')}`;
}

function quoted(data: Reader, length: number): string {
  let text = '"';
  for (let left = length; left > 0 && !data.failed && text.length < dataTextMax; left--) text += quotedByte(data.u8());
  return `${text}"`;
}

function strings(data: Reader): string {
  const parts: string[] = [];
  let shown = 0;
  while (data.remaining > 0 && parts.length < stringsMax && shown < dataTextMax) {
    const window = data.window(data.u8());
    if (data.failed) break;
    const text = quoted(window, window.remaining);
    shown += text.length;
    parts.push(text);
  }
  return parts.join(' ');
}

/** RFC 3597 §5: `\# length hex`. */
export function unknownDataText(data: Reader): string {
  const length = data.remaining;
  let hex = '';
  for (let left = Math.min(length, unknownBytesMax); left > 0; left--) hex += data.u8().toString(16).padStart(2, '0');
  return length === 0 ? '\\# 0' : `\\# ${length} ${hex}`;
}

function soaText(data: Reader, names: NameReader, messageStart: number): string {
  const primary = names.read(data, messageStart);
  if (names.fault !== undefined) return '';
  const mailbox = names.read(data, messageStart);
  return `${primary} ${mailbox} ${data.u32()} ${data.u32()} ${data.u32()} ${data.u32()} ${data.u32()}`;
}

/** RFC 8659 §4.1.1: flags, tag, value. */
function caaText(data: Reader): string {
  const flags = data.u8();
  const tag = data.window(data.u8());
  const tagText = quoted(tag, tag.remaining).slice(1, -1);
  return `${flags} ${tagText} ${quoted(data, data.remaining)}`;
}

/**
 * The text of a record's data, which `data` holds exactly; `messageStart` is where name pointers count from.
 * Undefined when the type has no form of its own here; after a fault `data.failed` or `names.fault` is set.
 */
export function dataText(type: number, data: Reader, names: NameReader, messageStart: number): string | undefined {
  switch (type) {
    case dnsType.ns:
    case dnsType.cname:
    case dnsType.ptr:
    case dnsType.dname:
      return names.read(data, messageStart);
    case dnsType.mx:
      return `${data.u16()} ${names.read(data, messageStart)}`;
    case dnsType.srv:
      return `${data.u16()} ${data.u16()} ${data.u16()} ${names.read(data, messageStart)}`;
    case dnsType.txt:
      return strings(data);
    case dnsType.soa:
      return soaText(data, names, messageStart);
    case dnsType.caa:
      return caaText(data);
    case dnsType.svcb:
    case dnsType.https: {
      const head = `${data.u16()} ${names.read(data, messageStart)}`;
      return names.fault === undefined ? `${head}${serviceParametersText(data)}` : head;
    }
    default:
      return undefined;
  }
}
