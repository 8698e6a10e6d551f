/** A fault that the person at the keyboard can mend. The command line shows its one line on standard error and ends with the status. */

/** Wrong usage or unreadable input. */
export const exitUsage = 2;

export class UserError extends Error {
  override readonly name = 'UserError';
}
