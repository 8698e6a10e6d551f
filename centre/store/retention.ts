/**
 * What makes room, in bounded steps: messages and closed alerts older than a time go, as do closed alerts of the centre and holes that
 * nobody will fill any more. An open alert stays, with its JSON. The highest numbers of the outboxes stay too. Opens no database.
 */
import type { Question } from './questions.ts';

/** One step holds up those who write for a tenth of a second or two. */
export const rowsOfStepMax = 2_000;

/**
 * The steps of one round, each in a transaction of its own. Where one changed `rowsOfStepMax` rows the round ends there. A message may go
 * only when no alert takes its JSON from it any more, whatever another process is about to forget at the same time.
 */
export function retentionSteps(beforeMs: number): readonly Question[] {
  const before = Math.round(beforeMs);
  // The outer conditions are asked again of a row that another process has just changed.
  return [
    {
      sql: `delete from alert where state = 'closed' and received_ms < ? and (box, id) in (
          select box, id from alert where received_ms < ? and state = 'closed' order by received_ms limit ?)`,
      values: [before, before, rowsOfStepMax],
    },
    {
      sql: `update alert set outbox = null, seq = null, body = (
          select message.body from message where message.box = alert.box and message.outbox = alert.outbox and message.seq = alert.seq)
        where state = 'open' and received_ms < ? and seq is not null and (box, id) in (
          select box, id from alert where state = 'open' and received_ms < ? and seq is not null limit ?)`,
      values: [before, before, rowsOfStepMax],
    },
    {
      sql: `delete from message where (box, outbox, seq) in (
          select box, outbox, seq from message where received_ms < ? order by received_ms limit ?)
        and not exists (select 1 from alert where received_ms < ? and seq is not null)`,
      values: [before, rowsOfStepMax, before],
    },
    {
      sql: `delete from centre_alert where state = 'closed' and id in (
          select id from centre_alert where stored_ms < ? and state = 'closed' order by stored_ms limit ?)`,
      values: [before, rowsOfStepMax],
    },
    {
      sql: 'delete from hole where (box, outbox, first_seq) in (select box, outbox, first_seq from hole where since_ms < ? limit ?)',
      values: [before, rowsOfStepMax],
    },
  ];
}
