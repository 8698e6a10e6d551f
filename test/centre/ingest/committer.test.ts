import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Committer, type CommitterParts } from '../../../centre/ingest/committer.ts';
import { Inbox } from '../../../centre/ingest/inbox.ts';
import { openStore } from '../../../centre/store/open-store.ts';
import type { Arrival, Store } from '../../../centre/store/store.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { numberedAlert, onTheWire, temporaryFolder } from './ingest-process.ts';

const box = 'hx-lang-son';

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder.store);
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

interface Run {
  inbox: Inbox;
  committed: Arrival[];
  refused: string[];
  states: string[];
  committer: Committer;
  /** Closes the inbox and waits. */
  ended(): Promise<void>;
}

function run(changes: Partial<CommitterParts> = {}): Run {
  const inbox = new Inbox();
  const committed: Arrival[] = [];
  const refused: string[] = [];
  const states: string[] = [];
  const committer = new Committer({
    store,
    inbox,
    committed: (arrivals) => committed.push(...arrivals),
    refused: ({ why }) => refused.push(why),
    lost: () => Promise.resolve(),
    heard: () => undefined,
    storeState: (failure) => states.push(failure === undefined ? 'well' : String(failure.error)),
    ...changes,
  });
  const running = committer.run(new AbortController().signal);
  const ended = () => {
    inbox.close();
    return running;
  };
  return { inbox, committed, refused, states, committer, ended };
}

function offer(inbox: Inbox, ...seqs: number[]): void {
  for (const seq of seqs) {
    const payload = Buffer.from(onTheWire(numberedAlert(box, seq)));
    inbox.offer({ topic: up.alert(box), payload, isRetained: false, properties: {}, receivedMs: Date.now() }, () => undefined);
  }
}

/** The store itself, with one thing that it does otherwise. */
function otherwise(changes: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const value = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('the committer', () => {
  it('hands on for acknowledgement only what the store has committed', async () => {
    const { inbox, committed, ended, committer } = run();
    offer(inbox, 1, 2, 2, 3);
    await ended();
    expect(committed.map(({ seq }) => seq)).toEqual([1, 2, 2, 3]);
    expect(committer.counts).toMatchObject({ received: 4, stored: 3, repeats: 1, commits: 1 });
  });

  it('finds a message that no store can hold, puts a stand-in in its place, and loses none of the others', async () => {
    const commit: Store['commit'] = async (arrivals, unnumbered) => {
      if (arrivals.some(({ seq, body }) => seq === 77 && body !== '')) throw Object.assign(new Error('too deep'), { code: '54001' });
      return await store.commit(arrivals, unnumbered);
    };
    const { inbox, committed, refused, states, ended } = run({ store: otherwise({ commit }) });
    const seqs = Array.from({ length: 200 }, (_, index) => index + 1);
    offer(inbox, ...seqs);
    await ended();
    expect(committed.map(({ seq }) => seq).sort((one, other) => one - other)).toEqual(seqs);
    expect(refused).toEqual(['the store cannot hold it: too deep']);
    expect(states).toEqual([]);
    expect((await store.outboxes())[0]).toMatchObject({ messages: 200, last: 200 });
    expect((await store.alerts()).length).toBe(199);
  });

  it('keeps a message for which the store is to blame, tries again, and says once that it is well', async () => {
    let failures = 0;
    const commit: Store['commit'] = async (arrivals, unnumbered) => {
      if (failures++ < 2) throw Object.assign(new Error('disk full'), { errcode: 13 });
      return await store.commit(arrivals, unnumbered);
    };
    const { inbox, committed, refused, states, ended } = run({ store: otherwise({ commit }) });
    offer(inbox, 1);
    await ended();
    expect(committed.map(({ seq }) => seq)).toEqual([1]);
    expect(refused).toEqual([]);
    expect(states).toEqual(['Error: disk full', 'Error: disk full', 'well']);
  });

  it('acknowledges a record of loss only once somebody was told of it', async () => {
    const told = Promise.withResolvers<void>();
    let isAsked = false;
    const lost = () => {
      isAsked = true;
      return told.promise;
    };
    const { inbox, committed, ended } = run({ lost });
    const loss = {
      schema: 'loss/1',
      seq: 1,
      outboxId: 'o1',
      box,
      boot: 'b',
      ts: 't',
      tsFirst: 't',
      kind: 'alert',
      reason: 'quota',
      count: 3,
      ranges: [],
    };
    inbox.offer(
      { topic: up.loss(box), payload: Buffer.from(JSON.stringify(loss)), isRetained: false, properties: {}, receivedMs: 1 },
      () => undefined,
    );
    await until(() => isAsked, 'the question');
    expect(committed).toEqual([]);
    told.resolve();
    await ended();
    expect(committed.map(({ seq }) => seq)).toEqual([1]);
  });

  it('gives up at once where it is told to, and acknowledges nothing of it', async () => {
    const commit: Store['commit'] = () => Promise.reject(new Error('away'));
    const inbox = new Inbox();
    const committed: Arrival[] = [];
    const parts = { inbox, refused: () => undefined, lost: () => Promise.resolve(), heard: () => undefined, storeState: () => undefined };
    const committer = new Committer({ ...parts, store: otherwise({ commit }), committed: (arrivals) => committed.push(...arrivals) });
    const givingUp = new AbortController();
    const running = committer.run(givingUp.signal);
    offer(inbox, 1);
    inbox.close();
    setTimeout(() => givingUp.abort(), 50);
    await running;
    expect(committed).toEqual([]);
  });
});
