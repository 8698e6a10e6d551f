import { describe, expect, it } from 'vitest';
import { kindName } from '../../../../firmware/sensor/memory/sighting.ts';
import { SightingTable } from '../../../../firmware/sensor/memory/sighting-table.ts';
import { see } from './seen.ts';

describe('the table of sightings', () => {
  it('has one row for a machine and a value, with first and last time and count', () => {
    const table = new SightingTable({ rowsMax: 100, rowsPerHostMax: 100 });
    const rows = [
      see(table, { what: 'a.example', first: 50, times: 2 }),
      see(table, { what: 'a.example', first: 10 }),
      see(table, { what: 'b.example' }),
    ];
    expect(rows).toEqual([0, 0, 1]);
    expect(table.take(1).rows).toBe(2);
    expect(table.rows).toBe(0);
  });

  it('keeps kinds, ports and machines apart', () => {
    const table = new SightingTable({ rowsMax: 100, rowsPerHostMax: 100 });
    const all = [
      { what: '203.0.113.1:80' },
      { what: '203.0.113.1:443' },
      { what: '[2001:db8::1]:443' },
      { what: '203.0.113.1:80', host: '10.0.0.6' },
      { what: '203.0.113.1:80', host: 'fd00::6' },
      { what: '203.0.113.1:80', mac: '02:00:00:00:00:01' },
      { what: 'a.example' },
      { what: 'ja4' },
    ];
    expect(new Set(all.map((one) => see(table, one))).size).toBe(all.length);
  });

  it('at its cap refuses new pairs, counts them, and goes on with known ones', () => {
    const table = new SightingTable({ rowsMax: 5000, rowsPerHostMax: 5000 });
    for (let number = 0; number < 9000; number++) see(table, { what: `n${number}.example`, host: `10.0.${number & 7}.1` });
    expect(table.rows).toBe(5000);
    expect(table.refused).toBe(4000);
    expect(see(table, { what: 'n7.example', host: '10.0.7.1' })).toBe(7);
    expect(see(table, { what: 'late.example' })).toBe(-1);
  });

  it('gives one machine a share, so that it does not blind the memory for the others', () => {
    const table = new SightingTable({ rowsMax: 1000, rowsPerHostMax: 125 });
    for (let number = 0; number < 2000; number++) see(table, { what: `n${number}.tunnel.example` });
    expect(table.rows).toBe(125);
    expect(see(table, { what: 'evil.example', host: '10.0.0.6' })).toBe(125);
  });

  it('refuses a value that is longer than any name', () => {
    const table = new SightingTable({ rowsMax: 10, rowsPerHostMax: 10 });
    table.setHost(0, 0, 0xffff, 1);
    expect(table.seeText(kindName, Buffer.alloc(300, 0x61), 0, 256, -1, 1, 0, 0, 1)).toBe(-1);
    expect(table.refused).toBe(1);
  });
});
