import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parts, pictures } from '../../enclosure/parts.ts';
import { missingTools } from './openscad-checks.ts';
import { missingPaperTools } from './printed-words.ts';

const here = (path: string) => fileURLToPath(new URL(`../../enclosure/${path}`, import.meta.url));
/** One small part, on a machine under load. */
const buildMsMax = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'vonggac-build-'));

function build(args: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
  return spawnSync(process.execPath, [here('build.ts'), ...args], { encoding: 'utf8', env: environment, timeout: buildMsMax });
}

describe('npm run enclosure', { timeout: 2 * buildMsMax }, () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('refuses a part or an option that there is not, and names those that there are', () => {
    for (const args of [['--part', 'roof'], ['--roof']]) {
      const { status, stderr } = build([...args, '--out', folder]);
      expect(status).toBe(2);
      expect(stderr).toContain('roof');
      expect(stderr).toContain(parts.map(({ name }) => name).join(' '));
    }
  });

  it.skipIf(missingTools.length > 0)('makes one part where one is named, and nothing else', () => {
    const out = join(folder, 'one');
    expect(build(['--part', 'lamp-bar', '--out', out])).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(out)).toEqual(['lamp-bar.stl']);
  });

  it.skipIf(missingPaperTools.length > 0)('makes label and card with the contacts of the file', () => {
    const out = join(folder, 'paper');
    const contacts = JSON.parse(readFileSync(here('contacts.example.json'), 'utf8')) as object;
    const file = join(folder, 'contacts.json');
    writeFileSync(file, JSON.stringify({ ...contacts, agency: 'UBND xã Thử Nghiệm' }));
    expect(build(['--paper', '--contacts', file, '--out', out])).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(out).sort()).toEqual(['card.pdf', 'card.svg', 'label.pdf', 'label.svg']);
    expect(readFileSync(join(out, 'label.svg'), 'utf8')).toContain('UBND xã Thử Nghiệm');
    expect(readFileSync(join(out, 'card.pdf'), 'latin1')).toMatch(/^%PDF-/);
  });

  it('says in one line what is wrong with the contacts', () => {
    const file = join(folder, 'bad.json');
    writeFileSync(file, '{"agency": 1}');
    const { status, stderr } = build(['--paper', '--contacts', file, '--out', folder]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^.*bad\.json: .*\n$/);
  });

  it('says which package brings a program that is missing', () => {
    const nothing = { PATH: join(folder, 'nowhere') };
    expect(build(['--paper', '--out', folder], nothing)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('apt install librsvg2-bin'),
    });
    expect(build(['--stl', '--out', folder], nothing)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('apt install openscad'),
    });
  });
});

describe('the guides', () => {
  it.each(['README.md', 'README.vi.md'])('%s shows only pictures that are there, and no link of it is dead', (name) => {
    const links = [...readFileSync(here(name), 'utf8').matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(8);
    expect(links.filter((link) => !existsSync(here(link)))).toEqual([]);
  });

  it('have every picture in a small file', () => {
    for (const { name } of pictures) expect(statSync(here(`pictures/${name}.png`)).size).toBeLessThan(100_000);
    expect(readdirSync(here('pictures')).sort()).toEqual(pictures.map(({ name }) => `${name}.png`).sort());
  });
});
