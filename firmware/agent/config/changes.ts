/** Two settings -> what is different, path by path, short enough to be read. Lists are compared by their elements, wherever these stand. Pure. */
import { canonicalJson } from '../../contract/canonical-json.ts';
import type { Change } from '../ledger/ledger-entry.ts';

const changesMax = 100;
const valueCharactersMax = 200;
const pathCharactersMax = 200;

export interface Changes {
  changes: Change[];
  /** Beyond those told. */
  leftOut: number;
}

export function changesBetween(from: unknown, to: unknown): Changes {
  const all = [...differences('', from, to)];
  return { changes: all.slice(0, changesMax), leftOut: Math.max(0, all.length - changesMax) };
}

function* differences(path: string, from: unknown, to: unknown): Generator<Change> {
  // What was not there before, or is not there any more, is told member by member too.
  if (from === undefined && isStructure(to)) yield* differences(path, emptyLike(to), to);
  else if (to === undefined && isStructure(from)) yield* differences(path, from, emptyLike(from));
  else if (isObject(from) && isObject(to)) {
    for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
      yield* differences(path === '' ? name : `${path}.${name}`, ownMember(from, name), ownMember(to, name));
    }
  } else if (Array.isArray(from) && Array.isArray(to)) {
    const [before, after] = [new Set(from.map((item) => canonicalJson(item))), new Set(to.map((item) => canonicalJson(item)))];
    for (const item of before) if (!after.has(item)) yield { path: shortPath(path), from: short(item) };
    for (const item of after) if (!before.has(item)) yield { path: shortPath(path), to: short(item) };
  } else {
    const [before, after] = [textOf(from), textOf(to)];
    if (before === after) return;
    yield {
      path: shortPath(path),
      ...(before === undefined ? {} : { from: short(before) }),
      ...(after === undefined ? {} : { to: short(after) }),
    };
  }
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}

function ownMember(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function short(text: string): string {
  return text.length <= valueCharactersMax ? text : `${text.slice(0, valueCharactersMax)}…`;
}

function shortPath(path: string): string {
  return path.slice(0, pathCharactersMax);
}

function isStructure(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function emptyLike(value: object): unknown {
  return Array.isArray(value) ? [] : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isStructure(value) && !Array.isArray(value);
}
