/** A value of a list in canonical form, before it is hashed. All kinds have one shape, so that V8 keeps one hidden class. */
import type { IndicatorType } from './indicator.ts';

export interface ParsedValue {
  type: IndicatorType;
  /** Canonical text of all but addresses: name, `authority/path`, hex, JA4 or User-Agent. */
  text: string;
  /** A domain that matches only itself. */
  exact: boolean;
  /** Address words; IPv4 as `::ffff:a.b.c.d`. Host bits are cleared. */
  a: number;
  b: number;
  c: number;
  d: number;
  /** 0-32 for IPv4, 0-128 for IPv6. */
  prefixLength: number;
  /** 0 when there is none. */
  port: number;
}

export function textValue(type: IndicatorType, text: string, exact = false): ParsedValue {
  return { type, text, exact, a: 0, b: 0, c: 0, d: 0, prefixLength: 0, port: 0 };
}
