/**
 * Splits a Suricata rule into header and options (suricata docs, "Rules Format"), and says which single value it is about. A rule with any further
 * condition is not read: a part of what it asks for would alert on innocent traffic.
 */
import type { Reason } from '../reason.ts';

export interface Rule {
  action: string;
  /** Source and destination as written. */
  sides: readonly [{ addresses: string; port: string }, { addresses: string; port: string }];
  options: { name: string; value: string }[];
}

const optionsMax = 500;
const directions: ReadonlySet<string> = new Set(['->', '<>', '=>']);

/** Undefined where the text is no rule. */
export function splitRule(text: string): Rule | undefined {
  const open = headerEnd(text);
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open || text.slice(close + 1).trim() !== '') return undefined;
  const words = headerWords(text.slice(0, open));
  if (words.length !== 7 || !directions.has(words[4]!)) return undefined;
  const [action, , from, fromPort, , to, toPort] = words as [string, string, string, string, string, string, string];
  const options = splitOptions(text.slice(open + 1, close));
  if (options === undefined) return undefined;
  return {
    action: action.toLowerCase(),
    sides: [
      { addresses: from, port: fromPort },
      { addresses: to, port: toPort },
    ],
    options,
  };
}

/** The parenthesis that begins the options: the first outside brackets. */
function headerEnd(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '[') depth++;
    else if (text[at] === ']') depth--;
    else if (text[at] === '(' && depth <= 0) return at;
  }
  return -1;
}

/** Words at spaces outside of brackets. */
function headerWords(text: string): string[] {
  const words: string[] = [];
  let depth = 0;
  let word = '';
  for (const character of text) {
    if (character === '[') depth++;
    if (character === ']') depth--;
    if (/\s/.test(character) && depth <= 0) {
      if (word !== '') words.push(word);
      word = '';
    } else if (!/\s/.test(character)) word += character;
  }
  return word === '' ? words : [...words, word];
}

/** `name:value;` and `name;`, semicolons in quotes or behind a backslash not counted. Undefined where a quote has no end. */
function splitOptions(text: string): Rule['options'] | undefined {
  const options: Rule['options'] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if ((character === ';' && !isQuoted) || at === text.length) {
      const option = text.slice(start, at).trim();
      start = at + 1;
      if (option === '') continue;
      if (options.length >= optionsMax) return undefined;
      const colon = option.indexOf(':');
      const name = (colon < 0 ? option : option.slice(0, colon)).trim().toLowerCase();
      options.push({ name, value: colon < 0 ? '' : option.slice(colon + 1).trim() });
    }
  }
  return isQuoted ? undefined : options;
}

export type RuleBuffer = 'domain' | 'ja3' | 'ja4' | 'certificate' | 'user_agent';

/** Sticky buffers: they stand before their content. The names with `_` are those of Suricata before 5. */
const stickyBuffers: Readonly<Record<string, RuleBuffer>> = {
  'dns.query': 'domain',
  dns_query: 'domain',
  'tls.sni': 'domain',
  tls_sni: 'domain',
  'http.host': 'domain',
  'ja3.hash': 'ja3',
  ja3_hash: 'ja3',
  'ja4.hash': 'ja4',
  ja4_hash: 'ja4',
  'tls.cert_fingerprint': 'certificate',
  tls_cert_fingerprint: 'certificate',
  'http.user_agent': 'user_agent',
};
/** Modifiers of Suricata before 5: they stand behind their content. */
const modifiers: Readonly<Record<string, RuleBuffer>> = { http_host: 'domain', http_user_agent: 'user_agent' };

/** Conditions on bytes that a value alone does not tell. */
const furtherConditions = /^(?:pcre|lua|luajit|luaxform|byte_test|byte_jump|byte_extract|byte_math|dataset|datarep)$/;
/** Keywords that neither choose a buffer nor change what is compared. Any other keyword with a dot or `_` chooses another buffer. */
const isBufferName =
  /^(?:[a-z0-9]+\.[a-z0-9_.]+|file_data|pkt_data|http_\w+|tls_\w+|ssh_\w+|ja3s?_\w+|dns_\w+|smb_\w+|sip_\w+|ftpdata_\w+)$/;

export interface RuleContent {
  buffer: RuleBuffer;
  bytes: Buffer;
  /** Whether it must be the whole of the buffer. */
  isWhole: boolean;
}

/** The one content of a rule; undefined when it has none and no further condition. */
export function contentOf(rule: Rule): RuleContent | Reason | undefined {
  let buffer: RuleBuffer | 'other' = 'other';
  let found: { buffer: RuleBuffer | 'other'; text: string } | undefined;
  const flags = new Set<string>();
  let size = '';
  for (const { name, value } of rule.options) {
    if (furtherConditions.test(name)) return 'rule-condition';
    if (name === 'content' || name === 'uricontent' || name === 'tls.fingerprint') {
      if (found !== undefined || value.startsWith('!')) return 'rule-condition';
      found = { buffer: name === 'tls.fingerprint' ? 'certificate' : name === 'content' ? buffer : 'other', text: value };
    } else if (modifiers[name] !== undefined && found !== undefined) found.buffer = modifiers[name];
    else if (stickyBuffers[name] !== undefined) buffer = stickyBuffers[name];
    else if (name === 'bsize') size = value;
    else if (name === 'startswith' || name === 'endswith') flags.add(name);
    else if (isBufferName.test(name)) buffer = 'other';
  }
  if (found === undefined) return undefined;
  if (found.buffer === 'other') return 'rule-buffer';
  const bytes = decodeContent(found.text);
  if (bytes === undefined) return 'not-a-rule';
  const isWhole = size === String(bytes.length) || (flags.has('startswith') && flags.has('endswith'));
  return { buffer: found.buffer, bytes, isWhole };
}

/** `"abc|2e 2F|d\;"`; undefined where the quotes or the hex are broken. */
function decodeContent(text: string): Buffer | undefined {
  const quoted = /^"(.*)"$/s.exec(text);
  if (quoted === null) return undefined;
  const parts: Buffer[] = [];
  for (const [index, part] of quoted[1]!.split(/(?<!\\)\|/).entries()) {
    if (index % 2 === 0) parts.push(Buffer.from(part.replace(/\\(.)/gs, '$1')));
    else {
      const hex = part.replace(/\s/g, '');
      if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) return undefined;
      parts.push(Buffer.from(hex, 'hex'));
    }
  }
  return Buffer.concat(parts);
}
