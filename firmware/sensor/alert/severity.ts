/** How serious a contact is: follows how far it went and how sure the list is. Pure. */
import type { Stage } from '../../contract/alert.ts';

const severityOfStage: Record<Stage, number> = { attempt: 2, contact: 3, exchange: 4 };
const confidenceDoubtful = 50;
const confidenceWeak = 25;
const severityMax = 4;

/**
 * 1 notice, 2 suspicious, 3 serious, 4 critical. `inbound`: the known-bad side began it; knocking at our door without an answer is no
 * contact with a C2 server, so it is 1 whatever the confidence. `isDuty`: in a period of heightened watch an attempt of ours counts one step more.
 */
export function severityOf(stage: Stage, confidence: number, inbound: boolean, isDuty = false): number {
  let severity = severityOfStage[stage];
  if (inbound) severity--;
  if (confidence < confidenceDoubtful) severity--;
  if (confidence < confidenceWeak) severity--;
  severity = Math.max(1, severity);
  return isDuty && stage === 'attempt' && !inbound ? Math.min(severityMax, severity + 1) : severity;
}
