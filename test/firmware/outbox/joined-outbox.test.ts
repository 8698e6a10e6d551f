import { describe, expect, it } from 'vitest';
import { JoinedOutbox } from '../../../firmware/outbox/joined-outbox.ts';
import { MemoryOutbox } from '../../../firmware/outbox/memory-outbox.ts';
import { alert, evidence, health, namesOf, openOutbox, readAll, temporaryFolder } from './outbox-tools.ts';

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
