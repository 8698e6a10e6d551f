/** A fault that the person at the keyboard can mend. The command line shows its one line on standard error and ends with the status. */

/** Exit status of DESIGN's commands: wrong usage or unreadable input. */
export const exitUsage = 2;

export class UserError extends Error {
  override readonly name = 'UserError';
}

/** One line, whatever the text of the fault was. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, '; ').trim();
}
