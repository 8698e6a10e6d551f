import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { OutboxMessage } from '../../../firmware/outbox/outbox.ts';
import { alert, eventually, namesOf, openOutbox, readAll, temporaryFolder } from './outbox-tools.ts';
import { Writer } from './writer.ts';

const kills = 30;

/** `NAME-1` to `NAME-last`. */
const namesUpTo = (name: string, last: number) => Array.from({ length: last }, (_, index) => `${name}-${index + 1}`);

describe('an outbox whose processes are killed', () => {
  it(`has all that was confirmed, each under one number and without a gap, after ${kills} kills of three writers`, {
    timeout: 120_000,
  }, async () => {
    const folder = temporaryFolder();
    const agent = openOutbox(folder);
    const cursor = agent.cursor();
    const seen: OutboxMessage[] = [];
    const read = async () => {
      const messages = await cursor.next(1_000);
      seen.push(...messages);
      // What is read is removed: neither the number nor the message may come again.
      await agent.remove(messages);
    };
    const writers = ['a', 'b', 'c'].map((name) => new Writer(folder, name));
    for (let kill = 0; kill < kills; kill++) {
      const index = kill % writers.length;
      const writer = writers[index];
      if (writer === undefined) throw new Error('no such writer');
      const first = writer.confirmed;
      await eventually(() => writer.confirmed > first + 1, `${writer.name} confirming. ${writer.errors}`, 30_000);
      await sleep(Math.random() * 30);
      await writer.kill();
      // The one that was on its way may be there or not; its number goes to the next.
      writers[index] = new Writer(folder, writer.name, writer.confirmed + 1);
      await read();
    }
    for (const writer of writers) await writer.kill();
    while ((await agent.measure()).depth > 0) await read();
    expect(seen.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(seen.map((_, index) => index + 1));
    expect(new Set(seen.map(({ outbox }) => outbox)).size).toBe(1);
    const names = new Set(namesOf(seen));
    for (const { name, confirmed } of writers) expect(namesUpTo(name, confirmed).filter((each) => !names.has(each))).toEqual([]);
    expect(agent.writerState).toMatchObject({ mode: 'disk', begunAnew: 0 });
  });

  it('gives the other process its turn although one was killed in the middle of everything', { timeout: 30_000 }, async () => {
    const folder = temporaryFolder();
    const writer = new Writer(folder, 'a');
    await eventually(() => writer.confirmed > 20, `a writer that confirms. ${writer.errors}`);
    const agent = openOutbox(folder);
    agent.append(alert('mine'));
    expect(await agent.flush(5_000)).toBe(true);
    await writer.kill();
    agent.append(alert('mine too'));
    expect(await agent.flush(5_000)).toBe(true);
    const all = await readAll(agent);
    expect(namesOf(all)).toEqual(expect.arrayContaining(['mine', 'mine too', ...namesUpTo('a', writer.confirmed)]));
  });
});
