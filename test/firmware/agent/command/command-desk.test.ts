/** Commands: each is done once, and none that somebody else has made, kept back or sent a second time. */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CommandHandlers } from '../../../../firmware/agent/command/command-desk.ts';
import { payloadTypes } from '../../../../firmware/contract/envelope.ts';
import { removeFolder } from '../config/box-of-test.ts';
import { box, type Director, desired, director, request } from '../orders/director.ts';
import { until } from '../uplink/listener.ts';
import { type Desk, makeDesk, makeHandlers, signing } from './desk-of-test.ts';

const folders: string[] = [];
// Not after each: a refused command may be noted a moment later.
afterAll(() => {
  for (const folder of folders.splice(0)) removeFolder(folder);
});

const iso = (ms: number) => new Date(ms).toISOString();
const idOf = () => randomUUID();

function desk(changes: Parameters<typeof makeDesk>[0] = {}): Desk {
  const made = makeDesk(changes);
  folders.push(made.folder);
  return made;
}

describe('a command of the director', () => {
  it('is done, answered with its correlation, and stands in the ledger with who ordered it', async () => {
    const made = desk();
    const id = idOf();
    made.send(signing.command({ id, command: 'identify', arguments: { seconds: 5 } }), 'abc');
    expect(await made.answer(id)).toMatchObject({
      schema: 'command-response/1',
      box,
      state: 'done',
      command: 'identify',
      result: { was: 'identify' },
    });
    expect(made.answers[0]?.correlation).toBe('abc');
    expect(made.done).toEqual(['identify {"seconds":5}']);
    expect(made.ledger.map(({ outcome }) => outcome)).toEqual(['begun', 'done']);
    expect(made.ledger[0]).toMatchObject({ id, command: 'identify', signer: signing.keyId, author: 'nguyen.van.an' });
  });

  it('is on disk as taken before it is begun', async () => {
    const atBegin: string[] = [];
    const made = desk();
    const identify: CommandHandlers['identify'] = async () => void atBegin.push(readFileSync(join(noting.folder, 'commands.json'), 'utf8'));
    const noting = desk({ handlers: { ...makeHandlers(made), identify } });
    const id = idOf();
    noting.send(signing.command({ id }));
    await noting.answer(id);
    expect(atBegin[0]).toContain(id);
  });

  it('takes the defaults of its arguments', async () => {
    const made = desk();
    const id = idOf();
    made.send(signing.command({ id, command: 'restart' }));
    await made.answer(id);
    expect(made.done).toEqual(['restart {"process":"sensor"}']);
  });

  it('for evidence is answered "not-kept"', async () => {
    const made = desk();
    const id = idOf();
    made.send(signing.command({ id, command: 'evidence', arguments: { id: 'alert-1' } }));
    expect(await made.answer(id)).toMatchObject({ state: 'failed', code: 'not-kept' });
  });

  it('whose work fails, answers too much or takes too long is answered so', async () => {
    const work: Record<string, () => Promise<unknown>> = {
      identify: async () => {
        throw new Error('no lamps');
      },
      'lamp-test': async () => 'x'.repeat(300_000),
      doctor: () => new Promise(() => undefined),
    };
    const made = desk();
    const failing = desk({ commandTimeoutMs: 50, handlers: { ...makeHandlers(made), ...work } as CommandHandlers });
    for (const [command, message] of [
      ['identify', /no lamps/],
      ['lamp-test', /300002 bytes/],
      ['doctor', /took longer/],
    ] as const) {
      const id = idOf();
      failing.send(signing.command({ id, command }));
      const answer = await failing.answer(id);
      expect(answer).toMatchObject({ state: 'failed', code: 'failed' });
      expect(answer.message).toMatch(message);
    }
  });

  it('of one name waits for the one before; of another name it does not; and there is an end to waiting', async () => {
    const gate = Promise.withResolvers<void>();
    const begun: number[] = [];
    const identify: CommandHandlers['identify'] = async ({ seconds }) => {
      begun.push(seconds);
      await gate.promise;
    };
    const made = desk();
    const waiting = desk({ handlers: { ...makeHandlers(made), identify } });
    const ids = Array.from({ length: 6 }, idOf);
    ids.forEach((id, at) => {
      waiting.send(signing.command({ id, command: 'identify', arguments: { seconds: at + 1 } }));
    });
    expect(await waiting.answer(ids[5]!)).toMatchObject({ state: 'refused', code: 'busy' });
    const other = idOf();
    waiting.send(signing.command({ id: other, command: 'doctor' }));
    await waiting.answer(other);
    expect(begun).toEqual([1]);
    gate.resolve();
    for (const id of ids.slice(0, 5)) expect(await waiting.answer(id)).toMatchObject({ state: 'done' });
    expect(begun).toEqual([1, 2, 3, 4, 5]);
    // What was refused stays refused.
    waiting.send(signing.command({ id: ids[5]!, command: 'identify', arguments: { seconds: 6 } }));
    const last = idOf();
    waiting.send(signing.command({ id: last, command: 'identify', arguments: { seconds: 7 } }));
    await waiting.answer(last);
    expect(begun).toEqual([1, 2, 3, 4, 5, 7]);
  });
});

