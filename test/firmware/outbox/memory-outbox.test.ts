import { describe, expect, it } from 'vitest';
import { MemoryOutbox } from '../../../firmware/outbox/memory-outbox.ts';

const body = (seq: number) => JSON.stringify({ seq });

describe('the outbox in memory', () => {
  it('numbers messages without gaps and tells each its number', () => {
    const outbox = new MemoryOutbox();
    const numbers = [outbox.append('alert', body), outbox.append('health', body), outbox.append('alert', body)];
    expect(numbers).toEqual([1, 2, 3]);
    expect(outbox.peek(10).map((message) => message.body)).toEqual([body(1), body(3), body(2)]);
  });

  it('gives alerts first, then presence, health and evidence, each oldest first', () => {
    const outbox = new MemoryOutbox();
    outbox.append('evidence', body);
    outbox.append('health', body);
    outbox.append('presence', body);
    outbox.append('alert', body, 'a');
    outbox.append('alert', body, 'b');
    expect(outbox.peek(10).map(({ kind, id }) => id ?? kind)).toEqual(['a', 'b', 'presence', 'health', 'evidence']);
    expect(outbox.peek(2).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('keeps a message until it is removed, and forgets it then', () => {
    const outbox = new MemoryOutbox();
    const seq = outbox.append('alert', body);
    expect(outbox.peek(1)).toHaveLength(1);
    expect(outbox.peek(1)).toHaveLength(1);
    outbox.remove([seq, 99]);
    outbox.remove([seq]);
    expect(outbox.depth).toBe(0);
    expect(outbox.bytes).toBe(0);
    expect(outbox.dropped).toBe(0);
  });

  it('drops evidence first, then the oldest health, then presence, and alerts last, and counts each', () => {
    const outbox = new MemoryOutbox({ messagesMax: 5 });
    outbox.append('evidence', body);
    outbox.append('health', body);
    outbox.append('health', body);
    outbox.append('presence', body);
    outbox.append('alert', body);
    const kinds = () => outbox.peek(10).map(({ kind, seq }) => `${kind} ${seq}`);
    outbox.append('alert', body);
    expect(kinds()).toEqual(['alert 5', 'alert 6', 'presence 4', 'health 2', 'health 3']);
    outbox.append('alert', body);
    expect(kinds()).toEqual(['alert 5', 'alert 6', 'alert 7', 'presence 4', 'health 3']);
    for (let n = 0; n < 4; n++) outbox.append('alert', body);
    expect(kinds()).toEqual(['alert 7', 'alert 8', 'alert 9', 'alert 10', 'alert 11']);
    expect(outbox.droppedByKind).toEqual({ evidence: 1, health: 2, presence: 1, alert: 2 });
    expect(outbox.dropped).toBe(6);
    expect(outbox.depth).toBe(5);
  });

  it('is bounded in bytes too', () => {
    const outbox = new MemoryOutbox({ bytesMax: 1_000 });
    for (let n = 0; n < 100; n++) outbox.append('alert', () => 'x'.repeat(100));
    expect(outbox.depth).toBe(10);
    expect(outbox.bytes).toBe(1_000);
    expect(outbox.dropped).toBe(90);
  });

  it('does not empty itself for one message that is too large by itself', () => {
    const outbox = new MemoryOutbox({ bytesMax: 1_000 });
    outbox.append('alert', () => 'x'.repeat(100));
    outbox.append('alert', () => 'x'.repeat(2_000));
    expect(outbox.depth).toBe(1);
    expect(outbox.dropped).toBe(1);
  });

  it('knows how long the oldest message has waited', () => {
    let nowMs = 1_000;
    const outbox = new MemoryOutbox({}, () => nowMs);
    expect(outbox.oldestMs).toBeUndefined();
    const first = outbox.append('health', body);
    nowMs = 5_000;
    outbox.append('alert', body);
    expect(outbox.oldestMs).toBe(1_000);
    outbox.remove([first]);
    expect(outbox.oldestMs).toBe(5_000);
  });
});
