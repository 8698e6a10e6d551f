import { expect, it } from 'vitest';
import { makeRoom } from '../../../centre/ingest/retention.ts';
import { openStore } from '../../../centre/store/open-store.ts';
import { numberedAlert, onTheWire, temporaryFolder } from './ingest-process.ts';

const box = 'hx-lang-son';
const dayMs = 86_400_000;

it('removes what is too old, and nothing where no box confirms that the clock is right', async () => {
  const folder = temporaryFolder();
  const store = await openStore(folder.store);
  try {
    const arrivals = [400, 10].map((days, index) => {
      const alert = numberedAlert(box, index + 1, { state: 'closed' });
      return {
        box,
        outbox: 'o1',
        seq: index + 1,
        kind: 'alert',
        receivedMs: Date.now() - days * dayMs,
        body: onTheWire(alert),
        alert,
      } as const;
    });
    await store.commit(arrivals);
    let isClockRight = false;
    const parts = { store, keepDays: 365, isClockTrusted: () => isClockRight, problem: () => undefined };
    await makeRoom(parts, new AbortController().signal);
    expect((await store.alerts()).length).toBe(2);
    isClockRight = true;
    await makeRoom(parts, new AbortController().signal);
    expect((await store.alerts()).map(({ seq }) => seq)).toEqual([2]);
  } finally {
    await store.close();
    folder.remove();
  }
});
