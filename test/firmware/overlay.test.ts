import { describe, expect, it } from 'vitest';
import { laidOver } from '../../firmware/overlay.ts';

describe('a document laid over another', () => {
  it('takes the place of members by name, and leaves those that it does not name', () => {
    const under = { box: 'hx-01', capture: { interface: 'eth1', filter: '' }, homeNetworks: ['10.0.0.0/8'] };
    const over = { capture: { filter: 'tcp' }, homeNetworks: ['192.168.1.0/24'] };
    expect(laidOver(under, over)).toEqual({
      box: 'hx-01',
      capture: { interface: 'eth1', filter: 'tcp' },
      homeNetworks: ['192.168.1.0/24'],
    });
    expect(under.capture.filter).toBe('');
  });

  it('replaces what is no object as a whole', () => {
    expect(laidOver({ a: [1, 2] }, { a: [] })).toEqual({ a: [] });
    expect(laidOver({ a: { b: 1 } }, { a: 1 })).toEqual({ a: 1 });
    expect(laidOver(1, { a: 1 })).toEqual({ a: 1 });
  });

  it('does not reach the prototype of any object', () => {
    const merged = laidOver({ a: 1 }, JSON.parse('{"__proto__":{"evil":true},"constructor":{"evil":true}}'));
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).evil).toBeUndefined();
  });
});