describe('a command is refused and never done', () => {
  const stranger = director();
  const attacks: Record<string, { payload: (d: Director) => Uint8Array; code: string; isOurs?: true }> = {
    unsigned: { payload: () => Buffer.from(JSON.stringify(request())), code: 'unsigned' },
    'signed by another': { payload: () => stranger.command(), code: 'foreign-signature' },
    'for another box': { payload: (d) => d.command({ box: 'box-0002' }), code: 'other-box' },
    'signed as a configuration': { payload: (d) => d.seal(request(), payloadTypes.configuration), code: 'wrong-type' },
    'that is a configuration': { payload: (d) => d.seal(desired({ seq: 1 }), payloadTypes.command), code: 'malformed' },
    noise: { payload: () => Buffer.alloc(1_000, 0xc3), code: 'malformed' },
    expired: {
      payload: (d) => d.command({ issued: iso(Date.now() - 600_000), expires: iso(Date.now() - 300_000) }),
      code: 'expired',
      isOurs: true,
    },
    'issued in the future': {
      payload: (d) => d.command({ issued: iso(Date.now() + 600_000), expires: iso(Date.now() + 900_000) }),
      code: 'not-yet-valid',
      isOurs: true,
    },
    'that lives too long': { payload: (d) => d.command({ expires: iso(Date.now() + 3_700_000) }), code: 'lifetime', isOurs: true },
    'that ends before it begins': { payload: (d) => d.command({ expires: iso(Date.now() - 1_000) }), code: 'lifetime', isOurs: true },
    'with arguments that it does not take': {
      payload: (d) => d.command({ arguments: { second: 5 } }),
      code: 'invalid-arguments',
      isOurs: true,
    },
    'of a name that is none': {
      payload: (d) => d.seal({ ...request(), command: 'format' }, payloadTypes.command),
      code: 'malformed',
      isOurs: true,
    },
  };
  it.each(Object.entries(attacks))('%s', async (_, { payload, code, isOurs }) => {
    const made = desk();
    const thrown = made.send(payload(signing));
    if (isOurs === undefined) expect(thrown).toBeInstanceOf(Error);
    await until(() => made.answers.length > 0, 'the answer');
    expect(made.answers[0]).toMatchObject({ state: 'refused', code });
    expect(made.ledger).toMatchObject([{ outcome: 'refused' }]);
    expect(made.done).toEqual([]);
  });

  it('cut at any byte', () => {
    const made = desk();
    const whole = signing.command();
    for (let length = 1; length < whole.length; length++) expect(made.send(whole.subarray(0, length))).toBeInstanceOf(Error);
    expect(made.done).toEqual([]);
    expect(made.answers.length).toBeLessThan(5);
  });

  it('that was done, however often it comes: at once, after a restart, and with the clock in 1970', async () => {
    const made = desk();
    const id = idOf();
    const command = signing.command({ id });
    made.send(command);
    for (let i = 0; i < 100; i++) made.send(command);
    // Its own answer is the first, and no copy gets one before.
    expect(await made.answer(id)).toMatchObject({ state: 'done' });
    for (let i = 0; i < 100; i++) made.send(command);
    expect(made.done).toHaveLength(1);
    expect(made.answers.length).toBeLessThan(3);
    const now = { nowMs: 0, synced: false };
    const next = desk({ folder: made.folder, now });
    for (let i = 0; i < 100; i++) next.send(command);
    await until(() => next.answers.length > 0, 'the answer');
    expect(next.answers).toMatchObject([{ id, state: 'refused', code: 'replayed' }]);
    expect(next.done).toEqual([]);
    // A new one is still obeyed there.
    const fresh = idOf();
    next.send(signing.command({ id: fresh }));
    expect(await next.answer(fresh)).toMatchObject({ state: 'done' });
  });

  it('that was kept back until it expired, with the clock in 1970 after a restart', async () => {
    const made = desk();
    const id = idOf();
    made.send(signing.command({ id }));
    await made.answer(id);
    const held = signing.command({ issued: iso(Date.now() - 900_000), expires: iso(Date.now() - 600_000) });
    const next = desk({ folder: made.folder, now: { nowMs: 0, synced: false } });
    next.send(held);
    await until(() => next.answers.length > 0, 'the answer');
    expect(next.answers).toMatchObject([{ code: 'expired' }]);
    expect(next.done).toEqual([]);
  });

  it('with the clock in 2100, which is not remembered', async () => {
    const made = desk({ now: { nowMs: Date.parse('2100-01-01'), synced: false } });
    made.send(signing.command());
    await until(() => made.answers.length > 0, 'the answer');
    expect(made.answers).toMatchObject([{ code: 'expired' }]);
    Object.assign(made.clock, { nowMs: Date.now(), synced: true });
    const id = idOf();
    made.send(signing.command({ id }));
    expect(await made.answer(id)).toMatchObject({ state: 'done' });
  });

  it('that fell out of the journal, which is bounded', async () => {
    const made = desk({ journalMax: 10 });
    const commands = Array.from({ length: 30 }, (_, at) => signing.command({ command: 'doctor', issued: iso(Date.now() - 60_000 + at) }));
    for (const command of commands) {
      const before = made.done.length;
      made.send(command);
      await until(() => made.done.length > before, 'the command');
    }
    const journal = JSON.parse(readFileSync(join(made.folder, 'commands.json'), 'utf8'));
    expect(journal.commands).toHaveLength(10);
    const next = desk({ folder: made.folder, journalMax: 10 });
    for (const command of commands) next.send(command);
    await until(() => next.answers.length > 0, 'the answer');
    expect(next.answers).toMatchObject([{ code: 'replayed' }]);
    expect(next.done).toEqual([]);
  });

  it('issued before a journal that is damaged now', async () => {
    const made = desk();
    const id = idOf();
    const command = signing.command({ id, issued: iso(Date.now() - 10_000) });
    made.send(command);
    await made.answer(id);
    writeFileSync(join(made.folder, 'commands.json'), '{"commands":[');
    const next = desk({ folder: made.folder });
    next.send(command);
    await until(() => next.answers.length > 0, 'the answer');
    expect(next.answers).toMatchObject([{ code: 'replayed' }]);
    expect(next.done).toEqual([]);
  });

  it('where the disk takes no note of it', async () => {
    const refuse = async () => {
      throw new Error('ENOSPC');
    };
    const made = desk({ disk: { write: refuse, synchronise: refuse, rename: refuse, remove: refuse } });
    const id = idOf();
    made.send(signing.command({ id }));
    expect(await made.answer(id)).toMatchObject({ state: 'failed', code: 'failed' });
    expect(made.done).toEqual([]);
  });
});
