import { expect, it } from 'vitest';
import { WriterWatch } from '../../../firmware/outbox/writer-watch.ts';

it('tells each change of the writing end once: to memory and why, back to disk, begun anew', () => {
  const lines: string[] = [];
  const note = (fields: object, text: string) => void lines.push(`${text} ${JSON.stringify(fields)}`);
  const watch = new WriterWatch({ info: note, warn: note });
  const well = { mode: 'disk', waiting: 0, waitingBytes: 0, lost: 0, begunAnew: 0 } as const;
  const failing = { ...well, mode: 'memory', error: 'no space left', waiting: 4 } as const;
  for (const state of [well, failing, failing, well, { ...well, begunAnew: 1 }, { ...well, begunAnew: 1 }]) watch.look(state);
  expect(lines).toEqual([
    'the outbox cannot be written: messages are kept in memory only {"reason":"no space left","waiting":4}',
    'the outbox is written to disk again {"waiting":0}',
    'the outbox was damaged or gone: a new one was begun {"begunAnew":1}',
  ]);
});
