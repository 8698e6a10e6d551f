/** When the centre raises an alert of its own, and when it takes it back: every threshold, with its default and its meaning. */
import { z } from 'zod';

const seconds = z.number().min(0).max(31_536_000);

export const limitsSchema = z.strictObject({
  checkSeconds: z.number().min(0.1).max(3_600).default(5).meta({ description: 'how often the boxes are looked at' }),
  silentIntervals: z
    .number()
    .min(1)
    .max(1_000)
    .default(3)
    .meta({ description: 'a box is silent after this many of its health intervals …' }),
  silentGraceSeconds: seconds.default(60).meta({ description: '… and this long' }),
  lostGraceSeconds: seconds.default(60).meta({ description: 'how long a box that the broker lost may take to come back' }),
  stoppedSeconds: seconds.default(43_200).meta({ description: 'a planned stop that lasts longer is reported' }),
  blindSeconds: seconds.default(60).meta({ description: 'how long the capture may be down' }),
  quietSeconds: seconds.default(300).meta({ description: 'how long the mirror port may be without a packet' }),
  holeSeconds: seconds.default(120).meta({ description: 'how long a number may be missing where the box has nothing left to send' }),
  holeSecondsMax: seconds.default(86_400).meta({ description: 'how long a number may be missing at all' }),
  newOutboxSeconds: seconds.default(86_400).meta({ description: 'how long an outbox that a box began anew is reported' }),
  clockSeconds: seconds.default(5).meta({ description: 'how far the clock of a box may be off' }),
  clockMessages: z.int().min(1).max(20).default(3).meta({ description: 'messages that must agree that it is' }),
  unsyncedSeconds: seconds.default(1_800).meta({ description: 'how long a clock may go without synchronisation' }),
  outboxSeconds: seconds.default(30).meta({ description: 'how long a box may be unable to write its disk' }),
  waitingSeconds: seconds.default(1_800).meta({ description: 'how long a message may wait at a box that is connected' }),
  staleSeconds: seconds.default(604_800).meta({ description: 'how old the indicators of a box may be' }),
  staleGraceSeconds: seconds.default(600).meta({ description: 'how long a box may be without the right ones' }),
  closeSeconds: seconds.default(30).meta({ description: 'an alert is closed once all was well for this long' }),
  reopenSeconds: seconds.default(300).meta({ description: 'and is not raised anew before this' }),
  lossQuietSeconds: seconds.default(86_400).meta({ description: 'an alert of lost alerts is closed after this long without another' }),
  cloneQuietSeconds: seconds.default(86_400).meta({ description: 'one of two machines with one id likewise' }),
  refusedQuietSeconds: seconds.default(3_600).meta({ description: 'one of refused messages, certificates or clients likewise' }),
  updateSeconds: seconds.default(60).meta({ description: 'an open alert is not written again sooner' }),
});
export type Limits = z.output<typeof limitsSchema>;

/** Every limit with its default, a line each, for people. */
export function limitsInWords(): string {
  const entries = Object.entries(limitsSchema.shape);
  const width = Math.max(...entries.map(([name]) => name.length));
  const defaults: Readonly<Record<string, number>> = limitsSchema.parse({});
  return entries
    .map(([name, option]) => `  ${name.padEnd(width)} ${String(defaults[name]).padStart(6)}  ${option.meta()?.description ?? ''}`)
    .join('\n');
}
