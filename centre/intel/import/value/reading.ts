/** What reading a text as a value gives: its kind and canonical form, or why it is none. */
import type { Kind } from '../../library/library-entry.ts';
import type { Reason } from '../reason.ts';

export interface Value {
  kind: Kind;
  value: string;
}

export type Reading = Value | Reason;

/** Words that lists write where they have nothing to say. */
export function isNothing(text: string): boolean {
  return text.length <= 4 && /^(?:|-|none|null|n\/a|nil)$/i.test(text);
}

/** Whether the text holds a space or a control character, which no value but a User-Agent has, or half of a surrogate pair. */
export function hasGap(text: string): boolean {
  if (!text.isWellFormed()) return true;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code === 0x7f) return true;
  }
  return false;
}
