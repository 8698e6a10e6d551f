import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeBlock, readBlocks } from '../../../../firmware/sensor/memory/block.ts';
import { dayFile } from '../../../../firmware/sensor/memory/day-files.ts';
import { forgetAll, SeenStore } from '../../../../firmware/sensor/memory/store.ts';
import { ask, batchOf, day, folderFor, hostsOf, options, type Seen } from './seen.ts';

const newFolder = folderFor();

const many = (number: number, prefix = 'n'): Seen[] =>
  Array.from({ length: number }, (_, index) => ({ host: `10.0.0.${1 + (index % 200)}`, what: `${prefix}${index}.example`, first: index }));

describe('the folder of the memory', () => {
  it('is for the two users of the box alone', () => {
    const folder = join(newFolder(), 'seen');
    new SeenStore(folder, options).append(batchOf(day, { what: 'a.example' }));
    expect(statSync(folder).mode & 0o777).toBe(0o750);
    expect(statSync(dayFile(folder, day).path).mode & 0o777).toBe(0o640);
  });

  it('sums a machine and a value up over the writings of a day, also in one block', async () => {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    store.append(batchOf(day, { what: 'a.example', far: '203.0.113.1:443', first: 100, times: 2 }, { what: 'b.example' }));
    store.append(batchOf(day, { what: 'a.example', far: '203.0.113.2:443', first: 90, last: 900, times: 3 }));
    const before = await ask(folder, 'a.example', 'b.example', '203.0.113.1');
    store.append(batchOf(day + 1, { what: 'c.example' }));
    const after = await ask(folder, 'a.example', 'b.example', '203.0.113.1');
    expect(readBlocks(readFileSync(dayFile(folder, day).path)).blocks).toHaveLength(1);
    expect(before.values[0]?.hosts?.[0]).toMatchObject({
      first: '2026-01-19T00:01:30.000000Z',
      last: '2026-01-19T00:15:00.000000Z',
      count: 5,
      days: 1,
      remote: '203.0.113.2:443',
    });
    expect(after.values).toEqual(before.values);
  });

  it('counts the days on which a machine met a value', async () => {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    for (const later of [0, 1, 4]) store.append(batchOf(day + later, { what: 'a.example', times: 2 }));
    const { values, days } = await ask(folder, 'a.example');
    expect(values[0]?.hosts?.[0]).toMatchObject({
      days: 3,
      count: 6,
      first: '2026-01-19T01:00:00.000000Z',
      last: '2026-01-23T01:00:00.000000Z',
    });
    expect(days).toBe(3);
  });

  it('keeps machines apart that had one address with two hardware addresses', async () => {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    store.append(batchOf(day, { what: 'a.example', mac: '02:00:00:00:00:01' }));
    store.append(batchOf(day, { what: 'a.example', mac: '02:00:00:00:00:02' }));
    store.append(batchOf(day + 1, { what: 'x.example' }));
    const { values } = await ask(folder, 'a.example');
    expect(values[0]?.hosts?.map(({ mac }) => mac).sort()).toEqual(['02:00:00:00:00:01', '02:00:00:00:00:02']);
  });

  it('goes on where another process left off', async () => {
    const folder = newFolder();
    new SeenStore(folder, options).append(batchOf(day, { what: 'a.example' }));
    const store = new SeenStore(folder, options);
    store.append(batchOf(day, { what: 'b.example' }));
    expect(await hostsOf(folder, 'a.example')).toEqual(['10.0.0.5']);
    expect(await hostsOf(folder, 'b.example')).toEqual(['10.0.0.5']);
    expect(store.state).toMatchObject({ days: 1, damaged: 0 });
  });

  it('removes all that was kept, and nothing else, where it is switched off', () => {
    const folder = newFolder();
    new SeenStore(folder, options).append(batchOf(day, { what: 'a.example' }));
    writeFileSync(join(folder, 'other.txt'), 'of somebody else');
    forgetAll(folder);
    expect(readdirSync(folder)).toEqual(['other.txt']);
  });
});

describe('a sudden end', () => {
  it('at any byte of a writing loses that writing at most', async () => {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    store.append(batchOf(day - 1, ...many(20)));
    store.append(batchOf(day, ...many(30)));
    const { path } = dayFile(folder, day);
    const before = statSync(path).size;
    store.append(batchOf(day, { what: 'late.example' }));
    const whole = readFileSync(path);
    for (let length = before; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const opened = new SeenStore(folder, options);
      expect(opened.state).toMatchObject({ days: 2, damaged: 0 });
      expect(statSync(path).size).toBe(before);
    }
    expect(await hostsOf(folder, 'n29.example')).toHaveLength(1);
    expect(await hostsOf(folder, 'late.example')).toEqual([]);
  });

  it('that leaves zeros in place of a writing loses that writing at most', async () => {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    store.append(batchOf(day, ...many(30)));
    const { path } = dayFile(folder, day);
    const before = statSync(path).size;
    truncateSync(path, before + 4096);
    expect((await ask(folder, 'n3.example')).damaged).toEqual([]);
    const opened = new SeenStore(folder, options);
    opened.append(batchOf(day, { what: 'late.example' }));
    expect(await hostsOf(folder, 'late.example')).toHaveLength(1);
    expect(opened.state.damaged).toBe(0);
  });

  it('while a day is made one block leaves the day as it was', async () => {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    store.append(batchOf(day, ...many(10)));
    store.append(batchOf(day, ...many(10, 'm')));
    writeFileSync(join(folder, '2026-01-19.tmp'), 'half of it');
    new SeenStore(folder, options);
    expect(existsSync(join(folder, '2026-01-19.tmp'))).toBe(false);
    expect(await hostsOf(folder, 'm3.example')).toHaveLength(1);
  });

  it('in the first writing of a folder leaves nothing that would be called damage', () => {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    store.append(batchOf(day, ...many(10)));
    truncateSync(dayFile(folder, day).path, 60);
    expect(new SeenStore(folder, options).state).toMatchObject({ days: 0, damaged: 0 });
  });
});

