import { describe, expect, it } from 'vitest';
import { isFaultOfMessage } from '../../../centre/ingest/store-fault.ts';
import { StoreError } from '../../../centre/store/store-error.ts';

const withCode = (code: string | number, name: 'code' | 'errcode' = 'code') => Object.assign(new Error('x'), { [name]: code });
const wrapped = (cause: unknown) => new StoreError('database.failed', { store: 's', reason: 'r' }, cause);

describe('a fault of the store', () => {
  it('is the fault of the message where no attempt can help', () => {
    // Text that is no UTF-8, a constraint, nested too deep; too big, a constraint; a value that cannot be bound.
    for (const error of [
      withCode('22021'),
      withCode('23502'),
      withCode('54001'),
      withCode(18, 'errcode'),
      withCode(2_067, 'errcode'),
      new TypeError('x'),
    ])
      for (const one of [error, wrapped(error)]) expect(isFaultOfMessage(one)).toBe(true);
  });

  it('is that of the store in all other cases, so that nothing is given up in doubt', () => {
    const errors = [
      withCode('53100'),
      withCode('57P01'),
      withCode('08006'),
      withCode('40001'),
      withCode('25006'),
      withCode('EPIPE'),
      withCode('ECONNREFUSED'),
    ];
    for (const error of [
      ...errors,
      withCode(13, 'errcode'),
      withCode(5, 'errcode'),
      withCode(10, 'errcode'),
      new Error('x'),
      'text',
      undefined,
    ])
      for (const one of [error, wrapped(error)]) expect(isFaultOfMessage(one)).toBe(false);
  });
});
