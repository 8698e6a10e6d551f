import { describe, expect, it } from 'vitest';
import { MemoryOutbox } from '../../../firmware/outbox/memory-outbox.ts';
import { alert, evidence, health, lossesIn, namesOf, presence, readAll } from './outbox-tools.ts';

const origin = { box: 'box-1', boot: 'boot-1' };
const keysOf = (messages: readonly { outbox: string; seq: number }[]) => messages.map(({ outbox, seq }) => ({ outbox, seq }));

describe('the outbox in memory', () => {
  it('gives alerts first, then by kind, none twice, and what has come since at the next call', async () => {
    const outbox = new MemoryOutbox(origin);
    outbox.take([evidence(3), health('h'), presence('p'), alert('a'), alert('b')]);
    const cursor = outbox.cursor();
    expect(namesOf(await cursor.next(2))).toEqual(['a', 'b']);
    expect(namesOf(await cursor.next(9))).toEqual(['presence', 'health', 'evidence']);
    outbox.take([alert('c')]);
    expect(namesOf(await cursor.next(9))).toEqual(['c']);
    expect(await cursor.next(9)).toEqual([]);
    expect(namesOf(await outbox.cursor().next(9))).toEqual(['a', 'b', 'c', 'presence', 'health', 'evidence']);
    expect(await outbox.cursor().next(9, 'health')).toMatchObject([{ kind: 'health' }]);
  });

  it('numbers a message when it is first read, without gaps, and under an id of its own', async () => {
    const outbox = new MemoryOutbox(origin);
    const other = new MemoryOutbox(origin);
    outbox.take([health('h'), alert('a')]);
    const first = await readAll(outbox);
    expect(first.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await readAll(outbox)).toEqual(first);
    expect(first[0]?.outbox).toBe(outbox.outbox);
    expect(other.outbox).not.toBe(outbox.outbox);
  });

  it('keeps a message until it is removed by its own name', async () => {
    const outbox = new MemoryOutbox(origin);
    outbox.take([alert('a'), alert('b')]);
    const [first] = await readAll(outbox);
    if (first === undefined) throw new Error('nothing read');
    await outbox.remove([
      { outbox: 'another', seq: first.seq },
      { outbox: outbox.outbox, seq: 99 },
    ]);
    expect(namesOf(await readAll(outbox))).toEqual(['a', 'b']);
    await outbox.remove([first]);
    await outbox.remove([first]);
    expect(namesOf(await readAll(outbox))).toEqual(['b']);
    expect(await outbox.measure()).toMatchObject({ depth: 1, byKind: { alert: 1 }, dropped: 0 });
  });

  it('writes down what it drops: by number where it had one', async () => {
    const outbox = new MemoryOutbox({ ...origin, options: { memoryMessagesMax: 4 } });
    outbox.take([alert('a'), alert('b')]);
    expect((await readAll(outbox)).map(({ seq }) => seq)).toEqual([1, 2]);
    outbox.take([evidence(3), alert('c'), alert('d'), alert('e')]);
    expect(await outbox.measure()).toMatchObject({ depth: 4 + 2, dropped: 2 });
    const fresh = new MemoryOutbox({ ...origin, options: { memoryMessagesMax: 2 } });
    fresh.take([alert('a'), alert('b')]);
    await readAll(fresh);
    fresh.take([alert('c')]);
    fresh.take([evidence(3)]);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const losses = lossesIn(await readAll(fresh));
    expect(losses).toMatchObject([
      { kind: 'alert', reason: 'memory', count: 1, ranges: [[1, 1]], ofOutbox: fresh.outbox, box: 'box-1', boot: 'boot-1' },
      { kind: 'evidence', reason: 'memory', count: 1, ranges: [] },
    ]);
  });

  it('gives what nobody has read to the disk, oldest first, so that no number is missed', async () => {
    const outbox = new MemoryOutbox(origin);
    outbox.take([alert('a'), evidence(3), alert('b'), health('h')]);
    const read = await outbox.cursor().next(1);
    expect(namesOf(read)).toEqual(['a']);
    expect(outbox.takeAll(1)).toMatchObject([{ kind: 'evidence' }]);
    expect(outbox.takeAll()).toMatchObject([{ id: 'b' }, { kind: 'health' }]);
    expect(outbox.takeAll()).toEqual([]);
    expect(namesOf(await readAll(outbox))).toEqual(['a']);
    expect(outbox.isEmpty).toBe(false);
    await outbox.remove(keysOf(read));
    expect(outbox.isEmpty).toBe(true);
  });

  it('leaves a record of what can never be delivered', async () => {
    const outbox = new MemoryOutbox(origin);
    outbox.take([evidence(3), alert('a')]);
    const [, second] = await readAll(outbox);
    if (second === undefined) throw new Error('nothing read');
    await outbox.refuse(second);
    await outbox.refuse(second);
    expect(await outbox.measure()).toMatchObject({ depth: 2, dropped: 1, byKind: { alert: 1, loss: 1, evidence: 0 } });
  });

  it('says since when the oldest waits', async () => {
    let nowMs = 1_000;
    const outbox = new MemoryOutbox({ ...origin, now: () => nowMs });
    expect((await outbox.measure()).oldestMs).toBeUndefined();
    outbox.take([health('h')]);
    nowMs = 2_000;
    outbox.take([alert('a')]);
    expect((await outbox.measure()).oldestMs).toBe(1_000);
  });
});