describe('a damaged day', () => {
  function damagedFolder(change: (bytes: Buffer) => void): string {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    store.append(batchOf(day, ...many(50)));
    store.append(batchOf(day, ...many(50, 'm')));
    store.append(batchOf(day + 1, ...many(50, 'k')));
    store.append(batchOf(day + 1, { what: 'today.example' }));
    const { path } = dayFile(folder, day);
    const bytes = readFileSync(path);
    change(bytes);
    writeFileSync(path, bytes);
    return folder;
  }

  it('is told and counted, and the others still answer', async () => {
    for (const at of [0, 10, 60, 200]) {
      const folder = damagedFolder((bytes) => {
        bytes[at]! ^= 0x40;
      });
      const answered = await ask(folder, 'k7.example', 'today.example', 'n7.example');
      expect(answered.damaged).toEqual(['2026-01-19']);
      expect(answered.values.map(({ state }) => state)).toEqual(['seen', 'seen', 'not-seen']);
      const store = new SeenStore(folder, options);
      expect(store.state).toMatchObject({ damaged: 1, days: 1 });
      expect(readdirSync(folder)).toContain('2026-01-19.damaged');
      expect((await ask(folder, 'k7.example')).damaged).toEqual([]);
    }
  });

  it('keeps the writings of it that are whole', async () => {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    for (const prefix of ['a', 'b', 'c']) store.append(batchOf(day, ...many(50, prefix)));
    const { path } = dayFile(folder, day);
    const { blocks } = readBlocks(readFileSync(path));
    const bytes = readFileSync(path);
    bytes[blocks[0]!.header.bytes + 100]! ^= 1;
    writeFileSync(path, bytes);
    expect(new SeenStore(folder, options).state).toMatchObject({ days: 1, damaged: 1 });
    expect(await hostsOf(folder, 'a7.example')).toHaveLength(1);
    expect(await hostsOf(folder, 'b7.example')).toHaveLength(0);
    expect(await hostsOf(folder, 'c7.example')).toHaveLength(1);
  });

  it('of any content never throws', async () => {
    const folder = newFolder();
    new SeenStore(folder, options).append(batchOf(day, ...many(50)));
    const whole = readFileSync(dayFile(folder, day).path);
    let state = 7;
    for (let turn = 0; turn < 150; turn++) {
      const bytes = Buffer.from(whole);
      for (let flip = 0; flip <= turn % 5; flip++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        bytes[state % bytes.length]! ^= 1 << (turn % 8);
      }
      writeFileSync(dayFile(folder, day).path, bytes);
      await ask(folder, 'n7.example', '203.0.113.9');
    }
    expect(new SeenStore(folder, options).state.days).toBeLessThanOrEqual(1);
  });
});

describe('the room of the memory', () => {
  /** Names that hardly get smaller. */
  const noise = (of: number, count = 1000): Seen[] =>
    Array.from({ length: count }, (_, index) => ({
      host: `10.0.${index % 7}.9`,
      what: `${createHash('sha256').update(`${of} ${index}`).digest('hex').slice(0, 30)}.example`,
    }));

  it('is kept by giving up the oldest days first, which is counted', () => {
    const folder = newFolder();
    const size = encodeBlock(batchOf(day, ...noise(0)), 1, 1, false).length;
    const store = new SeenStore(folder, { days: 30, bytesMax: size * 12 });
    for (let later = 0; later < 25; later++) store.append(batchOf(day + later, ...noise(later)));
    const { state } = store;
    expect(state.bytes).toBeLessThanOrEqual(size * 12);
    expect(state.droppedForRoom).toBeGreaterThanOrEqual(13);
    expect(state).toMatchObject({ newest: '2026-02-12', lost: 0, days: 25 - state.droppedForRoom });
    expect(readdirSync(folder).sort().at(-1)).toBe('2026-02-12.seen');
  });

  it('is not filled by one day: what is over its share is refused and counted, and older days stay', () => {
    const folder = newFolder();
    const size = encodeBlock(batchOf(day, ...noise(0)), 1, 1, false).length;
    const store = new SeenStore(folder, { days: 30, bytesMax: size * 50 });
    store.append(batchOf(day, ...many(20)));
    for (let turn = 0; turn < 20; turn++) store.append(batchOf(day + 1, ...noise(turn)));
    expect(store.state).toMatchObject({ days: 2, droppedForRoom: 0, oldest: '2026-01-19' });
    expect(store.state.lost).toBeGreaterThanOrEqual(10_000);
    expect(store.state.bytes).toBeLessThan(size * 7);
  });

  it('half a writing that the disk refused is written over by the next one', async () => {
    const folder = newFolder();
    const store = new SeenStore(folder, options);
    store.append(batchOf(day, { what: 'a.example' }));
    const { path } = dayFile(folder, day);
    // As a writing leaves it that the disk did not take to its end.
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(100, 7)]));
    store.append(batchOf(day, { what: 'b.example' }));
    expect((await ask(folder, 'a.example', 'b.example')).values.map(({ state }) => state)).toEqual(['seen', 'seen']);
    expect(new SeenStore(folder, options).state.damaged).toBe(0);
  });
});
