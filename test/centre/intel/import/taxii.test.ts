import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { collectionUrl } from '../../../../centre/intel/import/fetch/taxii.ts';
import { startListServer } from './list-server.ts';
import { readNamed, temporaryFolder } from './lists.ts';

const folder = temporaryFolder();

const indicator = (number: number) => ({
  type: 'indicator',
  id: `indicator--${number}`,
  pattern: `[domain-name:value = 'h${number}.example.com']`,
  pattern_type: 'stix',
  valid_from: '2026-08-01T00:00:00Z',
});

/** What the server does with the page that is asked for; the next page is the number that follows. */
let behaviour: (page: number) => 'page' | 'die' | 'forgotten' | 'same' | 'nowhere' | 'garbage' = () => 'page';
const pages = 4;

const server = await startListServer((url, response) => {
  const page = Number(url.searchParams.get('next') ?? url.searchParams.get('added_after') ?? 0);
  const what = behaviour(page);
  if (what === 'die') response.destroy();
  else if (what === 'forgotten') response.writeHead(400).end();
  else if (what === 'nowhere') response.end(JSON.stringify({ more: true, objects: [indicator(page)] }));
  else if (what === 'garbage') response.end('{"objects": [');
  else {
    const more = page < pages - 1;
    const objects = page === 2 ? [] : [indicator(page)];
    response.end(JSON.stringify(more ? { more, next: String(what === 'same' ? page : page + 1), objects } : { objects }));
  }
});

const url = `${server.origin}/api/collections/9f1e/`;
const askedPages = () => server.asked.map((asked) => new URL(asked.url, server.origin).searchParams.get('next'));
const fetchTo = (place: string, options: Parameters<typeof readNamed>[2] = {}) => readNamed(place, url, { source: 'taxii', ...options });
const whole = ['domain h0.example.com', 'domain h1.example.com', 'domain h3.example.com'];

describe('a TAXII 2.1 collection', () => {
  beforeEach(() => {
    server.asked.length = 0;
    behaviour = () => 'page';
  });

  it('is read page by page, an empty one among them, with the name and key that it asks for', async () => {
    const key = join(folder, 'key');
    writeFileSync(key, 'secret');
    const { report, values } = await fetchTo(mkdtempSync(join(folder, 'one-')), { user: 'u', keyFile: key });
    expect(values).toEqual(whole);
    expect(report).toMatchObject({ format: 'taxii21', resumed: false });
    expect(askedPages()).toEqual([null, '1', '2', '3']);
    const { headers, url: path } = server.asked[0]!;
    expect(headers).toMatchObject({ accept: 'application/taxii+json;version=2.1', authorization: `Basic ${btoa('u:secret')}` });
    expect(path).toBe('/api/collections/9f1e/objects/');
  });

  it('goes on where it was broken off, and leaves the library as it was until then', async () => {
    const place = mkdtempSync(join(folder, 'one-'));
    behaviour = (page) => (page === 2 ? 'die' : 'page');
    await expect(fetchTo(place)).rejects.toThrow(/cannot be fetched/);
    expect(existsSync(join(place, 'intel/sources'))).toBe(false);
    server.asked.length = 0;
    behaviour = () => 'page';
    const { report, values } = await fetchTo(place);
    expect(askedPages()).toEqual(['2', '3']);
    expect(values).toEqual(whole);
    expect(report.resumed).toBe(true);
    // Nothing is left of it: the next fetch is a new one.
    server.asked.length = 0;
    expect((await fetchTo(place)).report.resumed).toBe(false);
    expect(askedPages()).toHaveLength(pages);
  });

  it('begins anew where the server has forgotten the place', async () => {
    const place = mkdtempSync(join(folder, 'one-'));
    behaviour = (page) => (page === 2 ? 'die' : 'page');
    await expect(fetchTo(place)).rejects.toThrow();
    server.asked.length = 0;
    let isFirst = true;
    behaviour = () => {
      const what = isFirst ? 'forgotten' : 'page';
      isFirst = false;
      return what;
    };
    const { report, values } = await fetchTo(place);
    expect(values).toEqual(whole);
    expect(report.resumed).toBe(false);
    expect(askedPages()).toEqual(['2', null, '1', '2', '3']);
  });

  it.each([
    ['names one page for ever', 'same', /same page/],
    ['gives no JSON', 'garbage', /no JSON/],
    ['has more and does not say where', 'nowhere', /there is more, and not where/],
  ] as const)('gives up on a server that %s', async (_, what, message) => {
    behaviour = (page) => (page === 1 ? what : 'page');
    await expect(fetchTo(mkdtempSync(join(folder, 'one-')))).rejects.toThrow(message);
  });

  it('keeps no pages on a dry run', async () => {
    const place = mkdtempSync(join(folder, 'one-'));
    const { report, values } = await fetchTo(place, { dryRun: true });
    expect({ kept: report.kept, domains: report.counts.domain, values }).toEqual({ kept: false, domains: 3, values: [] });
    expect(existsSync(join(place, 'intel'))).toBe(false);
  });

  it.each([
    ['https://t.example/api1/collections/91a7/', 'https://t.example/api1/collections/91a7/objects/'],
    ['https://t.example/api1/collections/91a7/objects?limit=10', 'https://t.example/api1/collections/91a7/objects/?limit=10'],
    ['https://t.example/list.csv', undefined],
    ['collections/91a7', undefined],
  ])('%s is at %s', (named, expected) => expect(collectionUrl(named)?.href).toBe(expected));
});
