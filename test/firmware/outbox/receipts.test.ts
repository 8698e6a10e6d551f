import { describe, expect, it } from 'vitest';
import type { OutboxMessage, OutboxReader } from '../../../firmware/outbox/outbox.ts';
import { Receipts } from '../../../firmware/outbox/receipts.ts';

function readerOf(...ids: string[]): OutboxReader & { removed: number[] } {
  const messages = ids.map((id, index): OutboxMessage => ({ outbox: 'o', seq: index + 1, kind: 'alert', id, body: '{}' }));
  const removed: number[] = [];
  return {
    removed,
    cursor: () => ({ next: async (max) => messages.splice(0, max) }),
    remove: async (keys) => void removed.push(...keys.map(({ seq }) => seq)),
    refuse: async () => undefined,
    measure: async () => ({
      depth: 0,
      bytes: 0,
      byKind: { alert: 0, loss: 0, presence: 0, health: 0, evidence: 0 },
      oldestMs: undefined,
      dropped: 0,
    }),
  };
}

describe('receipts', () => {
  it('tell once when the message of an id was acknowledged, and of no other', async () => {
    const reader = readerOf('a', 'help', 'b');
    const receipts = new Receipts(reader);
    let told = 0;
    receipts.expect('help', () => told++);
    expect(await receipts.cursor().next(10)).toHaveLength(3);
    await receipts.remove([
      { outbox: 'o', seq: 1 },
      { outbox: 'other', seq: 2 },
    ]);
    expect(told).toBe(0);
    await receipts.remove([{ outbox: 'o', seq: 2 }]);
    await receipts.remove([{ outbox: 'o', seq: 2 }]);
    expect(told).toBe(1);
    expect(reader.removed).toEqual([1, 2, 2, 2]);
  });

  it('keep no more than a few in mind: the oldest is forgotten', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `id-${index}`);
    const receipts = new Receipts(readerOf(...ids));
    const told: string[] = [];
    for (const id of ids) receipts.expect(id, () => told.push(id));
    await receipts.cursor().next(100);
    await receipts.remove(ids.map((_, index) => ({ outbox: 'o', seq: index + 1 })));
    expect(told).toEqual(ids.slice(-16));
  });
});
