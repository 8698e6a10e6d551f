/** Says of a domain whether strangers get names below it: by the Public Suffix List, its ICANN part and its private one. */
import { parse } from 'tldts';
import type { Concern } from '../library/library-entry.ts';

/** The longest rules of the list have five labels. */
const labelsMax = 6;
const options = { allowPrivateDomains: true, extractHostname: false, validateHostname: false } as const;

/** `name` in lower-case ASCII, with or without `=` before it. */
export function concernOf(name: string): Concern | undefined {
  const text = name.startsWith('=') ? name.slice(1) : name;
  let labels = 1;
  for (let at = text.indexOf('.'); at >= 0; at = text.indexOf('.', at + 1)) if (++labels > labelsMax) return undefined;
  const found = parse(text, options);
  if (found.publicSuffix !== text) return undefined;
  return found.isPrivate === true ? 'shared-suffix' : 'public-suffix';
}
