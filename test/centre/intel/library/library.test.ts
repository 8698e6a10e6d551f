import { mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importList } from '../../../../centre/intel/import/import-list.ts';
import { openLibrary } from '../../../../centre/intel/library/library.ts';
import { lockFolder } from '../../../../centre/intel/library/lock.ts';
import { parsedEntry } from '../../../../centre/intel/library/parsed-entry.ts';
import { defaults, temporaryFolder } from '../import/lists.ts';

const folder = temporaryFolder();

/** A library of its own, and how to import a text into it. */
function newLibrary() {
  const place = mkdtempSync(join(folder, 'one-'));
  const library = openLibrary(join(place, 'intel'));
  const put = (source: string, text: string, options: Partial<typeof defaults> = {}) => {
    const path = join(place, 'list.txt');
    writeFileSync(path, text);
    return importList(path, library.folder, { ...defaults, source, ...options });
  };
  const values = () => [...library.entries()].map(({ value }) => value);
  return { library, put, values, fileOf: (source: string) => join(library.folder, 'sources', `${source}.list`) };
}

describe('the library', () => {
  it('is empty where nothing was imported', () => {
    const { library, values } = newLibrary();
    expect({ sources: library.sources(), values: values(), shown: library.show('evil.example.com') }).toEqual({
      sources: [],
      values: [],
      shown: [],
    });
  });

  it('joins what several sources say of a value, each with its own provenance', async () => {
    const { library, put } = newLibrary();
    await put('b-list', 'evil.example.com\nonly-b.example.com\n', { confidence: 40, tlp: 'amber' });
    await put('a-list', 'value,family,confidence\nEVIL.example.com,Foo,90\nevil.example.com,Bar,80\n');
    expect([...library.entries()]).toMatchObject([
      {
        kind: 'domain',
        value: 'evil.example.com',
        isAllowance: false,
        provenances: [
          { source: 'a-list', family: 'Bar', confidence: 80 },
          { source: 'a-list', family: 'Foo', confidence: 90 },
          { source: 'b-list', confidence: 40, tlp: 'amber' },
        ],
      },
      { value: 'only-b.example.com', provenances: [{ source: 'b-list' }] },
    ]);
  });

  it('gives entries in one order, whatever the order of the lists', async () => {
    const lines = [
      'z.example.com',
      '192.0.2.9',
      '192.0.2.10',
      'http://a.example.com/ü',
      'http://a.example.com/\u{1f600}',
      'http://a.example.com/\ufb01',
      '198.51.100.0/24',
      'a.example.com',
      'ab.example.com',
    ];
    const one = newLibrary();
    await one.put('x', lines.join('\n'));
    const other = newLibrary();
    await other.put('x', lines.toReversed().slice(0, 5).join('\n'));
    await other.put('y', lines.slice(0, 5).join('\n'));
    expect(other.values()).toEqual(one.values());
    expect(one.values()).toHaveLength(lines.length);
    // Written and read again it is in the order in which it is merged.
    await one.put('x', lines.join('\n'));
    expect(one.values()).toEqual(other.values());
  });

  it('replaces what a source said, and keeps since when', async () => {
    const { library, put } = newLibrary();
    await put('s', 'stays.example.com\ngoes.example.com\n');
    const [, before] = [...library.entries()];
    const report = await put('s', 'stays.example.com\nnew.example.com\n');
    expect(report).toMatchObject({ added: 1, gone: 1, kept: true });
    const after = [...library.entries()];
    expect(after.map(({ value }) => value)).toEqual(['new.example.com', 'stays.example.com']);
    expect(after[1]!.provenances[0]!.importedFirstMs).toBe(before!.provenances[0]!.importedFirstMs);
    expect(after[0]!.provenances[0]!.importedFirstMs).toBeGreaterThan(before!.provenances[0]!.importedFirstMs);
    expect(after[1]!.provenances[0]!.importedLastMs).toBe(after[0]!.provenances[0]!.importedLastMs);
  });

  it('does not let an empty list take the place of one that held something', async () => {
    const { put, values } = newLibrary();
    await put('s', 'stays.example.com\n');
    expect(await put('s', '# nothing today\n')).toMatchObject({ kept: false, gone: 1 });
    expect(values()).toEqual(['stays.example.com']);
  });

  it('looks without keeping', async () => {
    const { put, values, library } = newLibrary();
    await put('s', 'stays.example.com\n');
    expect(await put('s', 'new.example.com\nnonsense\n', { dryRun: true })).toMatchObject({
      kept: false,
      added: 1,
      gone: 1,
      refused: 1,
      refusedFile: null,
    });
    expect(values()).toEqual(['stays.example.com']);
    expect(library.sources()).toHaveLength(1);
  });

  it('tells whose names a public suffix would condemn, and what no set can hold', async () => {
    const { library, put } = newLibrary();
    await put('s', 'gov.vn\ngithub.io\nevil.example.com\n0.0.0.0/0\n8.8.8.8\nftp://a.example.com/f\n');
    expect([...library.entries()].map(({ value, concern }) => [value, concern])).toEqual([
      ['8.8.8.8', undefined],
      ['0.0.0.0/0', undefined],
      ['evil.example.com', undefined],
      ['github.io', 'shared-suffix'],
      ['gov.vn', 'public-suffix'],
      ['ftp://a.example.com/f', undefined],
    ]);
    const unmatched = [...library.entries()].filter((entry) => typeof parsedEntry(entry) === 'string').map(({ value }) => value);
    expect(unmatched).toEqual(['0.0.0.0/0', 'ftp://a.example.com/f']);
  });

  it('keeps an allowance and an indicator of one value apart', async () => {
    const { library, put } = newLibrary();
    await put('bad', 'both.example.com\n');
    await put('good', 'both.example.com\n192.0.2.1\n', { allow: true });
    expect([...library.entries()].map(({ value, isAllowance }) => [value, isAllowance])).toEqual([
      ['192.0.2.1', true],
      ['both.example.com', false],
      ['both.example.com', true],
    ]);
    expect(library.sources().map(({ source, counts }) => [source, counts.domain, counts.allow])).toEqual([
      ['bad', 1, 0],
      ['good', 0, 2],
    ]);
  });
});

