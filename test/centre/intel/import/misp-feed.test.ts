import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startListServer } from './list-server.ts';
import { readNamed, temporaryFolder } from './lists.ts';

const folder = temporaryFolder();
const uuid = (number: number) => `5f0c7a10-0000-4000-8000-${String(number).padStart(12, '0')}`;
const count = 12;

/** Event 3 is missing, event 4 is cut. */
function writeFeed(): string {
  const feed = join(mkdtempSync(join(folder, 'one-')), 'feed');
  mkdirSync(feed);
  const manifest: Record<string, object> = {};
  for (let number = 1; number <= count; number++) {
    manifest[uuid(number)] = { info: 'i', Orgc: { name: 'o' } };
    const event = JSON.stringify({ Event: { uuid: uuid(number), Attribute: [{ type: 'domain', value: `h${number}.example.com` }] } });
    if (number !== 3) writeFileSync(join(feed, `${uuid(number)}.json`), number === 4 ? event.slice(0, 30) : event);
  }
  writeFileSync(join(feed, 'manifest.json'), JSON.stringify(manifest));
  return feed;
}

const feed = writeFeed();
const server = await startListServer((url, response) => {
  try {
    response.end(readFileSync(join(feed, basename(url.pathname))));
  } catch {
    response.writeHead(404).end();
  }
});

describe('a MISP feed', () => {
  it.each([
    ['a folder', () => feed],
    ['its manifest', () => join(feed, 'manifest.json')],
    ['a server', () => `${server.origin}/feed/manifest.json`],
  ])('is read from %s, what is missing or broken counted', async (_, named) => {
    const { report } = await readNamed(mkdtempSync(join(folder, 'one-')), named());
    expect(report).toMatchObject({
      format: 'misp-feed',
      counts: { domain: count - 2 },
      refusedByReason: { 'event-missing': 1, 'event-broken': 1 },
    });
  });

  it('asks for no file that is not named by an id', async () => {
    const place = mkdtempSync(join(folder, 'one-'));
    mkdirSync(join(place, 'feed'));
    writeFileSync(join(place, 'secret.json'), JSON.stringify({ Event: { Attribute: [{ type: 'domain', value: 'secret.example.com' }] } }));
    writeFileSync(join(place, 'feed/manifest.json'), JSON.stringify({ [uuid(1)]: { info: 'i' }, '../secret': { info: 'i' } }));
    await expect(readNamed(place, join(place, 'feed'), { as: 'misp-feed' })).rejects.toThrow(/no manifest/);
  });

  it('says so where a folder is none', async () => {
    await expect(readNamed(folder, folder)).rejects.toThrow(/without manifest.json/);
  });
});
