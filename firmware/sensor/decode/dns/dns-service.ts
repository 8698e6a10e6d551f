/** Parameters of an SVCB or HTTPS record -> text (RFC 9460 §2.1): ` alpn=h2,h3 port=443 ipv4hint=192.0.2.1`. Does not check their order. */
import { formatAddress, mappedWord } from '../../bytes/address.ts';
import type { Reader } from '../../bytes/reader.ts';

/** RFC 9460 §14.3.2 and its registry: the names of the first keys. */
const keyNames = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint', 'dohpath', 'ohttp'] as const;
/** Real records hold fewer than ten parameters of a few items each. */
const parametersMax = 32;
const itemsMax = 64;
/** Bytes of one value that are shown: an ECH configuration list has some hundreds. */
const valueBytesMax = 1024;

function keyName(key: number): string {
  return keyNames[key] ?? `key${key}`;
}

/** RFC 9460 appendix A: a value without quotes, so blanks and quotes are escaped as well. */
function valueText(value: Reader, length: number, comma: string): string {
  let text = '';
  for (let left = Math.min(length, valueBytesMax); left > 0 && !value.failed; left--) {
    const byte = value.u8();
    if (byte === 0x2c) text += comma;
    else if (byte === 0x22 || byte === 0x5c || byte === 0x28 || byte === 0x29 || byte === 0x3b) text += `\\${String.fromCharCode(byte)}`;
    else if (byte > 0x20 && byte <= 0x7e) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

function list(value: Reader, item: () => string): string {
  const items: string[] = [];
  while (value.remaining > 0 && items.length < itemsMax) {
    const text = item();
    if (value.failed) break;
    items.push(text);
  }
  return items.join(',');
}

function base64(value: Reader): string {
  const bytes = value.view(Math.min(value.remaining, valueBytesMax));
  return Buffer.from(bytes).toString('base64');
}

function parameterText(key: number, value: Reader): string {
  switch (keyNames[key]) {
    case 'mandatory':
      return list(value, () => keyName(value.u16()));
    case 'alpn':
      return list(value, () => {
        const window = value.window(value.u8());
        return valueText(window, window.remaining, '\\\\,');
      });
    case 'port':
      return `${value.u16()}`;
    case 'ipv4hint':
      return list(value, () => formatAddress(0, 0, mappedWord, value.i32()));
    case 'ipv6hint':
      return list(value, () => formatAddress(value.i32(), value.i32(), value.i32(), value.i32()));
    case 'ech':
      return base64(value);
    default:
      return valueText(value, value.remaining, ',');
  }
}

/** Every parameter with a blank before it. A short read sets `data.failed`; what was read until then is kept. */
export function serviceParametersText(data: Reader): string {
  let text = '';
  for (let count = 0; data.remaining > 0 && count < parametersMax; count++) {
    const key = data.u16();
    const value = data.window(data.u16());
    if (data.failed) break;
    const shown = value.remaining === 0 ? '' : `=${parameterText(key, value)}`;
    text += ` ${keyName(key)}${shown}`;
  }
  return text;
}
