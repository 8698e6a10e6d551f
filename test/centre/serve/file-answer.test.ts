import { describe, expect, test } from 'vitest';
import { answerFor, repositoryFile } from '../../../centre/serve/file-answer.ts';

const hash = 'a'.repeat(64);

describe('what can be asked for', () => {
  test('are the files of a repository', () => {
    for (const target of ['/metadata/timestamp.json', '/metadata/1.root.json', '/metadata/23.snapshot.json', '/metadata/9.targets.json'])
      expect(repositoryFile(target)?.path).toBe(target.slice(1));
    expect(repositoryFile(`/targets/${hash}.main-1-2.vgd`)?.isImmutable).toBe(true);
    expect(repositoryFile('/metadata/timestamp.json')?.isImmutable).toBe(false);
    expect(repositoryFile('/metadata/timestamp.json?fresh=1')?.path).toBe('metadata/timestamp.json');
  });

  test('and nothing else: no folder, no draft, no way out', () => {
    const targets = [
      ...['/', '', '*', '/metadata', '/metadata/', '/targets/', '/metadata/root.json', '/metadata/0.root.json', '/metadata/01.root.json'],
      ...[
        '/metadata/../keys/timestamp.key',
        '/metadata/..%2f..%2fkeys',
        '/targets/../metadata/timestamp.json',
        '//metadata/timestamp.json',
      ],
      ...['/metadata/timestamp.json.new', `/targets/main-1.vgd.draft`, `/targets/${hash}`, `/targets/${hash}..`, `/targets/${hash}.a/b`],
      ...['http://host/metadata/timestamp.json', '/metadata/timestamp.json\0', `/targets/${hash}.${'a'.repeat(200)}`],
    ];
    for (const target of targets) expect(repositoryFile(target), target).toBeUndefined();
  });
});

describe('the answer', () => {
  const file = repositoryFile(`/targets/${hash}.main-1.vgd`)!;
  const facts = { sizeBytes: 1000, modifiedMs: 1_700_000_000_123.5, inode: 42 };
  const ask = (range?: string, ifRange?: string) => answerFor(file, facts, { range, ifRange });
  const etag = String(ask().headers.ETag);

  test('to a range are those bytes, to a bad one the whole or 416', () => {
    const cases: [string, number, [number, number] | undefined][] = [
      ['bytes=0-0', 206, [0, 0]],
      ['bytes=10-19', 206, [10, 19]],
      ['bytes=990-', 206, [990, 999]],
      ['bytes=990-5000', 206, [990, 999]],
      ['bytes=-10', 206, [990, 999]],
      ['bytes=-5000', 206, [0, 999]],
      ['bytes=1000-', 416, undefined],
      ['bytes=-0', 416, undefined],
      ['bytes=5-4', 200, [0, 999]],
      ['bytes=-', 200, [0, 999]],
      ['bytes=0-1,5-6', 200, [0, 999]],
      ['lines=0-1', 200, [0, 999]],
      ['bytes=0-99999999999999999999', 200, [0, 999]],
    ];
    for (const [range, status, span] of cases) {
      const answer = ask(range);
      expect(answer.status, range).toBe(status);
      expect(answer.span && [answer.span.first, answer.span.last], range).toEqual(span);
    }
    expect(ask('bytes=10-19').headers).toMatchObject({ 'Content-Range': 'bytes 10-19/1000', 'Content-Length': 10 });
    expect(ask('bytes=1000-').headers).toMatchObject({ 'Content-Range': 'bytes */1000' });
  });

  test('begins anew where the file is another one than the client began with', () => {
    expect(ask('bytes=10-', etag).status).toBe(206);
    expect(ask('bytes=10-', '"other"').status).toBe(200);
    expect(ask('bytes=10-', 'Wed, 21 Oct 2015 07:28:00 GMT').status).toBe(200);
  });

  test('is short where the client has the file already, and its tag changes with the file', () => {
    const given = (ifNoneMatch: string) => answerFor(file, facts, { ifNoneMatch }).status;
    expect([given(etag), given(`"x", W/${etag}`), given('*'), given('"x"')]).toEqual([304, 304, 304, 200]);
    for (const change of [{ sizeBytes: 1001 }, { modifiedMs: 5 }, { inode: 43 }])
      expect(answerFor(file, { ...facts, ...change }, {}).headers.ETag).not.toBe(etag);
  });

  test('may be kept for good, but for the timestamp', () => {
    expect(ask().headers['Cache-Control']).toContain('immutable');
    expect(answerFor(repositoryFile('/metadata/timestamp.json')!, facts, {}).headers['Cache-Control']).toBe('no-cache');
  });

  test('of an empty file has no bytes', () => {
    expect(answerFor(file, { ...facts, sizeBytes: 0 }, {})).toMatchObject({ status: 200, headers: { 'Content-Length': 0 } });
    expect(answerFor(file, { ...facts, sizeBytes: 0 }, { range: 'bytes=0-' }).status).toBe(416);
  });
});
