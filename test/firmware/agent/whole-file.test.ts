import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../../firmware/agent/whole-file.ts';

describe('a file replaced as a whole', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'whole-file-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has the new content and the mode asked for, and leaves nothing beside it', () => {
    const path = join(folder, 'below', 'state.json');
    replaceFile(path, 'one');
    replaceFile(path, 'two', 0o644);
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(folder, 'below'))).toEqual(['state.json']);
  });

  it('does not mind what a former try left behind', () => {
    const path = join(folder, 'state.json');
    writeFileSync(`${path}.new`, 'half', { mode: 0o444 });
    chmodSync(`${path}.new`, 0o444);
    replaceFile(path, 'whole');
    expect(readFileSync(path, 'utf8')).toBe('whole');
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  it('keeps the old content where the new one cannot be written', () => {
    const path = join(folder, 'state.json');
    replaceFile(path, 'old');
    // A folder in the place of the draft, as good as a disk that refuses.
    const draft = `${path}.new`;
    writeFileSync(join(folder, 'x'), '');
    expect(() => replaceFile(join(folder, 'x', 'y'), 'new')).toThrow();
    expect(existsSync(draft)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});
