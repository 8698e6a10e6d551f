/**
 * Reads a filter list (Adblock Plus, AdGuard): `||name^` is a name with all below it, `@@||name^` an allowance. Every other rule is about a part
 * of URLs or about the look of pages, which the network does not show: refused.
 */
import type { Harvest, Said } from '../harvest.ts';
import { eachLine, type Input } from '../input.ts';
import type { Reason } from '../reason.ts';
import { readAddress } from '../value/address.ts';
import { readDomain } from '../value/name-and-url.ts';
import type { Reading } from '../value/reading.ts';

const nothingSaid: Said = {};

/** Options that leave the rule about the whole name. */
const harmlessOptions: ReadonlySet<string> = new Set(['third-party', 'important', 'all', 'document', 'popup']);

export function readAdblock(input: Input, harvest: Harvest): void {
  eachLine(input, harvest, (line, number) => {
    const rule = line.trim();
    if (isComment(rule)) return;
    const isAllowance = rule.startsWith('@@');
    harvest.read(readRule(isAllowance ? rule.slice(2) : rule), nothingSaid, rule, number, isAllowance);
  });
}

/** `!`, `[Adblock Plus 2.0]`, and `#` where it begins no cosmetic rule. */
function isComment(rule: string): boolean {
  return rule === '' || rule.startsWith('!') || /^\[.*\]$/.test(rule) || /^#(?![#@?$%])/.test(rule);
}

function readRule(rule: string): Reading {
  const name = /^\|\|([^\s^/*$|]+)\^(?:\$(.*))?$/.exec(rule);
  if (name === null) return refusalOf(rule);
  const options = name[2] === undefined ? [] : name[2].split(',');
  if (!options.every((option) => harmlessOptions.has(option.trim().toLowerCase()))) return 'filter-option';
  const address = readAddress(name[1]!);
  if (typeof address !== 'string') return address.kind === 'address' ? address : 'filter-part';
  return readDomain(name[1]!);
}

function refusalOf(rule: string): Reason {
  if (/#[@?$%]{0,3}#/.test(rule)) return 'filter-cosmetic';
  if (/^\/.*\/(?:\$.*)?$/.test(rule) || rule.includes('*')) return 'filter-expression';
  return 'filter-part';
}
