import { describe, expect, it } from 'vitest';
import type { OutboxOptionsInput } from '../../../../firmware/outbox/options.ts';
import type { NewMessage } from '../../../../firmware/outbox/outbox.ts';
import {
  alert,
  canMount,
  eventually,
  evidence,
  health,
  lossesIn,
  lostNumbers,
  namesOf,
  openOutbox,
  presence,
  readAll,
  smallDisk,
  temporaryFolder,
} from '../outbox-tools.ts';

const kibibyte = 1024;

async function outboxOf(options: OutboxOptionsInput, folder = temporaryFolder()) {
  const outbox = openOutbox(folder, { options });
  const append = async (...messages: NewMessage[]) => {
    for (const message of messages) outbox.append(message);
    expect(await outbox.flush(10_000)).toBe(true);
  };
  return { outbox, append };
}

const many = (count: number, make: (index: number) => NewMessage) => Array.from({ length: count }, (_, index) => make(index));

describe('the quota of the outbox', () => {
  it('is kept: evidence goes first, then health, presence, and the oldest alerts last', async () => {
    const { outbox, append } = await outboxOf({ bytesMax: 64 * kibibyte });
    await append(evidence(20 * kibibyte), { kind: 'health', body: `{"pad":"${'x'.repeat(10 * kibibyte)}"}` }, presence('p'));
    await append(...many(20, (index) => alert(`a${index}`, 1, kibibyte)));
    expect((await outbox.measure()).byKind).toMatchObject({ evidence: 1, health: 1, presence: 1, alert: 20 });
    await append(...many(20, (index) => alert(`b${index}`, 1, kibibyte)));
    expect((await outbox.measure()).byKind).toMatchObject({ evidence: 0, health: 1, presence: 1, alert: 40 });
    await append(...many(20, (index) => alert(`c${index}`, 1, kibibyte)));
    expect((await outbox.measure()).byKind).toMatchObject({ evidence: 0, health: 0, presence: 1, alert: 60 });
    await append(...many(20, (index) => alert(`d${index}`, 1, kibibyte)));
    const { byKind, bytes, dropped } = await outbox.measure();
    expect(byKind).toMatchObject({ evidence: 0, health: 0, presence: 0 });
    expect(bytes).toBeLessThanOrEqual(64 * kibibyte);
    expect(byKind.alert).toBeGreaterThan(55);
    expect(dropped).toBe(3 + 80 - byKind.alert);
    // The newest are there, the oldest are not.
    const alerts = namesOf(await readAll(outbox)).filter((name) => /^[a-d]\d/.test(name));
    expect(alerts.at(-1)).toBe('d19');
    expect(alerts[0]).toBe(`a${80 - byKind.alert}`);
  });

  it('names every message that it drops, so that nothing is missing that is not accounted for', async () => {
    const { outbox, append } = await outboxOf({ bytesMax: 64 * kibibyte });
    for (let round = 0; round < 20; round++) {
      await append(evidence(3 * kibibyte), health(`h${round}`), ...many(10, (index) => alert(`${round}-${index}`, 1, kibibyte)));
    }
    await eventually(async () => {
      const { byKind } = await outbox.measure();
      return lossesIn(await readAll(outbox)).length === byKind.loss;
    }, 'all records of loss');
    const all = await readAll(outbox);
    const losses = lossesIn(all);
    expect(losses.every(({ reason }) => reason === 'quota')).toBe(true);
    const accounted = [...all.map(({ seq }) => seq), ...lostNumbers(losses)].sort((a, b) => a - b);
    expect(accounted).toEqual(Array.from({ length: accounted.length }, (_, index) => index + 1));
    expect(losses.reduce((sum, { count }) => sum + count, 0)).toBe(lostNumbers(losses).length);
    expect((await outbox.measure()).dropped).toBe(lostNumbers(losses).length);
  });

  it('merges older revisions of an alert into the newest before it gives up presence or an alert', async () => {
    const { outbox, append } = await outboxOf({ bytesMax: 64 * kibibyte });
    await append(presence('p'), ...many(60, (index) => alert(`a${index % 20}`, 1 + Math.floor(index / 20), kibibyte)));
    await append(...many(30, (index) => alert(`b${index}`, 1, kibibyte)));
    const all = await readAll(outbox);
    const { byKind, bytes } = await outbox.measure();
    expect(bytes).toBeLessThanOrEqual(64 * kibibyte);
    expect(byKind.presence).toBe(1);
    expect(new Set(namesOf(all.filter(({ kind }) => kind === 'alert'))).size).toBe(50);
    const newest = all.filter(({ id }) => id === 'a0').map(({ body }) => (JSON.parse(String(body)) as { rev: number }).rev);
    expect(newest.at(-1)).toBe(3);
    await eventually(async () => lossesIn(await readAll(outbox)).length > 0, 'a record of loss');
    const losses = lossesIn(await readAll(outbox));
    expect(losses.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual(['alert merged']);
    // And those that come once everything has been looked at.
    await append(...many(40, (index) => alert('b29', 2 + index, kibibyte)));
    const later = await readAll(outbox);
    expect(new Set(namesOf(later.filter(({ kind }) => kind === 'alert'))).size).toBe(50);
    expect(later.filter(({ kind }) => kind === 'presence')).toHaveLength(1);
  });

  it('holds through a long overload with many alerts, in bounded steps', async () => {
    const { outbox } = await outboxOf({ bytesMax: 1024 * kibibyte });
    for (let index = 0; index < 12_000; index++) {
      outbox.append(alert(`a${index % 4_000}`, 1 + Math.floor(index / 4_000), 500));
      if (index % 1_000 === 999) expect(await outbox.flush(10_000)).toBe(true);
    }
    const { bytes, byKind } = await outbox.measure();
    expect(bytes).toBeLessThan(1.1 * 1024 * kibibyte);
    const alerts = (await readAll(outbox)).filter(({ kind }) => kind === 'alert');
    expect(alerts).toHaveLength(byKind.alert);
    // No alert waits in two revisions while others were given up.
    expect(new Set(namesOf(alerts)).size).toBe(alerts.length);
  });

  it.skipIf(!canMount)('takes no evidence while the disk is nearly full, gives up what there is, and goes on with all else', async () => {
    const { outbox, append } = await outboxOf({ freeBytesMin: 1024 * 1024 * 1024 }, smallDisk(32 * 1024 * kibibyte));
    await append(presence('p'));
    for (let round = 0; round < 5; round++) await append(...many(20, () => evidence(256 * kibibyte)));
    const { byKind } = await outbox.measure();
    expect(byKind.evidence).toBeGreaterThan(5);
    expect(byKind.evidence).toBeLessThan(100);
    await append(...many(50, () => evidence(256 * kibibyte)), alert('a'));
    expect((await outbox.measure()).byKind).toMatchObject({ alert: 1, presence: 1 });
    expect(outbox.writerState).toMatchObject({ mode: 'disk', lost: 0 });
    await eventually(async () => lossesIn(await readAll(outbox)).length === (await outbox.measure()).byKind.loss, 'the record of loss');
    const losses = lossesIn(await readAll(outbox)).filter(({ kind }) => kind === 'evidence');
    expect(losses.every(({ reason }) => reason === 'disk')).toBe(true);
    const left = (await outbox.measure()).byKind.evidence;
    expect(losses.reduce((sum, { count }) => sum + count, 0)).toBe(150 - left);
  });
});
