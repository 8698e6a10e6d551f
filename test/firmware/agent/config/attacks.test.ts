/** Whoever owns the broker, the line or the clock: what is not an order to this box, now, from its director, changes nothing, and is told of. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Envelope } from '../../../../firmware/contract/envelope.ts';
import { payloadTypes } from '../../../../firmware/contract/envelope.ts';
import { desired, director, hashOf, hourMs } from '../orders/director.ts';
import { until } from '../uplink/listener.ts';
import { removeFolder, startedBox, type TestBox, type TestBoxOptions } from './box-of-test.ts';

const boxes: TestBox[] = [];
afterEach(async () => {
  for (const made of boxes.splice(0)) {
    await made.stop();
    removeFolder(made.folder);
  }
});

async function box(options: TestBoxOptions = {}): Promise<TestBox> {
  const made = await startedBox(options);
  boxes.push(made);
  return made;
}

/** With order 5 in force. */
async function ruled(options: TestBoxOptions = {}): Promise<TestBox> {
  const made = await box(options);
  made.send(made.director.config({ seq: 5 }));
  await made.heard('applied', 5, true);
  return made;
}

async function expectUntouched(made: TestBox, reloads: number): Promise<void> {
  await sleep(20);
  expect(made.inForce()).toMatchObject({ seq: 5 });
  expect(made.sensor.reloads).toBe(reloads);
  for (const { running } of made.said.slice(-1)) expect(running).toMatchObject({ seq: 5 });
}

const day = 24 * hourMs;
const iso = (ms: number) => new Date(ms).toISOString();

describe('an order is refused and reported, and the box goes on with what it had', () => {
  const stranger = director();
  type Attack = { payload: (made: TestBox) => unknown; code: string };
  const attacks: Record<string, Attack> = {
    'without a signature': { payload: () => desired({ seq: 6 }), code: 'unsigned' },
    'in an envelope without signatures': {
      payload: (made) => ({ ...JSON.parse(made.director.config({ seq: 6 }).toString()), signatures: [] }),
      code: 'malformed',
    },
    'signed by another': { payload: () => stranger.config({ seq: 6 }), code: 'foreign-signature' },
    'signed by another who names the key of the director': {
      payload: (made) => {
        const envelope = JSON.parse(stranger.config({ seq: 6 }).toString()) as Envelope;
        return { ...envelope, signatures: envelope.signatures.map(({ sig }) => ({ keyid: made.director.keyId, sig })) };
      },
      code: 'foreign-signature',
    },
    'with the signature of another order': {
      payload: (made) => {
        const [a, b] = [6, 7].map((seq) => JSON.parse(made.director.config({ seq }).toString()) as Envelope);
        return { ...a, signatures: b?.signatures };
      },
      code: 'foreign-signature',
    },
    'signed as a command': { payload: (made) => made.director.seal(desired({ seq: 6 }), payloadTypes.command), code: 'wrong-type' },
    'signed as a command and called a configuration': {
      payload: (made) => ({
        ...JSON.parse(made.director.seal(desired({ seq: 6 }), payloadTypes.command).toString()),
        payloadType: payloadTypes.configuration,
      }),
      code: 'foreign-signature',
    },
    'for another box': { payload: (made) => made.director.config({ seq: 6, box: 'box-0002' }), code: 'other-box' },
    'that is older': { payload: (made) => made.director.config({ seq: 4 }), code: 'older' },
    'of the same number with another content': { payload: (made) => made.director.config({ seq: 5, settings: {} }), code: 'conflict' },
    'that is no JSON': { payload: () => Buffer.from('{"payloadType'), code: 'malformed' },
    'that signs what is no JSON': {
      payload: (made) =>
        made.director
          .seal('x')
          .toString()
          .replace(/"payload":"[^"]*"/, '"payload":""'),
      code: 'foreign-signature',
    },
    'that is larger than any': { payload: () => Buffer.alloc(300 * 1024, '['), code: 'malformed' },
    'nested beyond all measure': { payload: () => Buffer.alloc(250 * 1024, '['), code: 'malformed' },
  };
  it.each(Object.entries(attacks))('%s', async (_, { payload, code }) => {
    const made = await ruled();
    const { reloads } = made.sensor;
    const sent = payload(made);
    const bytes = sent instanceof Uint8Array ? sent : Buffer.from(typeof sent === 'string' ? sent : JSON.stringify(sent));
    expect(made.send(bytes)).toBeInstanceOf(Error);
    const reported = await made.heard('rejected');
    expect(reported.errors?.[0]?.code).toBe(code);
    expect(reported.running).toMatchObject({ seq: 5 });
    expect(made.orders().at(-1)).toMatchObject({ outcome: 'rejected' });
    await expectUntouched(made, reloads);
    // What the broker retains is the state of things again.
    made.clock.monotonicMs += 6_000;
    await until(() => made.last()?.state === 'applied', 'the state of things');
  });

  const refusals: Record<string, Attack> = {
    expired: {
      payload: ({ director: d }) => d.config({ seq: 6, expires: iso(Date.now() - 1_000), notBefore: iso(Date.now() - day) }),
      code: 'expired',
    },
    'not valid yet': { payload: ({ director: d }) => d.config({ seq: 6, notBefore: iso(Date.now() + day) }), code: 'not-yet-valid' },
    'valid never': {
      payload: ({ director: d }) => d.config({ seq: 6, notBefore: iso(Date.now()), expires: iso(Date.now() - 1) }),
      code: 'malformed',
    },
    'with another hash': { payload: ({ director: d }) => d.config({ seq: 6, hash: hashOf({ x: 1 }) }), code: 'wrong-hash' },
    'with settings that are none': {
      payload: ({ director: d }) => d.config({ seq: 6, settings: { hostsMax: -1, nonsense: 1 } }),
      code: 'invalid',
    },
    'with members that are unknown': { payload: ({ director: d }) => d.seal({ ...desired({ seq: 6 }), extra: 1 }), code: 'malformed' },
  };
  it.each(Object.entries(refusals))('%s, and the next one with the same number may be good', async (_, { payload, code }) => {
    const made = await ruled();
    const { reloads } = made.sensor;
    const bad = payload(made) as Buffer;
    made.send(bad);
    const reported = await made.heard('rejected', 6);
    expect(reported.running).toMatchObject({ seq: 5 });
    expect(reported.errors?.[0]?.code).toBe(code);
    const said = made.said.length;
    for (let i = 0; i < 20; i++) made.send(bad);
    await expectUntouched(made, reloads);
    expect(made.said.length - said).toBeLessThan(2);
    expect(made.orders().filter(({ outcome }) => outcome === 'rejected')).toHaveLength(1);
    made.send(made.director.config({ seq: 6 }));
    await made.heard('applied', 6, true);
  });
});

