import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKeyPair } from '../../../centre/authority/authority.ts';
import { isSealed, readKeyFile, writeKeyFile } from '../../../centre/authority/key-file.ts';
import { draftOf } from '../../../centre/authority/whole-file.ts';

const passphrase = 'Tiếng Việt có dấu 2027';

describe('the file of a private key', () => {
  let folder: string;
  let sealed: string;
  let open: string;
  const key = generateKeyPairSync('ed25519').privateKey;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vonggac-kf-'));
    sealed = join(folder, 'a', 'sealed.key');
    open = join(folder, 'open.key');
    writeKeyFile(sealed, key, passphrase);
    writeKeyFile(open, key, undefined);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const same = (one: KeyObject, other: KeyObject) =>
    one.export({ type: 'pkcs8', format: 'pem' }) === other.export({ type: 'pkcs8', format: 'pem' });
  const fault = (path: string, given: string | undefined) => {
    try {
      return readKeyFile(path, given);
    } catch (error) {
      return error;
    }
  };
  function changed(change: (text: string) => string, source = sealed): string {
    const path = join(folder, 'changed.key');
    writeFileSync(path, change(readFileSync(source, 'utf8')));
    return path;
  }

  it('gives back the key under its passphrase, however its letters were composed', () => {
    expect(same(readKeyFile(sealed, passphrase.normalize('NFD')), key)).toBe(true);
    expect(isSealed(sealed)).toBe(true);
    expect(readFileSync(sealed, 'utf8')).not.toContain('PRIVATE KEY-');
  });

  it('is for its owner alone, leaves no draft, and replaces what was open to all', () => {
    expect([statSync(sealed).mode & 0o777, statSync(open).mode & 0o777, statSync(join(folder, 'a')).mode & 0o777]).toEqual([
      0o600, 0o600, 0o700,
    ]);
    expect(readdirSync(join(folder, 'a'))).toEqual(['sealed.key']);
    const path = join(folder, 'former.key');
    writeFileSync(path, 'former', { mode: 0o644 });
    chmodSync(path, 0o644);
    // A draft that a killed run left.
    writeFileSync(draftOf(path), 'half', { mode: 0o644 });
    const { privateKey } = newKeyPair();
    writeKeyFile(path, privateKey, undefined);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(same(readKeyFile(path, 'not looked at'), privateKey)).toBe(true);
  });

  it('never holds the same twice, though key and passphrase are the same', () => {
    const again = join(folder, 'again.key');
    writeKeyFile(again, key, passphrase);
    const [one, two] = [sealed, again].map((path) => JSON.parse(readFileSync(path, 'utf8')));
    for (const part of [(file: typeof one) => file.kdf.salt, (file: typeof one) => file.cipher.nonce, (file: typeof one) => file.data])
      expect(part(one)).not.toBe(part(two));
  });

  it('says what is wrong in one line, and what to do', () => {
    expect(fault(sealed, 'another one')).toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/does not open with this passphrase/),
    });
    expect(fault(sealed, undefined)).toMatchObject({ name: 'UserError', message: expect.stringMatching(/sealed.*--passphrase-file/) });
    expect(fault(join(folder, 'none.key'), undefined)).toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/bring the medium/),
    });
    expect(fault(join(open, 'below.key'), undefined)).toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/bring the medium/),
    });
    mkdirSync(join(folder, 'folder.key'));
    expect(fault(join(folder, 'folder.key'), undefined)).toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/cannot be read/),
    });
  });

  it('is refused when it was cut short at any byte', () => {
    for (const source of [sealed, open]) {
      const text = readFileSync(source, 'utf8').trimEnd();
      for (let length = 0; length < text.length; length++)
        expect([
          length,
          fault(
            changed((whole) => whole.slice(0, length), source),
            passphrase,
          ),
        ]).toEqual([length, expect.objectContaining({ name: 'UserError' })]);
    }
  });

  it.each([
    ['n', '"n": 131072', '"n": 65536'],
    ['r', '"r": 8', '"r": 4'],
    ['p', '"p": 1', '"p": 2'],
    ['salt', /"salt": "(.)/, '"salt": "'],
    ['nonce', /"nonce": "(.)/, '"nonce": "'],
    ['tag', /"tag": "(.)/, '"tag": "'],
    ['sealed key', /"data": "(.)/, '"data": "'],
  ])('is refused when its %s was changed', (_what, from, to) => {
    const other = (letter: unknown) => (typeof letter === 'string' ? (letter === 'A' ? 'B' : 'A') : '');
    const path = changed((text) => text.replace(from, (_found, letter: unknown) => `${to}${other(letter)}`));
    expect(readFileSync(path, 'utf8')).not.toBe(readFileSync(sealed, 'utf8'));
    expect(fault(path, passphrase)).toMatchObject({ name: 'UserError', message: expect.stringMatching(/changed/) });
  });

  it.each([
    ['a cost that would take all memory', '"n": 131072', '"n": 1073741824'],
    ['a cost that is no power of two', '"n": 131072', '"n": 131071'],
    ['no cost', '"n": 131072', '"n": 0'],
    ['a shorter tag', /"tag": "...../, '"tag": "'],
    ['another cipher', 'aes-256-gcm', 'aes-128-cbc'],
    ['a field more', '"kdf"', '"more": 1, "kdf"'],
  ])('is refused at once with %s', (_what, from, to) => {
    const startMs = performance.now();
    expect(
      fault(
        changed((text) => text.replace(from, to)),
        passphrase,
      ),
    ).toMatchObject({ name: 'UserError', message: expect.stringMatching(/no whole private key/) });
    expect(performance.now() - startMs).toBeLessThan(200);
  });

  it('is refused when it is something else', () => {
    for (const text of ['', '\n', 'noise', '{}', '[]', '{"schema":"sealed-key/1"}', '{'.repeat(5_000), 'x'.repeat(100_000)])
      expect(
        fault(
          changed(() => text),
          passphrase,
        ),
      ).toMatchObject({ name: 'UserError' });
  });
});
