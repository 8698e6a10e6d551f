/** The record for the agency: bounded, readable after any death of the process, and of orders nothing is driven out by what is sent. */
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { changesBetween } from '../../../../firmware/agent/config/changes.ts';
import { Ledger, type LedgerParts } from '../../../../firmware/agent/ledger/ledger.ts';
import type { LedgerLine } from '../../../../firmware/agent/ledger/ledger-entry.ts';
import { readLedger } from '../../../../firmware/agent/ledger/ledger-reader.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-ledger-'));
  folders.push(folder);
  return folder;
}

function ledgerIn(folder: string, parts: Partial<LedgerParts> = {}): Ledger {
  return new Ledger({ folder: join(folder, 'ledger'), onProblem: (text) => expect.fail(text), ...parts });
}

const read = (folder: string, query = {}): Promise<LedgerLine[]> => readLedger(join(folder, 'ledger'), query);
const alert = (id: string) => ({ kind: 'alert', topic: 'vonggac/1/up/box-0001/alert', bytes: 900, id });
const order = (seq: number) => ({ kind: 'order', order: 'configuration', outcome: 'applied', seq }) as const;

describe('the ledger', () => {
  it('gives back what was recorded, in order, with the time', async () => {
    const folder = newFolder();
    let nowMs = Date.parse('2027-02-06T00:00:00Z');
    const ledger = ledgerIn(folder, { nowMs: () => nowMs++ });
    ledger.start();
    ledger.sent({ ...alert('a-1'), summary: 'c2.domain evil.example' });
    ledger.record(order(3));
    ledger.record({ kind: 'connection', broker: 'mqtts://centre:8883', since: '2027-02-06T00:00:00Z' });
    ledger.record({ kind: 'fetched', what: 'release 7', from: 'https://centre:8443', bytes: 100_000 });
    await ledger.stop();
    const lines = await read(folder);
    expect(lines.map(({ kind }) => kind)).toEqual(['sent', 'order', 'connection', 'fetched']);
    expect(lines[0]).toMatchObject({ ts: '2027-02-06T00:00:00.001Z', message: 'alert', id: 'a-1', bytes: 900 });
    expect(statSync(join(folder, 'ledger', 'orders-000001.jsonl')).mode & 0o777).toBe(0o640);
  });

  it('counts health, and counts what comes in a flood, so that every message is told of', async () => {
    const folder = newFolder();
    const ledger = ledgerIn(folder);
    for (let i = 0; i < 1_000; i++) ledger.sent({ kind: 'health', topic: 't', bytes: 10 });
    for (let i = 0; i < 1_000; i++) ledger.sent(alert(`a-${i}`));
    await ledger.stop();
    const lines = await read(folder);
    const health = lines.filter((line) => line.kind === 'sent-summary' && line.message === 'health');
    expect(health).toMatchObject([{ count: 1_000, bytes: 10_000 }]);
    const single = lines.filter((line) => line.kind === 'sent').length;
    const counted = lines.flatMap((line) => (line.kind === 'sent-summary' && line.message === 'alert' ? [line.count] : []));
    expect(single + (counted[0] ?? 0)).toBe(1_000);
    expect(single).toBeLessThan(200);
  });

  it('keeps within its size, lets the oldest go, and never an order for what was sent', async () => {
    const folder = newFolder();
    const limits = { fileBytesMax: 10_000, filesMax: { orders: 2, sent: 3 }, gatherMs: 0 };
    const ledger = ledgerIn(folder, { limits });
    ledger.record(order(1));
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 50; i++) ledger.record({ kind: 'sent', message: 'alert', topic: 't', bytes: 1, id: `${round}-${i}` });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await ledger.stop();
    const sizes = readdirSync(join(folder, 'ledger')).map((name) => statSync(join(folder, 'ledger', name)).size);
    expect(sizes.length).toBeLessThanOrEqual(5);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(10_000);
    const lines = await read(folder);
    expect(lines[0]).toMatchObject({ kind: 'order', seq: 1 });
    expect(lines.at(-1)).toMatchObject({ id: '39-49' });
  });

  it('goes on in a line of its own after half a line, and leaves that out', async () => {
    const folder = newFolder();
    const first = ledgerIn(folder);
    first.record(order(1));
    await first.stop();
    const file = join(folder, 'ledger', 'orders-000001.jsonl');
    appendFileSync(file, '{"ts":"2027-02-06T00:00:00.000Z","kind":"ord');
    const second = ledgerIn(folder);
    second.record(order(2));
    await second.stop();
    expect((await read(folder)).map((line) => line.kind === 'order' && line.seq)).toEqual([1, 2]);
    writeFileSync(file, Buffer.alloc(5_000, 0xff));
    expect(await read(folder)).toEqual([]);
  });

  it('cuts what is too long and never throws', async () => {
    const folder = newFolder();
    const ledger = ledgerIn(folder);
    ledger.record({ ...order(1), reason: 'x'.repeat(100_000) });
    await ledger.stop();
    const [line] = await read(folder);
    expect(line?.kind === 'order' && line.reason?.length).toBe(1_000);
  });

  it('keeps what waits while the disk takes nothing, in bounds, and tells how much was lost', async () => {
    const folder = newFolder();
    const problems: string[] = [];
    writeFileSync(join(folder, 'ledger'), 'in the way');
    const ledger = ledgerIn(folder, { onProblem: (text) => problems.push(text), limits: { gatherMs: 1, synchroniseMs: 5 } });
    ledger.start();
    for (let seq = 1; seq <= 3_000; seq++) ledger.record(order(seq));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(problems).toHaveLength(1);
    rmSync(join(folder, 'ledger'));
    await expect.poll(async () => (await read(folder)).length, { timeout: 5_000 }).toBe(2_001);
    expect((await read(folder)).at(-1)).toMatchObject({ kind: 'lost', count: 1_000 });
    await ledger.stop();
  });

  it('reads the last lines, and those since a time', async () => {
    const folder = newFolder();
    let nowMs = 0;
    const ledger = ledgerIn(folder, { nowMs: () => (nowMs += 1_000), limits: { fileBytesMax: 2_000 } });
    for (let seq = 1; seq <= 50; seq++) ledger.record(order(seq));
    await ledger.stop();
    const seqs = (lines: readonly LedgerLine[]) => lines.map((line) => line.kind === 'order' && line.seq);
    expect(seqs(await read(folder, { linesMax: 3 }))).toEqual([48, 49, 50]);
    const all = await read(folder);
    expect(seqs(await read(folder, { sinceMs: Date.parse(all.at(-2)?.ts ?? '') }))).toEqual([49, 50]);
    expect(await readLedger(join(folder, 'nowhere'), {})).toEqual([]);
    chmodSync(folder, 0o700);
  });
});

