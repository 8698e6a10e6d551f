import { describe, expect, it } from 'vitest';
import { jsonBytesMax, readMessage } from '../../centre/message.ts';
import { up } from '../../firmware/contract/topics.ts';
import { healthOf, numberedAlert, onTheWire, presenceOf } from './ingest/ingest-process.ts';
import { mutations } from './mutations.ts';

const box = 'hx-lang-son';
const read = (topic: string, message: object | string) =>
  readMessage(topic, Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));

describe('a message', () => {
  it('is valid where it follows its schema and comes from the box that its topic names', () => {
    expect(read(up.alert(box), numberedAlert(box, 7))).toMatchObject({ state: 'valid', kind: 'alert', key: { seq: 7, outbox: 'o1' } });
    expect(read(up.presence(box), presenceOf(box))).toMatchObject({ state: 'valid', kind: 'presence' });
    expect(read(up.presence(box), presenceOf(box))).not.toHaveProperty('key');
  });

  it('of a box that numbers without naming its outbox has the empty name', () => {
    const { outboxId: _, ...alert } = numberedAlert(box, 7);
    expect(read(up.alert(box), alert)).toMatchObject({ key: { seq: 7, outbox: '' } });
  });

  it('of health tells the outbox that counts it from the field that tells how full it is', () => {
    const text = `{"seq":3,"outboxId":"o1",${JSON.stringify(healthOf(box)).slice(1)}`;
    expect(read(up.health(box), text)).toMatchObject({ state: 'valid', key: { seq: 3, outbox: 'o1' }, message: { outbox: { depth: 0 } } });
  });

  it('is refused where it speaks for another box, and names the numbers by which its sender counts it', () => {
    const { seq, outboxId } = numberedAlert(box, 7);
    for (const [topic, message] of [
      [up.presence('other-box'), presenceOf(box, { seq, outboxId })],
      [up.health('other-box'), { seq, outboxId, ...healthOf(box) }],
      [
        up.loss('other-box'),
        { ...{ schema: 'loss/1', seq, outboxId, box, boot: 'b', ts: 't', tsFirst: 't', reason: 'quota', count: 1 }, ranges: [] },
      ],
    ] as const)
      expect(read(topic, message)).toMatchObject({
        ...{ state: 'refused', box: 'other-box', why: 'it names another box', key: { seq: 7, outbox: 'o1' } },
      });
  });

  it('that is an alert is not swallowed where it speaks for another box: it is one of the box that sent it, and says whom it named', () => {
    const alert = { ...numberedAlert(box, 7), fieldOfTomorrow: 1 };
    const message = read(up.alert('other-box'), alert);
    expect(message).toMatchObject({
      ...{ state: 'valid', box: 'other-box', claimedBox: box, key: { seq: 7, outbox: 'o1' }, message: { box: 'other-box', id: alert.id } },
    });
    expect(JSON.parse(message?.text ?? '')).toEqual({ ...alert, box: 'other-box' });
    expect(read(up.alert(box), alert)).not.toHaveProperty('claimedBox');
    expect(read(up.alert('other-box'), { ...alert, severity: 9 })).toMatchObject({ state: 'refused' });
  });

  it('is not parsed where it is too long; only its beginning is kept', () => {
    const long = onTheWire(numberedAlert(box, 9, { dedupKey: 'x'.repeat(jsonBytesMax) }));
    const message = read(up.alert(box), long);
    expect(message).toMatchObject({ state: 'refused', key: { seq: 9, outbox: 'o1' } });
    expect(Buffer.byteLength(message?.text ?? '')).toBe(4_096);
  });

  it.each([
    ['an id that is no name', numberedAlert(box, 1, { id: 'a\nb' })],
    ['an outbox that is no name', numberedAlert(box, 1, { outboxId: 'a b' })],
    ['a number below 1', numberedAlert(box, 0)],
    ['a number that is none', { ...numberedAlert(box, 1), seq: 1.5 }],
    ['no object', '"text"'],
    ['null', 'null'],
    ['no JSON', '{'],
  ])('is refused with %s', (_, message) => {
    expect(read(up.alert(box), message)).toMatchObject({ state: 'refused', kind: 'alert' });
  });

  it('is none where the topic is another one, or the payload is empty', () => {
    for (const topic of ['vonggac/1/down/hx-lang-son/ack', 'vonggac/1/up/HX/alert', 'vonggac/1/up/hx-lang-son/alert/x', '', '$SYS/x'])
      expect(read(topic, numberedAlert(box, 1))).toBeUndefined();
    expect(read(up.alert(box), '')).toBeUndefined();
  });

  it('never throws, whatever became of its bytes on the way', () => {
    for (const bytes of mutations(onTheWire(numberedAlert(box, 1)))) {
      const message = readMessage(up.alert(box), bytes);
      expect(message?.state ?? 'none').toMatch(/^(valid|refused|none)$/);
    }
  });
});
