import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newKeyPair } from '../../../centre/authority/authority.ts';
import { readKeyFile, writeKeyFile } from '../../../centre/authority/key-file.ts';
import { type CentreFolder, centreFolderAt, centreSchema } from '../../../centre/centre-folder.ts';
import { askPassphrase, passphraseOf, type Terminal } from '../../../centre/command/passphrase.ts';
import { askTwice, NewPassphrase } from '../../../centre/init/new-passphrase.ts';

/** What it shows, and a way to type. */
function terminal(): Terminal & { shown: () => string; type: (text: string) => void } {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let shown = '';
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString('utf8');
  });
  return { input, output, shown: () => shown, type: (text) => input.write(text) };
}

describe('the passphrase of the centre’s keys', () => {
  let root: string;
  let folder: CentreFolder;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'vonggac-pp-'));
    folder = centreFolderAt(root, centreSchema.parse({ schema: 'centre/1', name: 'x', host: 'localhost' }));
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const file = (name: string, text: string) => {
    writeFileSync(join(root, name), text);
    return join(root, name);
  };
  const seal = (passphrase: string | undefined) => writeKeyFile(folder.file('boxesKey'), newKeyPair().privateKey, passphrase);

  it('is the first line of the file named, else of that of the environment, else of that in the folder', async () => {
    const named = file('named', 'the named one\r\nmore\n');
    const environment = { VONGGAC_PASSPHRASE_FILE: file('environment', 'of the environment') };
    file('passphrase', 'the kept one\n');
    expect(await passphraseOf(folder, { passphraseFile: named }, environment)).toBe('the named one');
    expect(await passphraseOf(folder, {}, environment)).toBe('of the environment');
    expect(await passphraseOf(folder, {}, { VONGGAC_PASSPHRASE_FILE: '' })).toBe('the kept one');
  });

  it('is not asked for where the keys lie open or are away, and missed in one line where it is needed', async () => {
    expect(await passphraseOf(folder, {}, {})).toBeUndefined();
    seal(undefined);
    expect(await passphraseOf(folder, {}, {})).toBeUndefined();
    seal('a passphrase of some length');
    await expect(passphraseOf(folder, {}, {})).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/--passphrase-file/),
    });
  });

  it('is refused where its file is away, a folder, or empty', async () => {
    mkdirSync(join(root, 'folder'));
    for (const passphraseFile of [join(root, 'none'), join(root, 'folder'), file('empty', ''), file('blank', '\nsecond line')])
      await expect(passphraseOf(folder, { passphraseFile }, {})).rejects.toMatchObject({ name: 'UserError' });
  });

  it('is typed without being shown, with what was typed wrongly taken back', async () => {
    const screen = terminal();
    const typed = askPassphrase('Passphrase: ', screen);
    screen.type('mật khẩu sai');
    screen.type('\u0015');
    screen.type('mật khẩx\u007fu đúng\r');
    expect(await typed).toBe('mật khẩu đúng');
    expect(screen.shown()).toBe('Passphrase: \n');
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('is not given by %s', async (_name, key) => {
    const screen = terminal();
    const typed = askPassphrase('Passphrase: ', screen);
    screen.type(`half${key}`);
    if (key === '\u0004') screen.type(`\u0015${key}`);
    await expect(typed).rejects.toMatchObject({ name: 'UserError' });
    expect(screen.shown()).not.toContain('half');
  });

  it('is typed twice when it is new, and is long enough', async () => {
    const answer = async (...lines: string[]) => {
      const screen = terminal();
      const asked = askTwice(screen);
      asked.catch(() => undefined);
      for (const line of lines) {
        screen.type(`${line}\r`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return asked;
    };
    expect(await answer('một câu dài đủ để nhớ', 'một câu dài đủ để nhớ')).toBe('một câu dài đủ để nhớ');
    await expect(answer('một câu dài đủ để nhớ', 'một câu khác hẳn')).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/differ/),
    });
    await expect(answer('ngắn')).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(/12 characters/) });
  });

  it('is made where nobody can be asked, kept in the folder, and the same for the next run', async () => {
    const first = new NewPassphrase(folder, {});
    const made = (await first.get()) ?? '';
    expect(made).toMatch(/^([a-km-z2-9]{4}-){7}[a-km-z2-9]{4}$/);
    expect(first.isMade).toBe(true);
    const next = new NewPassphrase(folder, {});
    expect([await next.get(), next.isMade]).toEqual([made, false]);
    seal(made);
    expect(readKeyFile(folder.file('boxesKey'), await passphraseOf(folder, {}, {})).type).toBe('private');
  });

  it('is the same for all keys: another one than that of the first is refused', async () => {
    seal('the passphrase of the first key');
    const named = (text: string) => new NewPassphrase(folder, { passphraseFile: file('named', text) });
    await expect(named('another one, mistyped').get()).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/does not open/),
    });
    expect(await named('the passphrase of the first key').get()).toBe('the passphrase of the first key');
  });

  it('is none where the person wants the keys to lie open', async () => {
    expect(await new NewPassphrase(folder, { passphrase: false }).get()).toBeUndefined();
  });
});
