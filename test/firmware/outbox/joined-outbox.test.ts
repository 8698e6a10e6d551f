import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { JoinedOutbox } from '../../../firmware/outbox/joined-outbox.ts';
import { MemoryOutbox } from '../../../firmware/outbox/memory-outbox.ts';
import { HangingReader } from '../agent/uplink/hanging-reader.ts';
import { alert, eventually, evidence, health, namesOf, openOutbox, readAll, temporaryFolder } from './outbox-tools.ts';

const origin = { box: 'box-1', boot: 'boot-1' };

async function joined() {
  const disk = openOutbox(temporaryFolder());
  const memory = new MemoryOutbox(origin);
  return { disk, memory, outbox: new JoinedOutbox([disk, memory]) };
}

describe('outboxes joined', () => {
  it('give alerts of either before evidence of either, also what has come since', async () => {
    const { disk, memory, outbox } = await joined();
    disk.append(alert('disk-a'));
    disk.append(evidence(3));
    await disk.flush(5_000);
    memory.take([health('h'), alert('memory-a')]);
    const cursor = outbox.cursor();
    expect(namesOf(await cursor.next(2))).toEqual(['disk-a', 'memory-a']);
    memory.take([alert('memory-b')]);
    expect(namesOf(await cursor.next(1))).toEqual(['memory-b']);
    expect(namesOf(await cursor.next(9))).toEqual(['health', 'evidence']);
    expect(await cursor.next(9)).toEqual([]);
  });

  it('remove and refuse in the outbox that is named, and measure both', async () => {
    const { disk, memory, outbox } = await joined();
    disk.append(alert('disk-a'));
    await disk.flush(5_000);
    memory.take([alert('memory-a'), health('h')]);
    const all = await readAll(outbox);
    expect(all.map(({ seq }) => seq)).toEqual([1, 1, 2]);
    const [ofDisk, ofMemory, ofHealth] = all;
    if (ofDisk === undefined || ofMemory === undefined || ofHealth === undefined) throw new Error('not all read');
    await outbox.remove([ofMemory]);
    expect(namesOf(await readAll(outbox))).toEqual(['disk-a', 'health']);
    await outbox.refuse(ofHealth);
    await outbox.remove([ofDisk]);
    expect(await outbox.measure()).toMatchObject({ depth: 1, byKind: { loss: 1 }, dropped: 1, oldestMs: undefined });
  });
});

describe('an outbox that hangs', () => {
  function hanging() {
    const disk = new HangingReader();
    const memory = new MemoryOutbox(origin);
    return { disk, memory, outbox: new JoinedOutbox([disk, memory]) };
  }

  it('holds up the other for a moment once, then not at all, and is asked one thing only, whatever cursors are opened', async () => {
    const { disk, memory, outbox } = hanging();
    disk.inner.take([alert('disk-a')]);
    disk.freeze();
    memory.take([alert('memory-a'), evidence(3)]);
    const startMs = performance.now();
    const cursor = outbox.cursor();
    expect(namesOf(await cursor.next(9))).toEqual(['memory-a', 'evidence']);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    const againMs = performance.now();
    for (let round = 0; round < 50; round++) {
      memory.take([alert(`memory-${round}`)]);
      expect(namesOf(await cursor.next(9))).toEqual([`memory-${round}`]);
      expect((await outbox.cursor().next(1)).length).toBe(1);
    }
    expect(performance.now() - againMs).toBeLessThan(1_000);
    expect(disk.reads).toBe(1);
  });

  it('loses nothing and gives nothing twice once it answers: alerts of both, then the evidence that came too late', async () => {
    const { disk, memory, outbox } = hanging();
    disk.inner.take([evidence(1), evidence(2), evidence(3)]);
    disk.freeze();
    const cursor = outbox.cursor();
    const stale = outbox.cursor();
    // A read of whatever is first, for the other is empty.
    expect(await cursor.next(3)).toEqual([]);
    expect(await stale.next(3)).toEqual([]);
    disk.inner.take([alert('disk-a')]);
    memory.take([alert('memory-a'), evidence(4)]);
    disk.thaw();
    await eventually(() => disk.pending === 0, 'the late answer');
    disk.inner.take([alert('disk-b')]);
    const first = await cursor.next(4);
    expect(namesOf(first).slice(0, 3).toSorted()).toEqual(['disk-a', 'disk-b', 'memory-a'].toSorted());
    const rest = [...(await cursor.next(1)), ...(await cursor.next(9)), ...(await cursor.next(9))];
    const all = [...first, ...rest].map(({ outbox: id, seq }) => `${id}/${seq}`);
    expect([all.length, new Set(all).size]).toEqual([7, 7]);
  });

  it('keeps nobody from letting go of what the other gave', async () => {
    const { disk, memory, outbox } = hanging();
    memory.take([alert('memory-a'), alert('memory-b')]);
    disk.freeze();
    const [first, second] = await outbox.cursor().next(9);
    if (first === undefined || second === undefined) throw new Error('not read');
    await outbox.remove([first]);
    await outbox.refuse(second);
    expect(await memory.measure()).toMatchObject({ depth: 1, byKind: { alert: 0, loss: 1 } });
    expect(disk.pending).toBe(1);
  });

  it('is not left out of the measure: no number is better than a wrong one', async () => {
    const { disk, outbox } = hanging();
    disk.inner.take([alert('disk-a')]);
    disk.freeze();
    const measure = outbox.measure();
    expect(await Promise.race([measure, sleep(300, 'no answer')])).toBe('no answer');
    disk.thaw();
    expect((await measure).depth).toBe(1);
  });
});
