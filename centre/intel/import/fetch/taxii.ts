/**
 * Fetches a TAXII 2.1 collection (OASIS TAXII 2.1 §5.4) page by page. The pages are kept until the last one has come, so that a fetch that was
 * broken off goes on where it was. Knows nothing of what the objects are.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../../command/user-error.ts';
import { type Fields, isFields, parseDocument, textOf } from '../input.ts';
import { type Fetcher, StatusError } from './fetcher.ts';

const mediaType = 'application/taxii+json;version=2.1';
/** A collection of a million objects in pages of a hundred. */
const pagesMax = 10_000;
/** A server forgets where a client was; and a collection half of yesterday is none. */
const resumeWithinMs = 24 * 3600 * 1000;

const stateSchema = z.object({ url: z.string(), startedMs: z.number(), pages: z.int().min(0).max(pagesMax), next: z.string().optional() });
type State = z.infer<typeof stateSchema>;

/** The address of a collection's objects; undefined where a URL is not like one of a collection. */
export function collectionUrl(named: string): URL | undefined {
  const url = URL.parse(named);
  const path = url === null ? null : /^(.*\/collections\/[^/]+)(?:\/objects)?\/?$/.exec(url.pathname);
  if (url === null || path === null) return undefined;
  url.pathname = `${path[1]}/objects/`;
  return url;
}

export interface TaxiiFetch {
  url: URL;
  fetcher: Fetcher;
  /** Where pages are kept; undefined: in memory alone. */
  folder: string | undefined;
  nowMs: number;
  onPage: (objects: unknown) => void;
}

/** Calls `onPage` with the objects of every page. True where an earlier fetch went on. */
export async function fetchCollection(fetch: TaxiiFetch): Promise<boolean> {
  const state = resumable(fetch);
  try {
    await fetchFrom(fetch, state);
    return state.pages > 0;
  } catch (error) {
    // The server no longer knows the place at which the fetch was broken off.
    const isForgotten =
      state.pages > 0 && error instanceof StatusError && error.status >= 400 && error.status < 500 && error.status !== 401;
    if (!isForgotten || fetch.folder === undefined) throw error;
    rmSync(fetch.folder, { recursive: true, force: true });
    await fetchFrom(fetch, { url: fetch.url.href, startedMs: fetch.nowMs, pages: 0 });
    return false;
  }
}

async function fetchFrom({ url, fetcher, folder, onPage }: TaxiiFetch, start: State): Promise<void> {
  const objects: unknown[] = [];
  let state = start;
  for (let page = 1; page <= start.pages && folder !== undefined; page++) objects.push(readPage(join(folder, `${page}.json`)));
  let isMore = start.pages === 0 || start.next !== undefined;
  while (isMore) {
    if (state.pages >= pagesMax) throw new UserError(`${url.href} has more than ${pagesMax} pages`);
    const pageUrl = new URL(url);
    for (const [name, value] of new URLSearchParams(state.next ?? '')) pageUrl.searchParams.set(name, value);
    const { text, headers } = await fetcher.text(pageUrl.href, mediaType);
    const document = parseDocument(text, pageUrl.href);
    if (!isFields(document)) throw new UserError(`${pageUrl.href} gave no page of a TAXII collection`);
    const next = nextOf(document, headers['x-taxii-date-added-last'], pageUrl.href);
    if (next !== undefined && next === state.next) throw new UserError(`${url.href} names the same page as the next one again`);
    isMore = next !== undefined;
    const { next: _, ...rest } = state;
    state = { ...rest, pages: state.pages + 1, ...(next === undefined ? {} : { next }) };
    if (folder !== undefined) keepPage(folder, state, text);
    objects.push(document.objects);
  }
  for (const some of objects) onPage(some);
}

/** The query of the next page; a server without `next` is asked for what was added since (§5.4, X-TAXII-Date-Added-Last). */
function nextOf(page: Fields, addedLast: string | string[] | undefined, from: string): string | undefined {
  if (page.more !== true) return undefined;
  const next = textOf(page.next);
  if (next !== '') return new URLSearchParams({ next }).toString();
  if (typeof addedLast === 'string') return new URLSearchParams({ added_after: addedLast }).toString();
  // Half of a collection taken for the whole would drop the other half of what was known.
  throw new UserError(`${from} says that there is more, and not where`);
}

function resumable({ url, folder, nowMs }: TaxiiFetch): State {
  const fresh = { url: url.href, startedMs: nowMs, pages: 0 };
  if (folder === undefined || !existsSync(join(folder, 'state.json'))) return fresh;
  try {
    const state = stateSchema.parse(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')));
    if (state.url === url.href && nowMs - state.startedMs < resumeWithinMs) return state;
  } catch {
    // What cannot be read is fetched anew.
  }
  rmSync(folder, { recursive: true, force: true });
  return fresh;
}

function keepPage(folder: string, state: State, text: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  writeFileSync(join(folder, `${state.pages}.json`), text);
  writeFileSync(join(folder, 'state.tmp'), JSON.stringify(state));
  renameSync(join(folder, 'state.tmp'), join(folder, 'state.json'));
}

function readPage(path: string): unknown {
  const document = parseDocument(readFileSync(path, 'utf8'), path);
  return isFields(document) ? document.objects : undefined;
}
