import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrolledBoxes } from '../../../centre/boxes/enrolment-step.ts';
import { enrolmentTable } from '../../../centre/boxes/enrolment-table.ts';
import { enrolBoxes } from '../../../centre/enrol/enrol.ts';
import { makeCentre } from '../../../centre/init/init.ts';
import { insertCertificate } from '../../../centre/register/certificates.ts';
import { openRegisterFile, recordEvent } from '../../../centre/register/register-file.ts';
import { runCommand } from '../registrar/registrar-process.ts';

const dayMs = 86_400_000;
let folder: string;
let centre: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vonggac-steps-'));
  centre = join(folder, 'centre');
  await makeCentre(centre, { host: ['centre.example'], passphrase: false, lang: 'en' });
  for (const id of ['written', 'expired', 'claimed', 'in-service', 'revoked'])
    await enrolBoxes({ agency: `UBND ${id}`, id, tag: ['all'], days: 14, lang: 'en', centre });
  const nowMs = Date.now();
  const register = openRegisterFile(join(centre, 'register.db'));
  register.prepare("update claim set expires_ms = 1, refused = 2 where box = 'expired'").run();
  register.prepare("update box set revoked_ms = ?, revoke_reason = 'stolen' where box = 'revoked'").run(nowMs);
  const issued = { pem: 'x', source: 'claim', notBeforeMs: nowMs, notAfterMs: nowMs + 400 * dayMs } as const;
  for (const box of ['claimed', 'in-service', 'revoked'])
    insertCertificate(register, { ...issued, serial: `serial of ${box}`, publicKey: box, box }, nowMs);
  recordEvent(register, 'first-seen', 'in-service', 'x', nowMs);
  const ts = new Date(nowMs).toISOString();
  const config = { schema: 'config-reported/1', box: 'in-service', ts, seq: 3, state: 'applied', running: { seq: 3 } };
  const running = { channel: 'main', version: 12, sha256: 'a'.repeat(64) };
  const intelligence = { schema: 'intel-reported/1', box: 'in-service', ts, state: 'armed', running };
  register.prepare('insert into config_reported values (?, ?, ?)').run('in-service', JSON.stringify(config), nowMs);
  register.prepare('insert into intel_reported values (?, ?, ?)').run('in-service', JSON.stringify(intelligence), nowMs);
  register
    .prepare("insert into config (box, seq, hash, desired, envelope, created_ms) values ('in-service', 4, 'h', '{}', '{}', ?)")
    .run(nowMs);
  register.close();
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the steps of a box', () => {
  it('are told from claim file to service, those on their way first', () => {
    const register = openRegisterFile(join(centre, 'register.db'));
    const boxes = enrolledBoxes(register, Date.now());
    register.close();
    expect(boxes.map(({ box, step }) => [box.box, step])).toEqual([
      ['claimed', 'claimed'],
      ['expired', 'claim-expired'],
      ['in-service', 'seen'],
      ['revoked', 'revoked'],
      ['written', 'claim-written'],
    ]);
    const lines = enrolmentTable(boxes, 'en', Date.now()).split('\n');
    expect(lines.map((line) => line.split(/\s/, 1)[0])).toEqual(['BOX', 'expired', 'written', 'claimed', 'revoked', 'in-service']);
    expect(lines[1]).toContain('CLAIM EXPIRED (2 refused)');
    expect(lines.at(-1)).toMatch(
      /in service\s+\d\d\/\d\d\/\d{4}\s+\d\d\/\d\d\/\d{4}\s+3 applied, ordered 4\s+main\/12 armed\s+all\s+UBND in-service$/,
    );
    const late = enrolmentTable(boxes, 'vi', Date.now() + 350 * dayMs);
    expect(late).toContain('sắp hết hạn');
    expect(late).toContain('ĐÃ THU HỒI');
  });

  it('come with vonggac-centre boxes, as a table and as JSON, also where no store is named', async () => {
    const table = await runCommand('boxes', '--centre', centre, '--lang', 'vi');
    expect(table).toMatchObject({ status: 0, err: '' });
    expect(table.out).toContain('chờ thiết bị');
    const json = await runCommand('boxes', '--centre', centre, '--json');
    const boxes = json.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(boxes.find(({ box }) => box === 'in-service')).toMatchObject({
      ...{ agency: 'UBND in-service', state: 'unknown', openAlerts: 0 },
      enrolment: {
        step: 'seen',
        tags: ['all'],
        orderedSeq: 4,
        config: { seq: 3 },
        intelligence: { state: 'armed' },
        firstSeen: expect.any(String),
      },
    });
    expect(boxes.find(({ box }) => box === 'revoked').enrolment).toMatchObject({ step: 'revoked', revokeReason: 'stolen' });
    expect(json.out).not.toContain('"code"');
    const nowhere = await runCommand('boxes', '--centre', join(folder, 'nowhere'));
    expect(nowhere).toMatchObject({ status: 2, err: expect.stringContaining('there is no centre in') });
  }, 20_000);
});
