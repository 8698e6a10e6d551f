/**
 * Which contacts people have heard of, by the key of their alert, and up to which set of indicators the past was searched: what keeps the memory from
 * telling one contact twice, across restarts too. Bounded: the oldest are forgotten first. As text it is a file; it writes none itself.
 */
import { z } from 'zod';

/** A year of alerts of a busy box; some 300 KB. */
const contactsMax = 5000;
const keyLengthMax = 500;

const schema = z.object({
  searched: z.string().max(64).optional(),
  told: z.array(z.string().max(keyLengthMax)).max(contactsMax),
});

export class ToldContacts {
  /** Bundle of the set by which the past was searched last. */
  searched: string | undefined;
  private readonly keys = new Set<string>();
  private isChanged = false;

  /** `text` as of `changedText`; what is damaged is as none. */
  constructor(text: string | undefined) {
    try {
      const parsed = schema.safeParse(JSON.parse(text ?? '{"told":[]}'));
      if (!parsed.success) return;
      this.searched = parsed.data.searched;
      for (const key of parsed.data.told) this.keys.add(key);
    } catch {
      // Not JSON: a contact may be told once more.
    }
  }

  has(key: string): boolean {
    return this.keys.has(key);
  }

  add(key: string): void {
    if (this.keys.has(key) || key.length > keyLengthMax) return;
    this.keys.add(key);
    this.isChanged = true;
    const oldest = this.keys.values().next();
    if (this.keys.size > contactsMax && !oldest.done) this.keys.delete(oldest.value);
  }

  setSearched(bundle: string): void {
    this.isChanged ||= this.searched !== bundle;
    this.searched = bundle;
  }

  /** All of it, where it has changed since it was asked for last. */
  changedText(): string | undefined {
    if (!this.isChanged) return undefined;
    this.isChanged = false;
    return JSON.stringify({ searched: this.searched, told: [...this.keys] });
  }
}
