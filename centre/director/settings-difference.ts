/**
 * Two documents of settings -> what differs, by the path of the setting, in words. Objects are compared member by member; lists entry by entry, where an
 * entry is known by its `id`, `value` or `name`, wherever it stands. Pure.
 */
import { canonicalJson } from '../../firmware/contract/canonical-json.ts';
import { type Language, plain, type Words } from '../../firmware/contract/language.ts';
import { isDocument } from '../../firmware/overlay.ts';
import type { ConfigDocument } from './config-orders.ts';

export interface Difference {
  /** As in `capture.filter`; of an entry of a list `indicators[evil.example]`. */
  path: string;
  /** Undefined: not set, so that the file of the box decides. */
  before?: unknown;
  after?: unknown;
}

const valueCharactersMax = 200;
const names = ['id', 'value', 'name'] as const;

const labels = {
  unset: { vi: '(theo tệp của thiết bị)', en: "(as in the box's own file)" },
  none: { vi: '(không có)', en: '(none)' },
  added: { vi: 'thêm', en: 'added' },
  removed: { vi: 'bỏ', en: 'removed' },
  same: { vi: 'Không có gì khác.', en: 'No difference.' },
  release: { vi: 'bản danh sách', en: 'release of indicators' },
} satisfies Record<string, Words>;

function differences(before: unknown, after: unknown, path = ''): Difference[] {
  const isOneSided = before === undefined || after === undefined;
  if ([before, after].every((side) => isDocument(side) || side === undefined) && [before, after].some(hasMembers)) {
    const [old, fresh] = [isDocument(before) ? before : {}, isDocument(after) ? after : {}];
    const members = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
    return members.flatMap((name) => differences(old[name], fresh[name], path === '' ? name : `${path}.${name}`));
  }
  const isListed = !isOneSided || [before, after].some((side) => Array.isArray(side) && side.length > 0);
  const [ours, theirs] = [before, after].map((side) => (isListed ? entriesOf(side ?? []) : undefined));
  if (ours !== undefined && theirs !== undefined)
    return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((name) =>
      entryDifference(ours.get(name), theirs.get(name), `${path}[${name}]`),
    );
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

function hasMembers(value: unknown): boolean {
  return isDocument(value) && Object.keys(value).length > 0;
}

function entryDifference(before: unknown, after: unknown, path: string): Difference[] {
  if (before !== undefined && after !== undefined) return differences(before, after, path);
  return [before === undefined ? { path, after } : { path, before }];
}

/** By name; undefined where it is no list, or its entries have none, or one name twice. */
function entriesOf(list: unknown): Map<string, unknown> | undefined {
  if (!Array.isArray(list)) return undefined;
  const entries = new Map<string, unknown>();
  for (const entry of list) {
    const name = isDocument(entry) ? names.map((member) => entry[member]).find((value) => typeof value === 'string') : entry;
    if (typeof name !== 'string') return undefined;
    entries.set(name, entry);
  }
  return entries.size === list.length ? entries : undefined;
}

/** Of the settings, and of the release as a whole under `release`. */
export function differencesOf(before: ConfigDocument, after: ConfigDocument): Difference[] {
  const releases =
    before.release?.sha256 === after.release?.sha256 ? [] : [{ path: 'release', before: before.release, after: after.release }];
  return [...differences(before.settings, after.settings), ...releases];
}

/** `indicators[evil.example]: added {"value":"evil.example",…}`; one line each. */
export function differencesInWords(before: ConfigDocument, after: ConfigDocument, lang: Language): string {
  const lines = differences(before.settings, after.settings).map(({ path, before: old, after: fresh }) => {
    const isEntry = path.endsWith(']');
    if (isEntry && old === undefined) return `${plain(path)}: ${labels.added[lang]} ${shown(fresh)}`;
    if (isEntry && fresh === undefined) return `${plain(path)}: ${labels.removed[lang]} ${shown(old)}`;
    return `${plain(path)}: ${old === undefined ? labels.unset[lang] : shown(old)} → ${fresh === undefined ? labels.unset[lang] : shown(fresh)}`;
  });
  const release = ({ release: one }: ConfigDocument) => (one === undefined ? labels.none[lang] : `${one.channel} ${one.version}`);
  if (before.release?.sha256 !== after.release?.sha256) lines.push(`${labels.release[lang]}: ${release(before)} → ${release(after)}`);
  return lines.length === 0 ? labels.same[lang] : lines.join('\n');
}

function shown(value: unknown): string {
  return plain(JSON.stringify(value), valueCharactersMax);
}
