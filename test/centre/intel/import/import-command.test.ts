/** `vonggac-centre intel import|sources|show|forget` as typed: what is printed, for people and for programs, and the exit status. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addIntel } from '../../../../centre/command/intel.ts';
import { temporaryFolder } from './lists.ts';

const folder = temporaryFolder();

function newCentre(): string {
  const centre = mkdtempSync(join(folder, 'centre-'));
  writeFileSync(join(centre, 'centre.json'), JSON.stringify({ schema: 'centre/1', name: 'Test', host: '127.0.0.1' }));
  return centre;
}

function listIn(text: string, name = 'list.txt'): string {
  const path = join(mkdtempSync(join(folder, 'list-')), name);
  writeFileSync(path, text);
  return path;
}

interface Ran {
  out: string;
  err: string;
  status: number;
}

async function run(...words: string[]): Promise<Ran> {
  const said = { out: '', err: '' };
  const hear = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
    said[stream] += text;
    return true;
  };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(hear('out'));
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(hear('err'));
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    const program = new Command('vonggac-centre').exitOverride().configureOutput({ outputError: () => undefined });
    addIntel(program);
    await program.parseAsync(['intel', ...words], { from: 'user' });
    return { ...said, status: Number(process.exitCode) };
  } finally {
    process.exitCode = before;
    out.mockRestore();
    err.mockRestore();
  }
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('vonggac-centre intel import', () => {
  it('prints one JSON object and nothing else for programs', async () => {
    const centre = newCentre();
    const { out, err, status } = await run(
      'import',
      listIn('192.0.2.1\nevil.example.com\nnonsense\n', 'my list.txt'),
      '--centre',
      centre,
      '--json',
    );
    const report = JSON.parse(out);
    expect({ err, status }).toEqual({ err: '', status: 0 });
    expect(report).toMatchObject({ source: 'my-list', format: 'plain-list', kept: true, refused: 1, refusedByReason: { 'no-value': 1 } });
    expect(report.counts).toEqual({
      ...{ address: 1, cidr: 0, address_port: 0, domain: 1, url: 0, ja3: 0, ja4: 0, cert_sha1: 0, cert_sha256: 0, user_agent: 0, allow: 0 },
    });
    expect(report.seconds).toBeGreaterThan(0);
    expect(readFileSync(report.refusedFile, 'utf8')).toBe('#where\treason\tentry\n3\tno-value\tnonsense\n');
  });

  it.each([
    ['en', /domain +1\n.*not taken +1\n +1 {2}no value of any known form\n.*to look at: /s],
    ['vi', /tên miền +1\n.*không nhận +1\n +1 {2}không phải giá trị thuộc dạng nào đã biết\n.*xem tại: /s],
  ])('says in %s what was taken and what was not, and why', async (lang, words) => {
    const { out, status } = await run('import', listIn('evil.example.com\nnonsense\n'), '--centre', newCentre(), '--lang', lang);
    expect(out).toMatch(words);
    expect(status).toBe(0);
  });

  it('takes away the file of what was not understood once all of it is', async () => {
    const centre = newCentre();
    const { out } = await run('import', listIn('nonsense\n'), '--source', 's', '--centre', centre, '--json');
    const { refusedFile } = JSON.parse(out);
    expect(existsSync(refusedFile)).toBe(true);
    await run('import', listIn('evil.example.com\n'), '--source', 's', '--centre', centre, '--json');
    expect(existsSync(refusedFile)).toBe(false);
  });

  it('ends with 1 where a source was to be replaced by nothing', async () => {
    const centre = newCentre();
    await run('import', listIn('evil.example.com\n'), '--source', 's', '--centre', centre);
    const { out, status } = await run('import', listIn('# none\n'), '--source', 's', '--centre', centre, '--lang', 'en');
    expect(status).toBe(1);
    expect(out).toContain('left as it was');
  });

  it('looks without a centre on a dry run, and asks for one otherwise', async () => {
    vi.stubEnv('VONGGAC_CENTRE', undefined);
    const path = listIn('evil.example.com\n');
    const { out } = await run('import', path, '--dry-run', '--json');
    expect(JSON.parse(out)).toMatchObject({ kept: false, refusedFile: null, counts: { domain: 1 } });
    await expect(run('import', path)).rejects.toThrow(/no centre/);
    await expect(run('import', path, '--dry-run', '--centre', join(folder, 'nowhere'))).rejects.toThrow(/no centre/);
  });

  it.each([
    ['a list that is not there', ['import', '/nowhere/list.txt'], /does not exist/],
    ['an unknown format', ['import', 'x', '--as', 'xml'], /Allowed choices/],
    ['a confidence that is none', ['import', 'x', '--confidence', '101'], /from 0 to 100/],
    ['a name that is none', ['import', 'x', '--source', '../x'], /--source/],
    ['a key that is not there', ['import', 'x', '--key-file', '/nowhere/key'], /cannot be read/],
    ['a mapping that is none', ['import', 'x', '--map', 'nonsense'], /--map/],
  ])('refuses %s', async (_, words, message) => {
    await expect(run(...words, '--centre', newCentre())).rejects.toThrow(message);
  });
});

describe('vonggac-centre intel sources, show, forget', () => {
  it('say what is known, from whom and since when', async () => {
    const centre = newCentre();
    await run(
      'import',
      listIn('value,family,confidence,valid_until\nevil.example.com,Fam\u001b[2J,60,2020-01-01\n'),
      '--source',
      's',
      '--tlp',
      'amber',
      '--centre',
      centre,
    );
    const sources = await run('sources', '--centre', centre, '--lang', 'en');
    expect(sources.out).toMatch(/^s {2}csv {2}imported \d{4}-.*\n.*\n {2}domain 1\n$/);
    expect(JSON.parse((await run('sources', '--centre', centre, '--json')).out).sources).toMatchObject([
      { source: 's', counts: { domain: 1 } },
    ]);
    const shown = await run('show', 'www.evil.example.com', '--centre', centre, '--lang', 'en');
    expect(shown.out).toMatch(
      /^evil\.example\.com {2}\[domain\]\n {2}s, Fam.*confidence 60, TLP:AMBER\n.*valid until 2020-01-01 00:00, expired\n$/,
    );
    expect(shown.out).not.toContain('\u001b');
    const programs = JSON.parse((await run('show', 'evil.example.com', '--centre', centre, '--json')).out);
    expect(programs.entries[0].provenances[0]).toMatchObject({
      source: 's',
      confidence: 60,
      tlp: 'amber',
      validUntil: '2020-01-01T00:00:00.000Z',
    });
    expect(await run('show', 'other.example.com', '--centre', centre, '--lang', 'en')).toMatchObject({
      out: 'other.example.com is in no list\n',
      status: 1,
    });
    expect(JSON.parse((await run('forget', 's', 'evil.example.com', '--centre', centre, '--json')).out)).toEqual({
      source: 's',
      value: 'evil.example.com',
      values: 1,
    });
    await run('forget', 's', '--centre', centre);
    expect((await run('sources', '--centre', centre, '--lang', 'en')).out).toContain('nothing was imported yet');
  });

  it('leave the disk alone where they only look', async () => {
    const centre = newCentre();
    mkdirSync(join(centre, 'other'));
    await run('sources', '--centre', centre);
    await run('show', 'evil.example.com', '--centre', centre);
    expect(existsSync(join(centre, 'intel'))).toBe(false);
  });
});