it('has every line that was gathered when it was killed', { timeout: 30_000 }, async () => {
  const folder = newFolder();
  const program = fileURLToPath(new URL('ledger-child.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told: number[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told = [...told, ...text.trim().split('\n').map(Number)];
    if (told.length > 100) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  const numbers = (await readLedger(folder, {})).map((line) =>
    Number(/line (\d+)/.exec((line.kind === 'identity' && line.detail) || '')?.[1]),
  );
  expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  // Two gatherings may have been on their way.
  expect(numbers.length).toBeGreaterThan((told.at(-1) ?? 0) * 0.8);
  expect(readFileSync(join(folder, 'orders-000001.jsonl')).length).toBeGreaterThan(0);
});

describe('changes of settings', () => {
  it('are told path by path, those of lists by their elements', () => {
    const from = { hostsMax: 1, panel: { brightnessPercent: 50 }, homeNetworks: ['a', 'b'], lang: 'vi' };
    const to = { hostsMax: 2, panel: { brightnessPercent: 50 }, homeNetworks: ['b', 'c'], advice: { vi: 'gọi' } };
    expect(changesBetween(from, to)).toEqual({
      leftOut: 0,
      changes: [
        { path: 'hostsMax', from: '1', to: '2' },
        { path: 'homeNetworks', from: '"a"' },
        { path: 'homeNetworks', to: '"c"' },
        { path: 'lang', from: '"vi"' },
        { path: 'advice.vi', to: '"gọi"' },
      ],
    });
  });

  it('are bounded in number and length', () => {
    const { changes, leftOut } = changesBetween({}, { indicators: Array.from({ length: 1_000 }, (_, at) => `${at}${'x'.repeat(1_000)}`) });
    expect(changes).toHaveLength(100);
    expect(leftOut).toBe(900);
    expect(JSON.stringify(changes).length).toBeLessThan(30_000);
  });
});
