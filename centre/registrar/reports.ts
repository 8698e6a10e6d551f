/**
 * What boxes report of their configuration, their indicators and the commands they were given -> the register. Of a state only the latest counts, so a
 * box that says it a thousand times a second costs one row in each round. What follows no schema, or speaks for another box, is counted and left out.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import { commandResponseSchema } from '../../firmware/contract/command-message.ts';
import { configReportedSchema } from '../../firmware/contract/config-message.ts';
import { intelligenceReportedSchema } from '../../firmware/contract/intelligence-message.ts';
import { boxOfTopic, up } from '../../firmware/contract/topics.ts';
import { boxIds } from '../register/boxes.ts';
import { inTransaction } from '../register/register-file.ts';

/** As large as the broker takes. */
const reportBytesMax = 256 * 1024;
/** Answers in one round; nobody asks for more. */
const answersMax = 1_000;

interface Arrival {
  box: string;
  payload: Uint8Array;
  receivedMs: number;
}

export class Reports {
  readonly #register: DatabaseSync;
  readonly #configs = new Map<string, Arrival>();
  readonly #intelligence = new Map<string, Arrival>();
  #answers: Arrival[] = [];
  #known = new Set<string>();
  /** Since the start: reports that were written, and those that were of no use. */
  readonly counts = { written: 0, refused: 0 };

  constructor(register: DatabaseSync) {
    this.#register = register;
  }

  /** Returns false where the topic is none of these. Writes nothing yet. */
  take(topic: string, payload: Uint8Array, receivedMs: number): boolean {
    const box = boxOfTopic(topic);
    if (box === undefined) return false;
    const arrival = { box, payload, receivedMs };
    if (topic === up.configReported(box)) this.#keep(this.#configs, arrival);
    else if (topic === up.intelReported(box)) this.#keep(this.#intelligence, arrival);
    else if (topic === up.commandResponse(box)) this.#keepAnswer(arrival);
    else return false;
    return true;
  }

  /** Writes what has come. Throws where the register does; what was taken then waits for the next time. */
  write(): void {
    if (this.#configs.size + this.#intelligence.size + this.#answers.length === 0) return;
    this.#known = new Set(boxIds(this.#register));
    const counts = { written: 0, refused: 0 };
    inTransaction(this.#register, () => {
      for (const arrival of this.#configs.values()) this.#writeState('config_reported', configReportedSchema, arrival, counts);
      for (const arrival of this.#intelligence.values()) this.#writeState('intel_reported', intelligenceReportedSchema, arrival, counts);
      for (const arrival of this.#answers) this.#writeAnswer(arrival, counts);
    });
    this.counts.written += counts.written;
    this.counts.refused += counts.refused;
    this.#configs.clear();
    this.#intelligence.clear();
    this.#answers = [];
  }

  /** Only boxes of the register have a place, so there are never more than these. An empty message is how a retained one is cleared. */
  #keep(kept: Map<string, Arrival>, arrival: Arrival): void {
    if (arrival.payload.length === 0) return;
    if (arrival.payload.length <= reportBytesMax && this.#isKnown(arrival.box)) kept.set(arrival.box, arrival);
    else this.counts.refused++;
  }

  #keepAnswer(arrival: Arrival): void {
    if (arrival.payload.length <= reportBytesMax && this.#answers.length < answersMax && this.#isKnown(arrival.box))
      this.#answers.push(arrival);
    else this.counts.refused++;
  }

  #isKnown(box: string): boolean {
    if (this.#known.has(box)) return true;
    const row = this.#register.prepare('select box from box where box = ?').get(box);
    if (row !== undefined) this.#known.add(box);
    return row !== undefined;
  }

  #writeState(
    table: 'config_reported' | 'intel_reported',
    schema: z.ZodType<{ box: string }>,
    { box, payload, receivedMs }: Arrival,
    counts: Reports['counts'],
  ): void {
    const report = valid(schema, payload);
    if (report?.box !== box || !this.#known.has(box)) {
      counts.refused++;
      return;
    }
    this.#register
      .prepare(
        `insert into ${table} (box, body, received_ms) values (?, ?, ?)
         on conflict (box) do update set body = excluded.body, received_ms = excluded.received_ms`,
      )
      .run(box, JSON.stringify(report), receivedMs);
    counts.written++;
  }

  /** The first answer counts: a later one is a repeat, or another's. */
  #writeAnswer({ box, payload, receivedMs }: Arrival, counts: Reports['counts']): void {
    const answer = valid(commandResponseSchema, payload);
    if (answer?.box !== box || answer.id === undefined) {
      counts.refused++;
      return;
    }
    // A copy that was refused is not the answer to the command itself. What a box found is for whoever asked: the register keeps that it answered.
    if (answer.code === 'replayed') return;
    const { result: _result, ...kept } = answer;
    this.#register
      .prepare('update command set response = ?, answered_ms = ? where id = ? and box = ? and answered_ms is null')
      .run(JSON.stringify(kept), receivedMs, answer.id, box);
    counts.written++;
  }
}

function valid<T>(schema: z.ZodType<T>, payload: Uint8Array): T | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
