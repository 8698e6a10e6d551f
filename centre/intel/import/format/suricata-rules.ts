/** Reads Suricata rules: the value of a rule about a DNS query, a server name, a Host, a fingerprint or a whole User-Agent, or the addresses of its header. */
import { readTime } from '../../../../firmware/sensor/intel/list-row.ts';
import type { Harvest, Said } from '../harvest.ts';
import { eachLine, type Input } from '../input.ts';
import type { Reason } from '../reason.ts';
import { readAddress, readPort, withPort } from '../value/address.ts';
import { isNothing, type Reading, type Value } from '../value/reading.ts';
import { readTyped, readUserAgent } from '../value/typed-value.ts';
import { contentOf, type Rule, type RuleContent, splitRule } from './suricata-rule.ts';

/** A rule that goes on over more lines than this is a file of another kind. */
const ruleLengthMax = 1 << 20;
const condemning = /^(?:alert|drop|sdrop|reject|rejectsrc|rejectdst|rejectboth)$/;
/** What Emerging Threats means by its words. */
const confidenceOfWord: Readonly<Record<string, number>> = { low: 30, medium: 60, high: 85 };

export function readRules(input: Input, harvest: Harvest): void {
  let open = '';
  let openNumber = 0;
  eachLine(input, harvest, (line, number) => {
    if (open === '') openNumber = number;
    const text = open + line;
    open = '';
    if (/^\s*(?:#|$)/.test(text)) return;
    if (text.endsWith('\\') && text.length < ruleLengthMax) open = text.slice(0, -1);
    else readRule(text.trim(), openNumber, harvest);
  });
  if (open.trim() !== '') readRule(open.trim(), openNumber, harvest);
}

function readRule(text: string, number: number, harvest: Harvest): void {
  const rule = splitRule(text);
  const values = rule === undefined ? 'not-a-rule' : valuesOf(rule);
  if (rule === undefined || typeof values === 'string') {
    harvest.refuse(values as Reason, text, number);
    return;
  }
  const said = saidOf(rule);
  for (const { kind, value } of values) harvest.take(kind, value, said);
}

/** At least one value, or why there is none. */
function valuesOf(rule: Rule): Value[] | Reason {
  if (!condemning.test(rule.action)) return 'rule-pass';
  const content = contentOf(rule);
  if (typeof content === 'string') return content;
  if (content === undefined) {
    const addresses = rule.sides.flatMap(addressesOf);
    return addresses.length === 0 ? 'rule-no-value' : addresses;
  }
  const value = readContent(content);
  return typeof value === 'string' ? value : [value];
}

function readContent({ buffer, bytes, isWhole }: RuleContent): Reading {
  const text = bytes.toString('utf8');
  if (text.includes('\ufffd')) return 'control-character';
  if (buffer === 'user_agent') return isWhole ? readUserAgent(text) : 'rule-part';
  return readTyped(buffer, text);
}

/** Variables, `any` and what is negated name nobody. */
function addressesOf({ addresses, port }: Rule['sides'][number]): Value[] {
  const single = readPort(port.replace(/^\[([^\]]*)\]$/, '$1'));
  return membersOf(addresses).flatMap((member) => {
    const address = readAddress(member);
    if (typeof address === 'string') return [];
    const pair = single > 0 && address.kind === 'address' ? withPort(address.value, String(single)) : address;
    return typeof pair === 'string' ? [] : [pair];
  });
}

/** Members of a group, groups within it opened, those behind `!` left out. */
function membersOf(text: string): string[] {
  if (text.startsWith('!') || isNothing(text)) return [];
  if (!text.startsWith('[')) return [text];
  const members: string[] = [];
  let depth = 0;
  /** Depth of the group that is negated; 0 where none is. */
  let negated = 0;
  let member = '';
  for (const character of text) {
    if (character === '[') {
      depth++;
      if (member === '!' && negated === 0) negated = depth;
      member = '';
    } else if (character === ',' || character === ']') {
      if (member !== '' && !member.startsWith('!') && negated === 0) members.push(member);
      member = '';
      if (character === ']' && negated === depth--) negated = 0;
    } else member += character;
  }
  return members;
}

function saidOf({ options }: Rule): Said {
  const option = (name: string) => options.find((candidate) => candidate.name === name)?.value ?? '';
  const metadata = new Map(
    option('metadata')
      .split(',')
      .map((pair) => pair.trim().split(/\s+/, 2))
      .map(([name = '', value = '']) => [name, value.replaceAll('_', ' ')] as const),
  );
  const link = options
    .find(({ name, value }) => name === 'reference' && value.startsWith('url,'))
    ?.value.slice(4)
    .trim();
  const message = option('msg').replace(/^"|"$/g, '').replace(/\\(.)/g, '$1');
  const said: Said = {};
  const family = metadata.get('malware_family') ?? message;
  if (family !== '') said.family = family;
  const reference = [option('sid') === '' ? '' : `sid ${option('sid')}`, link ?? ''].filter((part) => part !== '').join(' ');
  if (reference !== '') said.reference = reference;
  const confidence = confidenceOfWord[(metadata.get('confidence') ?? '').toLowerCase()];
  if (confidence !== undefined) said.confidence = confidence;
  const created = readTime((metadata.get('created_at') ?? '').replaceAll(' ', '-'));
  if (created !== undefined) said.firstSeenMs = created;
  return said;
}
