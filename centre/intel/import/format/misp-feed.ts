/** Reads a MISP feed: `manifest.json` names the events, each is a file `<uuid>.json` beside it, in a folder or at a server. */
import { UserError } from '../../../command/user-error.ts';
import type { Harvest } from '../harvest.ts';
import { type Fields, isFields } from '../input.ts';
import { eventsIn, readEvents } from './misp-event.ts';

/** The ids become names of files and parts of URLs. */
const uuidPattern = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const eventsMax = 50_000;
/** Asked for at once. */
const together = 8;

export function isManifest(document: unknown): document is Fields {
  if (!isFields(document)) return false;
  const ids = Object.keys(document);
  return ids.length > 0 && ids.every((id) => uuidPattern.test(id)) && isFields(document[ids[0]!]);
}

/** `load` gives the text of a file of the feed, undefined where there is none. */
export async function readFeed(
  manifest: Fields,
  from: string,
  harvest: Harvest,
  load: (name: string) => Promise<string | undefined>,
): Promise<void> {
  const ids = Object.keys(manifest);
  if (ids.length > eventsMax) throw new UserError(`${from} names more than ${eventsMax} events`);
  for (let at = 0; at < ids.length; at += together) {
    const some = ids.slice(at, at + together);
    const texts = await Promise.all(some.map((id) => (uuidPattern.test(id) ? load(`${id}.json`) : undefined)));
    for (const [index, id] of some.entries()) readOne(id, texts[index], harvest);
  }
}

function readOne(id: string, text: string | undefined, harvest: Harvest): void {
  if (text === undefined) {
    harvest.refuse('event-missing', id, id);
    return;
  }
  try {
    const events = eventsIn(JSON.parse(text));
    if (events.length === 0) harvest.refuse('event-broken', id, id);
    readEvents(events, harvest);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    harvest.refuse('event-broken', id, id);
  }
}
