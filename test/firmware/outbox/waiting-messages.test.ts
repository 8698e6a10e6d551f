import { describe, expect, it } from 'vitest';
import type { NewMessage } from '../../../firmware/outbox/outbox.ts';
import { type WaitingMessage, WaitingMessages } from '../../../firmware/outbox/waiting-messages.ts';
import { alert, evidence, health, presence } from './outbox-tools.ts';

const name = ({ message }: WaitingMessage) => message.id ?? message.kind;
const loss: NewMessage = { kind: 'loss', body: '{}' };

function waitingOf(messagesMax: number, bytesMax = 1_000_000) {
  const dropped: string[] = [];
  const waiting = new WaitingMessages({ messagesMax, bytesMax, onDrop: (message, reason) => dropped.push(`${name(message)} ${reason}`) });
  const add = (...messages: NewMessage[]) => {
    for (const message of messages) waiting.add(message, 0);
  };
  return { waiting, dropped, add };
}

describe('messages that wait in memory', () => {
  it('leave in the order in which they came, whatever their kind', () => {
    const { waiting, add } = waitingOf(10);
    add(evidence(1), alert('a'), health('h'), alert('b'));
    expect(waiting.take(3, 1_000_000).map(name)).toEqual(['evidence', 'a', 'health']);
    expect(waiting.take(3, 1_000_000).map(name)).toEqual(['b']);
    expect(waiting.isEmpty).toBe(true);
  });

  it('are dropped at the bound: evidence, health, older revisions, presence, alerts, and loss where nothing else is left', () => {
    const { waiting, dropped, add } = waitingOf(8);
    add(loss, alert('a'), alert('b', 1), presence('p'), alert('b', 2), health('h'), evidence(1), alert('c'));
    for (let index = 0; index < 8; index++) add(loss);
    expect(dropped).toEqual([
      'evidence memory',
      'health memory',
      'b merged',
      'presence memory',
      'a memory',
      'b memory',
      'c memory',
      'loss memory',
    ]);
    expect(waiting.count).toBe(8);
  });

  it('are bounded in bytes, and one that could not stay even alone drives out nothing', () => {
    const { waiting, dropped, add } = waitingOf(100, 1_000);
    add(alert('a', 1, 400), alert('b', 1, 400), evidence(1_001));
    expect(dropped).toEqual(['evidence memory']);
    add(alert('c', 1, 400));
    expect(dropped).toEqual(['evidence memory', 'a memory']);
    expect(waiting.bytes).toBeLessThanOrEqual(1_000);
  });

  it('count while they are out, cannot be dropped then, and go back to where they were', () => {
    const { waiting, dropped, add } = waitingOf(3);
    add(alert('a'), alert('b'), alert('c'));
    const first = waiting.take(1, 1_000_000);
    const second = waiting.take(1, 1_000_000);
    add(alert('d'));
    expect(dropped).toEqual(['c memory']);
    waiting.putBack(second);
    waiting.putBack(first);
    expect(waiting.take(9, 1_000_000).map(name)).toEqual(['a', 'b', 'd']);
  });

  it('free their room when they are settled', () => {
    const { waiting, dropped, add } = waitingOf(2);
    add(alert('a'), alert('b'));
    waiting.settle(waiting.take(2, 1_000_000));
    expect([waiting.count, waiting.bytes]).toEqual([0, 0]);
    add(alert('c'), alert('d'));
    expect(dropped).toEqual([]);
  });

  it('stay what they were when the caller uses its buffer again', () => {
    const { waiting, add } = waitingOf(2);
    const buffer = new Uint8Array(100).fill(1);
    add({ kind: 'evidence', body: buffer.subarray(10, 20) });
    buffer.fill(9);
    const body = waiting.take(1, 1_000)[0]?.message.body as Uint8Array;
    expect([...body]).toEqual(Array(10).fill(1));
    expect(body.buffer.byteLength).toBe(10);
  });

  it('are merged quickly even where one alert has all the revisions', () => {
    const { dropped, add } = waitingOf(5_000);
    const startMs = performance.now();
    for (let rev = 1; rev <= 20_000; rev++) add(alert('a', rev));
    expect(dropped).toHaveLength(15_000);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});
