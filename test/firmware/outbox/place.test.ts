import { describe, expect, it } from 'vitest';
import { durableKinds } from '../../../firmware/contract/durable.ts';
import { kindAt, kindsInOrder, placeOf, placesOfKind, placesOfSeq, seqAt } from '../../../firmware/outbox/place.ts';

describe('places in the order of sending', () => {
  it('knows the kinds of the contract, in its order', () => {
    expect(kindsInOrder).toEqual(durableKinds);
  });

  it('sorts by kind, then by number, and gives both back', () => {
    const places = kindsInOrder.flatMap((kind) => [1, 2, placesOfKind - 1].map((seq) => placeOf(kind, seq)));
    expect(places.toSorted((a, b) => a - b)).toEqual(places);
    expect(places.every(Number.isSafeInteger)).toBe(true);
    for (const kind of kindsInOrder) expect([kindAt(placeOf(kind, 7)), seqAt(placeOf(kind, 7))]).toEqual([kind, 7]);
    expect(placesOfSeq(7)).toContain(placeOf('evidence', 7));
  });
});