describe('why a value is in', () => {
  it.each([
    ['EVIL.example.com.', ['evil.example.com']],
    ['deep.below.evil.example.com', ['evil.example.com']],
    ['evil[.]example[.]com', ['evil.example.com']],
    ['198.51.100.7', ['198.51.100.7', '198.51.100.0/24', '198.51.100.7:443']],
    ['198.51.100.7:443', ['198.51.100.7', '198.51.100.0/24', '198.51.100.7:443']],
    ['198.51.100.8:443', ['198.51.100.0/24']],
    ['198.51.100.128/25', ['198.51.100.0/24']],
    ['198.51.0.0/16', []],
    ['https://sub.evil.example.com:8443/x', ['evil.example.com']],
    ['hxxp://a.example.com/Path', ['http://a.example.com/Path']],
    ['a.example.com/Path', ['http://a.example.com/Path']],
    ['2001:DB8:0::1', ['2001:db8::/32']],
    ['00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33', ['00112233445566778899aabbccddeeff00112233']],
    ['Own Agent/1.0 (x; y)', ['Own Agent/1.0 (x; y)']],
    ['vil.example.com', []],
    ['nothing at all', []],
  ])('%s is covered by %j', async (asked, found) => {
    const { library, put } = newLibrary();
    const hash = 'sha1:00112233445566778899aabbccddeeff00112233';
    await put(
      's',
      `evil.example.com\n198.51.100.0/24\n198.51.100.7:443\n198.51.100.7\nhttp://a.example.com/Path\n2001:db8::/32\n${hash}\nua:Own Agent/1.0 (x; y)\n`,
    );
    expect(library.show(asked).map(({ value }) => value)).toEqual(found);
  });
});

