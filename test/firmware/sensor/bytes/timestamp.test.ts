import { describe, expect, it } from 'vitest';
import { formatTimestamp } from '../../../../firmware/sensor/bytes/timestamp.ts';

const lastText = '9999-12-31T23:59:59.999999Z';

describe('frame times as text', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000000Z'],
    [1, '1970-01-01T00:00:00.000001Z'],
    [999_999, '1970-01-01T00:00:00.999999Z'],
    [1_580_000_000_123_456, '2020-01-26T00:53:20.123456Z'],
    [1_580_000_000_000_000, '2020-01-26T00:53:20.000000Z'],
    [4_294_967_295_999_999, '2106-02-07T06:28:15.999999Z'],
    [Number.MAX_SAFE_INTEGER, '2255-06-05T23:47:34.740991Z'],
  ])('%i µs is %s', (micros, text) => {
    expect(formatTimestamp(micros)).toBe(text);
  });

  it.each([-1, -1e15, Number.NEGATIVE_INFINITY])('%d, before 1970, is cut to it', (micros) => {
    expect(formatTimestamp(micros)).toBe('1970-01-01T00:00:00.000000Z');
  });

  it.each([1e18, Number.MAX_VALUE, Number.POSITIVE_INFINITY])('%d, after 9999, is cut to it', (micros) => {
    expect(formatTimestamp(micros)).toBe(lastText);
  });
});
