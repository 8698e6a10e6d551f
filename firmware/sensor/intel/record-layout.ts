/**
 * One record of the compiled form: what a list says of an indicator, shared by all indicators of which it says the same. Seven
 * 32-bit words. Strings are numbers in the string table; times are seconds since 1970; 0 is "absent" everywhere.
 */

export const recordWords = 7;
export const recordField = {
  family: 0,
  source: 1,
  reference: 2,
  firstSeen: 3,
  /** The indicator or allowance counts up to this second; 0: for ever. */
  validUntil: 4,
  /** The record that counts once this one has ended: of the same value, weaker, and valid for longer. */
  under: 5,
  /** Bits 0-7 confidence, 8-11 TLP (1 + its place in the list of TLPs), 12 set for an allowance. */
  flags: 6,
} as const;

/** Records one beneath the other: at most one for each confidence from 0 to 100, of allowances and of indicators. */
export const underMax = 202;

export const tlpShift = 8;
export const tlpMask = 15;
export const allowFlag = 1 << 12;

/** A word that refers to a record keeps the type of its indicator above these bits. */
export const recordBits = 26;
export const recordsMax = 1 << recordBits;
export const recordMask = recordsMax - 1;
