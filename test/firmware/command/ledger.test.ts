/** `vonggac ledger`: what the agency reads. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ledger } from '../../../firmware/agent/ledger/ledger.ts';
import type { LedgerLine } from '../../../firmware/agent/ledger/ledger-entry.ts';
import { describeLine, gathered } from '../../../firmware/agent/ledger/ledger-words.ts';
import { ledger as ledgerCommand } from '../../../firmware/command/ledger.ts';
import { scratch } from './command-line.ts';

const files = scratch();
const ts = '2027-02-06T01:02:03.000Z';
const order = { ts, kind: 'order', order: 'configuration', seq: 7, signer: 'ab'.repeat(32), author: 'an', comment: 'Tết' } as const;

describe('a line of the ledger in words', () => {
  const cases: [LedgerLine, string, string][] = [
    [
      { ts, kind: 'sent', message: 'alert', topic: 't', bytes: 1_234, id: 'a-1' },
      '06/02/2027 08:02:03  Đã gửi: cảnh báo, a-1, 1.234 byte',
      '06/02/2027 08:02:03  Sent: alert, a-1, 1,234 bytes',
    ],
    [
      { ...order, outcome: 'accepted', changes: [{ path: 'hostsMax', from: '1', to: '2' }], changesLeftOut: 3 },
      '06/02/2027 08:02:03  Lệnh cấu hình 7: đã nhận, chữ ký đúng (người ra lệnh an; khóa ký abababababababab; “Tết”)\n      đổi hostsMax: 1 → 2\n      + 3 thay đổi khác',
      '06/02/2027 08:02:03  Order of configuration 7: accepted, the signature is right (by an; signed with key abababababababab; “Tết”)\n      changed hostsMax: 1 → 2\n      + 3 more changes',
    ],
    [
      { ts, kind: 'order', order: 'command', outcome: 'refused', command: 'identify', reason: 'unsigned: is not signed', times: 12 },
      '06/02/2027 08:02:03  Lệnh identify: BỊ TỪ CHỐI (không có chữ ký của người được phép; số lần: 12); lý do: unsigned: is not signed',
      '06/02/2027 08:02:03  Command identify: REFUSED (nobody who may has signed it; times: 12); reason: unsigned: is not signed',
    ],
    [
      { ts, kind: 'lost', count: 5 },
      '06/02/2027 08:02:03  Số dòng không ghi được vào sổ: 5',
      '06/02/2027 08:02:03  Lines that could not be written to the ledger: 5',
    ],
  ];
  it.each(cases)('%j', (line, vi, en) => {
    expect(describeLine(line, 'vi')).toBe(vi);
    expect(describeLine(line, 'en')).toBe(en);
  });

  it('cannot steer a terminal', () => {
    const line: LedgerLine = { ...order, outcome: 'rejected', author: '\u001b[2Jx', reason: 'a\u202eb\nc', comment: '\r' };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(describeLine(line, 'en')).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('that only counts is one with those before it', () => {
    const summary = (message: string, count: number, since: string, until: string): LedgerLine => ({
      ...{ ts: until, kind: 'sent-summary', message, count, bytes: count * 10, since, until },
    });
    const [t0, t1, t2] = ['2027-02-06T00:00:00Z', '2027-02-06T00:10:00Z', '2027-02-06T00:20:00Z'] as const;
    const lines = [
      summary('health', 20, t0, t1),
      summary('alert', 1, t0, t1),
      summary('health', 21, t1, t2),
      { ...order, outcome: 'applied' } as const,
    ];
    expect(gathered([...lines, summary('health', 1, t1, t2)])).toMatchObject([
      { message: 'health', count: 41, bytes: 410, since: t0, until: t2 },
      { message: 'alert', count: 1 },
      { kind: 'order' },
      { message: 'health', count: 1 },
    ]);
  });
});

describe('vonggac ledger', () => {
  const written: string[] = [];
  const write = process.stdout.write;
  let config: string;
  beforeAll(async () => {
    const state = files.path('state');
    config = files.write('box.json', JSON.stringify({ outbox: { folder: state } }));
    const ledger = new Ledger({ folder: join(state, 'ledger'), onProblem: (text) => expect.fail(text) });
    for (let seq = 1; seq <= 80; seq++) ledger.record({ kind: 'order', order: 'configuration', outcome: 'applied', seq });
    await ledger.stop();
  });
  afterAll(() => {
    process.stdout.write = write;
  });

  async function outputOf(options: Parameters<typeof ledgerCommand>[0]): Promise<string[]> {
    written.length = 0;
    process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    try {
      await ledgerCommand(options);
    } finally {
      process.stdout.write = write;
    }
    return written.join('').trimEnd().split('\n');
  }

  it('shows the last fifty lines, as many as are asked for, or all since a time', async () => {
    const last = await outputOf({ config, lang: 'vi' });
    expect(last).toHaveLength(50);
    expect(last.at(-1)).toMatch(/Lệnh cấu hình 80: đã áp dụng/);
    expect(await outputOf({ config, lines: 3 })).toHaveLength(3);
    expect(await outputOf({ config, lines: 0 })).toHaveLength(80);
    expect(await outputOf({ config, since: '1h' })).toHaveLength(80);
  });

  it('gives the lines as they are kept with --json', async () => {
    const [line] = await outputOf({ config, json: true, lines: 1 });
    expect(JSON.parse(line ?? '')).toMatchObject({ kind: 'order', seq: 80, ts: expect.any(String) });
  });

  it('says in one line what is wrong, and what to do', async () => {
    await expect(outputOf({ config, since: 'yesterday' })).rejects.toThrow(/--since yesterday: give a time/);
    const other = files.write('other.json', JSON.stringify({ outbox: { folder: files.path('elsewhere') } }));
    await expect(outputOf({ config: other })).rejects.toThrow(/cannot read the ledger in .*elsewhere.*: there is none/);
  });
});
