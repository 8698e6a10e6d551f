/**
 * A list of popular domains by rank (`1,google.com`, or a name a line: Tranco, Umbrella, the operator's own) -> whether a value would catch one of them.
 * A domain is at or above a popular name when it is that name or a parent of it: it would match every machine that goes there.
 */
import { readFileSync, statSync } from 'node:fs';
import { canonicalName } from '../../../firmware/sensor/intel/parse-domain.ts';
import { parseUrlValue } from '../../../firmware/sensor/intel/parse-url.ts';
import { UserError } from '../../command/user-error.ts';
import { splitUrl, type Value, withParents } from './poison.ts';

/** Ranks further down are not popular, and a million names take 100 MB. */
const namesMax = 1_000_000;
const bytesMax = 64 << 20;

export class PopularDomains {
  /** The best rank of a name; of one that is only above listed ones, below 0. */
  private readonly ranks = new Map<string, number>();

  /** `text`: the list. Lines that hold no name are passed over: such files have headers and comments. */
  constructor(text: string) {
    let rank = 0;
    for (const line of text.split('\n')) {
      const field =
        line
          .trim()
          .split(/[,;\t ]/)
          .at(-1) ?? '';
      const canonical = canonicalName(field.replace(/^"|"$/g, ''));
      if (!canonical.ok || line.startsWith('#')) continue;
      if (++rank > namesMax) return;
      for (const name of withParents(canonical.name)) {
        if (!this.ranks.has(name)) this.ranks.set(name, -rank);
      }
      const known = this.ranks.get(canonical.name) ?? 0;
      // What is listed itself keeps its own rank, or the better one of what is below it.
      if (known < 0) this.ranks.set(canonical.name, Math.min(-known, rank));
    }
  }

  /** Throws a `UserError` where there is no list to be read. */
  static read(path: string): PopularDomains {
    try {
      if (statSync(path).size > bytesMax) throw new Error(`has more than ${bytesMax} bytes`);
      return new PopularDomains(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new UserError(`the list of popular domains ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  get size(): number {
    return this.ranks.size;
  }

  /** The best rank of what the value would catch; undefined: nothing popular. */
  rankOf({ kind, value }: Value): number | undefined {
    if (kind === 'domain') return value.startsWith('=') ? this.listedRankOf(value.slice(1)) : this.anyRankOf(value);
    if (kind !== 'url') return undefined;
    const parsed = parseUrlValue(value);
    const { host, target } = splitUrl(typeof parsed === 'string' ? value : parsed.text);
    return target === '/' ? this.listedRankOf(host) : undefined;
  }

  private anyRankOf(name: string): number | undefined {
    const rank = this.ranks.get(name);
    return rank === undefined ? undefined : Math.abs(rank);
  }

  /** Of the name alone, without those below it. */
  private listedRankOf(name: string): number | undefined {
    const rank = this.ranks.get(name);
    return rank === undefined || rank < 0 ? undefined : rank;
  }
}
