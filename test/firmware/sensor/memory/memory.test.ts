import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { retroMatch } from '../../../../firmware/retro-match.ts';
import { NetworkSet } from '../../../../firmware/sensor/bytes/network.ts';
import type { Finding } from '../../../../firmware/sensor/detect/finding.ts';
import { Memory, openMemory } from '../../../../firmware/sensor/memory/memory.ts';
import { memoryOptions } from '../../../../firmware/sensor/memory/options.ts';
import { SeenStore } from '../../../../firmware/sensor/memory/store.ts';
import { Connection } from '../../../../firmware/sensor/observe/event.ts';
import { HostTable } from '../../../../firmware/sensor/observe/host-table.ts';
import { setOf } from '../intel/lists.ts';
import { ask, batchOf, day, folderFor, options } from './seen.ts';

const newFolder = folderFor();
const nowMicros = Date.UTC(2026, 0, 20) * 1000;

/** A flow of 10.0.0.5 to 203.0.113.9, told to the recorder of a memory. */
function meet(memory: Memory, tsMicros = nowMicros): void {
  const recorder = memory.recorder(new NetworkSet(['10.0.0.0/8']), new HostTable(100));
  const connection = new Connection();
  const ends = {
    flow: 1,
    clientC: 0xffff,
    clientD: (10 << 24) | 5,
    serverC: 0xffff,
    serverD: (203 << 24) | (113 << 8) | 9,
    serverPort: 443,
    protocol: 6,
  };
  Object.assign(connection, ends);
  recorder.tick(tsMicros, () => undefined);
  recorder.observe({ kind: 'flow', phase: 'start', connection, tsMicros }, () => undefined);
}

const open = (folder: string) => new Memory({ folder, options: memoryOptions.parse({}) });

describe('the memory of a sensor', () => {
  it('writes what it has at its end, and another process is answered', async () => {
    const folder = join(newFolder(), 'seen');
    const memory = open(folder);
    meet(memory);
    await memory.close(20_000);
    expect(memory.state).toMatchObject({ days: 1, lost: 0, newest: '2026-01-20' });
    const result = await retroMatch({ folder, values: ['203.0.113.9:443', 'no.example'], days: 30, nowMs: nowMicros / 1000 });
    expect(result).toMatchObject({ days: 1, seen: 1 });
    expect(result.values.map(({ state }) => state)).toEqual(['seen', 'not-seen']);
  });

  it('searches the past once for a set, the last minutes included, and remembers that across restarts', async () => {
    const folder = newFolder();
    new SeenStore(folder, options).append(batchOf(day, { what: 'evil.example' }));
    const set = setOf('evil.example', '203.0.113.9');
    const raised: Finding[] = [];
    const search = { indicators: set, raise: (finding: Finding) => raised.push(finding), nowMicros };
    const memory = open(folder);
    meet(memory);
    expect(await memory.search(search)).toEqual({ raised: 2, known: 0, omitted: 0 });
    expect(raised.map(({ match }) => match.value).sort()).toEqual(['203.0.113.9', 'evil.example']);
    expect(await memory.search(search)).toBeUndefined();
    await memory.close(20_000);
    const later = open(folder);
    expect(await later.search(search)).toBeUndefined();
    expect(await later.search({ ...search, indicators: setOf('evil.example', 'x.example') })).toEqual({ raised: 0, known: 1, omitted: 0 });
    await later.close(20_000);
  });

  it('that is switched off removes what was kept', () => {
    const folder = newFolder();
    new SeenStore(folder, options).append(batchOf(day, { what: 'evil.example' }));
    writeFileSync(join(folder, 'told.json'), '{}');
    expect(openMemory({ folder, options: memoryOptions.parse({ enabled: false }) })).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says what is wrong with its folder, counts what is lost, and writes once that is mended', async () => {
    const parent = newFolder();
    const folder = join(parent, 'seen');
    writeFileSync(folder, 'a file in its way');
    const memory = open(folder);
    meet(memory);
    await expect(memory.search({ indicators: setOf('x.example'), raise: () => undefined, nowMicros })).rejects.toThrow();
    expect(memory.state).toMatchObject({ days: 0, lost: 1, fault: expect.stringContaining('seen') });
    await memory.close(20_000);
  });

  it('of a folder that nobody may read is told in words', async () => {
    if (process.getuid?.() === 0) return;
    const folder = join(newFolder(), 'seen');
    mkdirSync(folder);
    chmodSync(folder, 0);
    await expect(retroMatch({ folder, values: ['x.example'], days: 30, nowMs: nowMicros / 1000 })).rejects.toThrow('EACCES');
  });
});

describe('a sensor that is killed', () => {
  it('at any moment loses what it wrote last at most, and nothing that is older', { timeout: 60_000 }, async () => {
    const folder = newFolder();
    new SeenStore(folder, options).append(batchOf(day - 1, { what: 'old.example' }));
    const program = fileURLToPath(new URL('./box-program.ts', import.meta.url));
    let bytesBefore = new SeenStore(folder, options).state.bytes;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      const told: number[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { writtenBytes } = JSON.parse(line) as { writtenBytes: number };
        if (writtenBytes > 0) told.push(writtenBytes);
        if (told.length > round * 7) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const { state } = new SeenStore(folder, options);
      expect(state).toMatchObject({ days: 2, damaged: 0 });
      expect(state.bytes).toBeGreaterThanOrEqual(bytesBefore + told.at(-1)!);
      bytesBefore = state.bytes;
      const { values } = await ask(folder, 'old.example', '203.0.0.9');
      expect(values.map(({ state: found }) => found)).toEqual(['seen', 'seen']);
    }
    expect(existsSync(join(folder, '2026-01-19.damaged'))).toBe(false);
  });
});
