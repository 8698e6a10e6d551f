import { describe, expect, it } from 'vitest';
import { Displacements } from '../../../../centre/ingest/notice/displacements.ts';

const minuteMs = 60_000;

describe('sessions that put each other out', () => {
  it('are taken for a bad line while they are few, for a second machine once they are many, and are counted anew then', () => {
    const displacements = new Displacements();
    const told = Array.from({ length: 12 }, (_, count) => displacements.happened('box-01', count * 1_000));
    expect(told.map((times) => times ?? 0)).toEqual([0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 6]);
  });

  it('are forgotten after a while: a line that breaks a few times an hour is no clone', () => {
    const displacements = new Displacements();
    for (let count = 0; count < 100; count++) expect(displacements.happened('box-01', count * 3 * minuteMs)).toBeUndefined();
  });

  it('are noted for a bounded number of boxes', () => {
    const displacements = new Displacements();
    for (let round = 0; round < 4; round++)
      for (let box = 0; box < 5_000; box++) expect(displacements.happened(`box-${box}`, round)).toBeUndefined();
  });
});