describe('a message that was touched', () => {
  it('is refused wherever it is cut', async () => {
    const made = await ruled();
    const { reloads } = made.sensor;
    const whole = made.director.config({ seq: 6 });
    for (let length = 1; length < whole.length; length++)
      expect(made.send(whole.subarray(0, length)), `${length} bytes`).toBeInstanceOf(Error);
    await expectUntouched(made, reloads);
  });

  it('is refused wherever a bit is flipped, but where the flip says nothing', async () => {
    const made = await ruled();
    const whole = made.director.config({ seq: 6 });
    const { hash } = desired({ seq: 6 });
    let harmless = 0;
    for (let at = 0; at < whole.length; at++) {
      for (const bit of [1, 2, 32]) {
        const flipped = Buffer.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ bit;
        if (made.send(flipped) === undefined) harmless++;
      }
    }
    // The id of the key, which nothing hangs on, and blank bits of base64: the order is the one that was signed.
    await made.heard('applied', 6, true);
    expect(made.inForce()).toMatchObject({ seq: 6, hash });
    expect(harmless).toBeLessThan(whole.length * 3 * 0.2);
  });
});

describe('the clock', () => {
  it('in 1970 lets no withheld order pass that was expired when the box last knew better', async () => {
    const made = await ruled();
    const withheld = made.director.config({ seq: 6, notBefore: iso(Date.now() - 3 * day), expires: iso(Date.now() - day) });
    Object.assign(made.clock, { nowMs: 0, synced: false });
    const next = await made.restarted();
    boxes.push(next);
    next.send(withheld);
    expect(await next.heard('rejected', 6)).toMatchObject({ errors: [{ path: 'expires', code: 'expired' }] });
    // Replayed or older ones stay what they are.
    expect(next.send(next.director.config({ seq: 3 }))?.message).toMatch(/order 5 was accepted before/);
    next.send(next.director.config({ seq: 7 }));
    await next.heard('applied', 7, true);
  });

  it('that follows nobody is not moved to the day for which an order is meant, and the order waits', async () => {
    const made = await ruled();
    Object.assign(made.clock, { nowMs: Date.now(), synced: false });
    const issued = iso(Date.now());
    made.send(made.director.config({ seq: 6, issued, notBefore: iso(Date.now() + 7 * day), expires: iso(Date.now() + 30 * day) }));
    expect(await made.heard('rejected', 6)).toMatchObject({ errors: [{ code: 'not-yet-valid' }], running: { seq: 5 } });
    // What is meant for today counts today.
    made.send(made.director.config({ seq: 7, issued, notBefore: issued, expires: iso(Date.now() + day) }));
    await made.heard('applied', 7, true);
  });

  it('in 2100, following nobody, makes every order expired; the box goes on, and takes the order when the clock is mended', async () => {
    const made = await ruled();
    made.clock.nowMs = Date.parse('2100-01-01T00:00:00Z');
    made.clock.synced = false;
    made.send(made.director.config({ seq: 6 }));
    expect(await made.heard('rejected', 6)).toMatchObject({ errors: [{ code: 'expired' }], running: { seq: 5 } });
    expect(made.inForce()).toMatchObject({ seq: 5 });
    const next = await made.restarted();
    boxes.push(next);
    next.send(next.director.config({ seq: 6 }));
    await next.heard('rejected', 6);
    Object.assign(next.clock, { nowMs: Date.now(), synced: true });
    await next.heard('applied', 6, true);
  });

  it('takes an order for later when its time has come', async () => {
    const made = await ruled();
    made.send(made.director.config({ seq: 6, notBefore: iso(Date.now() + hourMs) }));
    await made.heard('rejected', 6);
    made.clock.nowMs += hourMs;
    await made.heard('applied', 6, true);
  });
});

it('lets retained poison cost neither reports nor lines nor memory, and an order that comes in the midst of it is obeyed', async () => {
  const made = await ruled();
  const poison = [
    Buffer.from(JSON.stringify(desired({ seq: 6 }))),
    director().config({ seq: 9 }),
    made.director.config({ seq: 1 }),
    made.director.config({ seq: 8, box: 'box-0002' }),
    createHash('sha512').update('noise').digest(),
  ];
  const [said, lines] = [made.said.length, made.ledger.length];
  for (let i = 0; i < 2_000; i++) made.send(poison[i % poison.length]!);
  made.send(made.director.config({ seq: 6 }));
  for (let i = 0; i < 2_000; i++) made.send(poison[i % poison.length]!);
  await made.heard('applied', 6, true);
  expect(made.said.length - said).toBeLessThan(10);
  expect(made.ledger.length - lines).toBeLessThan(10);
  expect(made.send(Buffer.alloc(0))).toBeUndefined();
});
