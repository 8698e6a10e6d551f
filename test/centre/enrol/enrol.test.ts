import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrolBoxes } from '../../../centre/enrol/enrol.ts';
import { makeCentre } from '../../../centre/init/init.ts';
import { boxIds, findBox } from '../../../centre/register/boxes.ts';
import { openRegisterFile } from '../../../centre/register/register-file.ts';
import { boxIdPattern } from '../../../firmware/contract/topics.ts';
import { claimFileAt, runCommand } from '../registrar/registrar-process.ts';

let folder: string;
let centre: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vonggac-enrol-'));
  centre = join(folder, 'centre');
  await makeCentre(centre, { host: ['centre.example'], passphrase: false, lang: 'en' });
}, 20_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const flags = (changes: object) => ({ days: 14, lang: 'en' as const, centre, ...changes });

function inRegister<T>(look: (register: ReturnType<typeof openRegisterFile>) => T): T {
  const register = openRegisterFile(join(centre, 'register.db'));
  try {
    return look(register);
  } finally {
    register.close();
  }
}

function csv(text: string, name = 'boxes.csv'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('vonggac-centre enrol', () => {
  it('registers a box under a name that people can read, and writes a claim file that only its owner can', async () => {
    const contact = ['Lý Văn Tài;cán bộ CNTT;0912345678;tai@langson.example', 'Nông Thị Hoa'];
    const [made] = await enrolBoxes(flags({ agency: 'UBND huyện Cao Lộc', tag: ['huyen', 'pilot'], contact }));
    expect(made?.path).toBe(join(centre, 'claims', 'ubnd-huyen-cao-loc-1', 'vonggac-claim.json'));
    expect(statSync(made?.path ?? '').mode & 0o777).toBe(0o600);
    const claim = claimFileAt(made?.path ?? '');
    expect(claim).toMatchObject({
      ...{ box: 'ubnd-huyen-cao-loc-1', agency: 'UBND huyện Cao Lộc', broker: 'mqtts://centre.example:8883' },
      contacts: [{ name: 'Lý Văn Tài', role: 'cán bộ CNTT', phone: '0912345678', email: 'tai@langson.example' }, { name: 'Nông Thị Hoa' }],
      claimBroker: 'mqtts://centre.example:8885',
      director: ['director.pub', 'spare.pub'].map((name) => readFileSync(join(centre, 'director', name), 'utf8')),
    });
    expect(Date.parse(claim.expires)).toBeGreaterThan(Date.now() + 13.9 * 86_400_000);
    expect(inRegister((register) => findBox(register, claim.box)?.tags)).toEqual(['huyen', 'pilot']);
    const [second] = await enrolBoxes(flags({ agency: 'UBND huyện Cao Lộc' }));
    expect(second?.box.box).toBe('ubnd-huyen-cao-loc-2');
  });

  it('enrols 250 boxes of a list with Vietnamese names within a second', async () => {
    const rows = Array.from(
      { length: 250 },
      (_, index) => `"Ủy ban nhân dân xã Đồng Bục ${index % 40}","xa, dot-${index % 3}","Hoàng Văn Đ;;09${index}"`,
    );
    const list = csv(`\ufeffAgency,Tags,Contacts\r\n${rows.join('\r\n')}\r\n\r\n`);
    const out = join(folder, 'many');
    const startMs = performance.now();
    const made = await enrolBoxes(flags({ csv: list, out }));
    const tookMs = performance.now() - startMs;
    expect(made).toHaveLength(250);
    expect(new Set(made.map(({ box }) => box.box)).size).toBe(250);
    expect(made.every(({ box }) => boxIdPattern.test(box.box))).toBe(true);
    expect(made[0]?.box.box).toBe('ubnd-xa-dong-buc-0-1');
    expect(readdirSync(out)).toHaveLength(250);
    process.stdout.write(`250 boxes enrolled in ${Math.round(tookMs)} ms\n`);
    // A second on an idle machine.
    expect(tookMs).toBeLessThan(4_000);
  }, 20_000);

  it('takes lists as spreadsheets write them: semicolons between cells, contacts in quotes, ids given', async () => {
    const list = csv('agency;id;contacts\n"Sở ""A""; Lạng Sơn";so-a-ls;"Tài;CNTT;0912|Hoa"\n');
    const [made] = await enrolBoxes(flags({ csv: list }));
    expect(made?.box).toMatchObject({
      box: 'so-a-ls',
      agency: 'Sở "A"; Lạng Sơn',
      contacts: [{ name: 'Tài', role: 'CNTT', phone: '0912' }, { name: 'Hoa' }],
    });
  });

  it('enrols all of a list or nobody, and tells every fault with its line', async () => {
    await enrolBoxes(flags({ agency: 'Sở có rồi', id: 'taken-id' }));
    const before = inRegister(boxIds);
    const out = join(folder, 'none');
    const list = csv(
      [
        'agency,id,tags,contacts',
        'Sở B,so-b,,',
        ',so-c,,',
        'Sở D,Bad Id,,',
        'Sở E,so-b,UPPER,',
        'Sở F,,,;role only',
        'Sở G,,a,b,c',
        '"multi',
        'line",x,,',
      ].join('\n'),
    );
    const end = await runCommand('enrol', '--csv', list, '--centre', centre, '--out', out);
    expect(end.status).toBe(2);
    const lines = [...end.err.matchAll(/boxes\.csv:(\d+): (.*)/g)].map(([, line, text]) => `${line} ${text}`);
    expect(lines).toEqual([
      '3 the agency has no name',
      '4 "Bad Id" is no id of a box: 4 to 32 of a-z, 0-9 and -',
      '5 "UPPER" is no tag: up to 32 of a-z, 0-9 and -',
      '5 "so-b" stands in line 2 already',
      '6 ";role only" is no contact: name;role;phone;email, with | between two of them',
      '7 has more cells than the header; put quotes around a cell with a comma',
      '9 "x" is no id of a box: 4 to 32 of a-z, 0-9 and -',
    ]);
    expect(end.err).toContain('so nobody was enrolled');
    const known = csv('agency,id\nSở X,new-one\nSở Y,taken-id\n', 'known.csv');
    const again = await runCommand('enrol', '--csv', known, '--centre', centre, '--out', out);
    expect(again.err).toContain('known.csv:3: there is a box taken-id already');
    expect(inRegister(boxIds)).toEqual(before);
    expect(existsSync(out)).toBe(false);
  }, 20_000);

  it.each([
    ['not UTF-8', Buffer.from([0x61, 0x67, 0x0a, 0xff, 0xfe]), /1: is not UTF-8/],
    ['empty', Buffer.from(''), /1: is empty/],
    ['of another kind', Buffer.from('name,where\na,b\n'), /1: the header names no column "agency"/],
    ['without a box', Buffer.from('agency,id\n'), /has a header and no boxes/],
    ['with quotes that do not end', Buffer.from('agency,id\n"a,b\n'), /is not proper CSV/],
  ])('says what is wrong with a list that is %s', async (_what, bytes, fault) => {
    const path = join(folder, 'wrong.csv');
    writeFileSync(path, bytes);
    const end = await runCommand('enrol', '--csv', path, '--centre', centre);
    expect(end.status).toBe(2);
    expect(end.err).toMatch(fault);
  });

  it('leaves no box in the register where the claim files cannot be written', async () => {
    const before = inRegister(boxIds);
    const out = join(folder, 'in-the-way');
    mkdirSync(out);
    writeFileSync(join(out, 'so-z-1'), 'a file');
    await expect(enrolBoxes(flags({ agency: 'Sở Z', out }))).rejects.toThrow(/nobody was enrolled/);
    expect(inRegister(boxIds)).toEqual(before);
  });

  it('makes a new claim for a known box, which ends those before it, and brings a revoked one back', async () => {
    const [first] = await enrolBoxes(flags({ agency: 'Sở Lại' }));
    inRegister((register) => register.prepare("update box set revoked_ms = 1, revoke_reason = 'lost' where box = 'so-lai-1'").run());
    const [again] = await enrolBoxes(flags({ again: 'so-lai-1', out: join(folder, 'again') }));
    expect(claimFileAt(again?.path ?? '').claim).not.toBe(first?.claim.claim);
    const expires = inRegister((register) =>
      register.prepare('select expires_ms from claim where claim = ?').get(first?.claim.claim ?? ''),
    );
    expect(Number(expires?.expires_ms)).toBeLessThanOrEqual(Date.now());
    expect(inRegister((register) => findBox(register, 'so-lai-1')?.revokedMs)).toBeUndefined();
    await expect(enrolBoxes(flags({ again: 'no-such-box' }))).rejects.toThrow(/there is no box no-such-box/);
  });

  it('says what to do next, in the language of the reader, and the same as JSON', async () => {
    const vi = await runCommand('enrol', '--agency', 'Sở Tiếp', '--centre', centre, '--lang', 'vi');
    expect(vi.out).toContain('so-tiep-1  Sở Tiếp');
    expect(vi.out).toContain('/boot/firmware');
    const json = await runCommand('enrol', '--agency', 'Sở Tiếp', '--centre', centre, '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      box: 'so-tiep-2',
      agency: 'Sở Tiếp',
      file: expect.stringContaining('vonggac-claim.json'),
    });
    expect(json.out).not.toContain('code');
    for (const words of [
      [],
      ['--agency', 'a', '--csv', 'b'],
      ['--again', 'x', '--tag', 'y'],
      ['--agency', ' '],
      ['--agency', 'a', '--contact', ';x'],
    ])
      expect((await runCommand('enrol', ...words, '--centre', centre)).status).toBe(2);
  }, 20_000);
});

describe('vonggac-centre tag', () => {
  it('gives and takes tags, all of the changes or none', async () => {
    await enrolBoxes(flags({ agency: 'Sở Nhãn', id: 'box-with-tags', tag: ['old'] }));
    const tag = (...changes: string[]) => runCommand('tag', 'box-with-tags', ...changes, '--centre', centre, '--json');
    expect(JSON.parse((await tag('+new', '-old', '+more')).out)).toEqual({ box: 'box-with-tags', tags: ['more', 'new'] });
    expect(await tag('+x', '-none')).toMatchObject({ status: 2, err: expect.stringContaining('has no tag none') });
    expect(await tag('new')).toMatchObject({ status: 2, err: expect.stringContaining('"new" is no change of a tag') });
    expect(JSON.parse((await tag()).out).tags).toEqual(['more', 'new']);
  }, 20_000);
});
