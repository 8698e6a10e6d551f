/**
 * Turns a domain as lists write it (`evil.example`, `*.evil.example`, `.evil.example`, `=host.example` for itself only, any case, a final
 * dot, international characters) into its lower-case ASCII form. Does not ask whether the name is a public suffix.
 */
import { domainToASCII } from 'node:url';
import { type ParsedValue, textValue } from './parsed-value.ts';
import type { Refusal } from './refusal.ts';

/** RFC 1035 §2.3.4. */
const labelLengthMax = 63;
const nameLengthMax = 253;

function isNameCode(code: number): boolean {
  // Letters, digits, hyphen (RFC 952) and the underscore that service names have (RFC 8552 §1.2).
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f;
}

/** Says what is wrong with a lower-case ASCII name; undefined when it is a host name of at least two labels. */
function faultOf(name: string): Refusal | undefined {
  if (name.length > nameLengthMax) return 'not a domain: longer than 253 characters';
  let labels = 0;
  let labelLength = 0;
  let digits = 0;
  for (let at = 0; at <= name.length; at++) {
    const code = at < name.length ? name.charCodeAt(at) : 0x2e;
    if (code === 0x2e) {
      if (labelLength === 0) return 'not a domain: empty label';
      if (labelLength > labelLengthMax) return 'not a domain: a label is longer than 63 characters';
      labels++;
      if (at === name.length && digits === labelLength)
        return labels === 1 ? 'not a domain: it needs at least two labels' : 'not a domain: the last label is a number';
      labelLength = 0;
      digits = 0;
    } else {
      if (code === 0x2a) return 'not a domain: * stands only at its front';
      if (!isNameCode(code)) return 'not a domain: a character that no host name has';
      labelLength++;
      if (code <= 0x39 && code >= 0x30) digits++;
    }
  }
  return labels < 2 ? 'not a domain: it needs at least two labels' : undefined;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** Lower-case ASCII host name without the final dot, or what is wrong with it. `ok` tells which of the two the text is. */
export function canonicalName(text: string): { ok: true; name: string } | { ok: false; refusal: Refusal } {
  let name = isAscii(text) ? text.toLowerCase() : domainToASCII(text);
  if (name === '')
    return { ok: false, refusal: text === '' ? 'empty value' : 'not a domain: an international name that cannot be encoded' };
  if (name.endsWith('.')) name = name.slice(0, -1);
  const refusal = faultOf(name);
  return refusal === undefined ? { ok: true, name } : { ok: false, refusal };
}

export function parseDomainValue(text: string): ParsedValue | Refusal {
  const exact = text.startsWith('=');
  let rest = exact ? text.slice(1).trimStart() : text;
  if (!exact && rest.startsWith('*.')) rest = rest.slice(2);
  else if (!exact && rest.startsWith('.')) rest = rest.slice(1);
  const result = canonicalName(rest);
  return result.ok ? textValue('domain', result.name, exact) : result.refusal;
}
