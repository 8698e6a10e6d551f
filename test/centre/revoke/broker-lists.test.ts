import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Authority } from '../../../centre/authority/authority.ts';
import { readKeyFile } from '../../../centre/authority/key-file.ts';
import { readRevocationList } from '../../../centre/authority/revocation-list.ts';
import type { CentreFolder } from '../../../centre/centre-folder.ts';
import { makeCentre } from '../../../centre/init/init.ts';
import { openRegisterFile } from '../../../centre/register/register-file.ts';
import { writeBoxesList, writeBoxesRights } from '../../../centre/revoke/broker-lists.ts';
import { revokedInRegister, revokeInRegister } from '../../../centre/revoke/revoked.ts';

describe('the broker’s lists of the revoked', () => {
  let root: string;
  let folder: CentreFolder;
  let authority: Authority;
  let register: DatabaseSync;
  let other: DatabaseSync;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'vonggac-bl-'));
    const flags = { host: ['127.0.0.1'], user: userInfo().username, passphrase: false, lang: 'en' } as const;
    folder = (await makeCentre(join(root, 'centre'), { ...flags, host: ['127.0.0.1'] })).folder;
    authority = Authority.open(readFileSync(folder.file('boxesAuthority'), 'utf8'), readKeyFile(folder.file('boxesKey'), undefined));
    register = openRegisterFile(folder.file('register'));
    other = openRegisterFile(folder.file('register'));
    for (let number = 10; number < 40; number++) enrolled(`hx-${number}`);
  });

  afterEach(() => {
    register.close();
    other.close();
    rmSync(root, { recursive: true, force: true });
  });

  function enrolled(box: string): void {
    register.prepare('insert into box (box, agency, created_ms) values (?, ?, 0)').run(box, 'x');
    issued(box, `4${Buffer.from(box).toString('hex')}0`);
  }
  function issued(box: string, serial: string): void {
    const insert = `insert into certificate (serial, box, pem, public_key, source, not_before_ms, not_after_ms, issued_ms) values (?, ?, '', '', 'claim', 0, 0, 0)`;
    register.prepare(insert).run(serial, box);
  }
  const listed = async () => {
    const pem = readFileSync(join(folder.file('broker'), 'boxes.crl'), 'utf8');
    return (await readRevocationList(pem, authority.certificatePem))?.revoked.map(({ serial }) => serial).toSorted();
  };
  const wanted = () =>
    revokedInRegister(register)
      .certificates.map(({ serial }) => serial)
      .toSorted();
  const denied = () => readFileSync(join(folder.file('broker'), 'boxes.acl'), 'utf8').match(/(?<=^user ).*$/gm) ?? [];

  it('hold whoever was revoked meanwhile by another process', async () => {
    revokeInRegister(register, 'hx-10', 'lost');
    const list = writeBoxesList(folder, register, authority);
    const rights = writeBoxesRights(folder, register);
    // Both have read the register by now, and wait for the disk or for the signature.
    revokeInRegister(other, 'hx-11', 'lost');
    await Promise.all([list, rights]);
    expect(await listed()).toEqual(wanted());
    expect(wanted()).toHaveLength(2);
    expect(denied()).toEqual(['hx-10', 'hx-11']);
  });

  it('are whole and complete when many write them at once', async () => {
    const boxes = revokedBoxes();
    await Promise.all(
      boxes.map(async (box, index) => {
        const mine = index % 2 === 0 ? register : other;
        revokeInRegister(mine, box, 'lost');
        await writeBoxesList(folder, mine, authority);
      }),
    );
    expect(await listed()).toEqual(wanted());
    expect(wanted()).toHaveLength(boxes.length);
  });
  const revokedBoxes = () => Array.from({ length: 20 }, (_, index) => `hx-${10 + index}`);

  it('hold a certificate that a revoked box was given at the last moment', async () => {
    revokeInRegister(register, 'hx-10', 'lost');
    issued('hx-10', '4aaaaa');
    await writeBoxesList(folder, register, authority);
    expect(await listed()).toContain('4aaaaa');
  });
});
