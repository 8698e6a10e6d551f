/**
 * Whose fault it is that the store did not take something: that of the message, which will never be taken, or that of the store, which
 * will take it later. In doubt it is the store's: then the message is kept and tried again.
 */

/** SQLSTATE classes (PostgreSQL manual, appendix A): data exception, integrity constraint, program limit exceeded. */
const dataClasses = new Set(['22', '23', '54']);
/** SQLite primary result codes: TOOBIG, CONSTRAINT, MISMATCH, RANGE. */
const dataCodes = new Set([18, 19, 20, 25]);
const causesMax = 5;

export function isFaultOfMessage(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < causesMax && cause instanceof Error; depth++) {
    // A value that a driver cannot even bind.
    if (cause instanceof TypeError || cause instanceof RangeError) return true;
    if ('errcode' in cause && typeof cause.errcode === 'number') return dataCodes.has(cause.errcode & 0xff);
    if ('code' in cause && typeof cause.code === 'string' && /^[0-9A-Z]{5}$/.test(cause.code))
      return dataClasses.has(cause.code.slice(0, 2));
    cause = cause.cause;
  }
  return false;
}
