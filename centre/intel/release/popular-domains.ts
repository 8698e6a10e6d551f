/**
 * A list of popular domains by rank (`1,google.com`, or a name a line: Tranco, Umbrella, the operator's own) -> whether a value would catch one of them.
 * A domain is at or above a popular name when it is that name or a parent of it: it would match every machine that goes there.
 */
import { readFileSync, statSync } from 'node:fs';
import { canonicalName } from '../../../firmware/sensor/intel/parse-domain.ts';
import { UserError } from '../../command/user-error.ts';
import { splitUrl, type Value, withParents } from './poison.ts';

/** Ranks further down are not popular, and a million names take 100 MB. */
const namesMax = 1_000_000;
const bytesMax = 64 << 20;

export class PopularDomains {
  /** Names and all above them, with the best rank. */
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
      for (const name of withParents(canonical.name)) if (!this.ranks.has(name)) this.ranks.set(name, rank);
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
    if (kind === 'domain') return value.startsWith('=') ? undefined : this.ranks.get(value);
    if (kind !== 'url') return undefined;
    const { host, target } = splitUrl(value);
    return target === '/' ? this.ranks.get(host) : undefined;
  }
}