describe('forgetting', () => {
  it('takes out a value, or a source, and says how many went', async () => {
    const { library, put, values } = newLibrary();
    await put('s', 'a.example.com\nb.example.com\n192.0.2.1\n');
    await put('t', 'a.example.com\n');
    expect(library.forget('s', 'A.example[.]com')).toBe(1);
    expect([...library.entries()].find(({ value }) => value === 'a.example.com')!.provenances.map(({ source }) => source)).toEqual(['t']);
    expect(library.sources()[0]!.counts).toMatchObject({ domain: 1, address: 1 });
    expect(library.forget('s')).toBe(2);
    expect(values()).toEqual(['a.example.com']);
  });

  it('says so where there is no such source or value', async () => {
    const { library, put, values } = newLibrary();
    await put('s', 'a.example.com\n');
    expect(() => library.forget('other')).toThrow(/no source other/);
    expect(() => library.forget('../s')).toThrow(/no source/);
    expect(() => library.forget('s', 'b.example.com')).toThrow(/has no value/);
    expect(values()).toEqual(['a.example.com']);
  });
});

describe('a damaged source', () => {
  it('is named at every length to which it may be cut, and mended by an import', async () => {
    const { put, values, fileOf } = newLibrary();
    await put('s', 'a.example.com\nb.example.com\n192.0.2.1\n');
    const whole = readFileSync(fileOf('s'));
    for (let length = 0; length < whole.length - 1; length++) {
      writeFileSync(fileOf('s'), whole.subarray(0, length));
      expect(values, `cut at ${length}`).toThrow(/s\.list is damaged/);
    }
    await put('s', 'a.example.com\n');
    expect(values()).toEqual(['a.example.com']);
  });

  it('can be forgotten', async () => {
    const { library, put, fileOf } = newLibrary();
    await put('s', 'a.example.com\n');
    truncateSync(fileOf('s'), 5);
    expect(() => library.sources()).toThrow(/damaged/);
    library.forget('s');
    expect(library.sources()).toEqual([]);
  });

  it('is named where a line of it was changed', async () => {
    const { put, values, fileOf } = newLibrary();
    await put('s', 'a.example.com\nb.example.com\n');
    const whole = readFileSync(fileOf('s'), 'utf8');
    for (const [from, to] of [
      ['d-a.', 'd-c.'],
      ['d-a.', 'q-a.'],
      ['\t75', '\tx5'],
      ['d-a.example.com\t', 'd-a.example.com '],
    ] as const) {
      writeFileSync(fileOf('s'), whole.replace(from, to));
      expect(values, `${from} to ${to}`).toThrow(/damaged/);
    }
  });
});

describe('two at once', () => {
  it('lets one write at a time, and others read', async () => {
    const { library, put, values } = newLibrary();
    await put('s', 'a.example.com\n');
    const unlock = lockFolder(library.folder);
    expect(() => lockFolder(library.folder, 50)).toThrow(/being written/);
    expect(values()).toEqual(['a.example.com']);
    unlock();
    lockFolder(library.folder, 50)();
  });

  it('says what is wrong where a folder cannot be locked at all', () => {
    const { library } = newLibrary();
    expect(() => lockFolder(join(library.folder, 'nowhere'), 50)).toThrow(/cannot be locked .*unable to open/);
  });

  it('keeps nothing of a list that could not be written to its end', async () => {
    const { library, put, values } = newLibrary();
    await put('s', 'a.example.com\n');
    const lines = (function* () {
      yield 'd-b.example.com\t75';
      throw new Error('the disk is full');
    })();
    const list = { source: 's', format: 'plain-list', from: 'x', lines, isEmpty: false, refused: 0, refusedByReason: {}, nowMs: 1 };
    expect(() => library.replace(list)).toThrow('the disk is full');
    expect(readdirSync(library.folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(values()).toEqual(['a.example.com']);
  });

  it('lets a reader end what it began on the list that is being replaced', async () => {
    const { library, put } = newLibrary();
    await put('s', 'a.example.com\nb.example.com\n');
    const entries = library.entries()[Symbol.iterator]();
    expect(entries.next().value.value).toBe('a.example.com');
    await put('s', 'c.example.com\n');
    expect(entries.next().value.value).toBe('b.example.com');
    expect(entries.next().done).toBe(true);
  });
});
