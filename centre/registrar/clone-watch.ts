/**
 * Presences of boxes as they come -> which id is used by two machines at once. A boot of a machine has an id that never comes back; a box whose presences
 * go from one boot to another and back again is two boxes. Remembers a bounded number of boots of each box.
 */
import { presenceSchema } from '../../firmware/contract/presence.ts';
import { boxOfTopic } from '../../firmware/contract/topics.ts';
import { parsedJson } from './request-text.ts';

/** A box that is started anew all day is no clone; its old boots need not be known for ever. */
const bootsMax = 16;
const bootCharactersMax = 64;
/** Names come from the topics, and the broker is not trusted. */
const boxesMax = 10_000;

export class CloneWatch {
  /** The last one is at hand. */
  readonly #boots = new Map<string, string[]>();

  /** What gives it away, for people; undefined: nothing. Never throws. */
  heard(topic: string, payload: Uint8Array): { box: string; text: string } | undefined {
    const box = boxOfTopic(topic);
    const presence = presenceSchema.safeParse(parsedJson(payload)).data;
    if (box === undefined || presence === undefined || presence.box !== box) return undefined;
    // Wills and records of the past come at any time; only who is there now counts.
    if (!presence.online || presence.seq !== undefined || presence.boot.length > bootCharactersMax) return undefined;
    const boots = this.#boots.get(box) ?? [];
    if (boots.length === 0 && this.#boots.size >= boxesMax) return undefined;
    const { boot } = presence;
    const isBack = boots.includes(boot) && boots.at(-1) !== boot;
    this.#boots.set(box, [...boots.filter((one) => one !== boot), boot].slice(-bootsMax));
    if (!isBack) return undefined;
    return { box, text: `two machines take turns: boot ${boot.slice(0, 8)} is back after boot ${boots.at(-1)?.slice(0, 8)}` };
  }
}
