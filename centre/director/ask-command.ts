/**
 * Commands to boxes -> their answers: each signed for one box, with an id of its own, soon out of date, and never retained. Answers come from boxes: one
 * counts only where it comes from the box that was asked, and names the question. Questions and answers are kept in the register.
 */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { hashOfJson } from '../../firmware/contract/canonical-json.ts';
import {
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  commandLifetimeSecondsDefault,
  commandResponseSchema,
} from '../../firmware/contract/command-message.ts';
import { payloadTypes } from '../../firmware/contract/envelope.ts';
import { boxOfTopic, down, up } from '../../firmware/contract/topics.ts';
import type { Received } from '../connection.ts';
import { inTransaction, recordEvent } from '../register/register-file.ts';
import { Attendance } from './attendance.ts';
import { readBoxMessage } from './box-message.ts';
import { sealed } from './config-orders.ts';
import type { Director } from './director.ts';
import { inParallel } from './in-parallel.ts';

const publishedAtOnce = 16;
const lookMs = 200;
/** A box that floods its topic is heard no more. */
const answersOfBoxMax = 1_000;
/** Of a question that is larger, the register keeps the hash: the box keeps the question itself in its ledger. */
const recordedBytesMax = 4_096;
const recordedDays = 365;
const dayMs = 86_400_000;

export interface Question {
  box: string;
  command: CommandName;
  arguments: CommandRequest['arguments'];
}

/** `away`: gets it where it is back before it expires. `silent`: no answer in time. */
export type AnswerState = CommandResponse['state'] | 'away' | 'silent' | 'not-sent';

export interface Answer {
  box: string;
  id: string;
  command: CommandName;
  state: AnswerState;
  response?: CommandResponse;
  /** Why it was not sent. */
  reason?: string;
  ms: number;
}

export interface AskOptions {
  author?: string | undefined;
  waitMs: number;
  lifetimeSeconds?: number;
  signal?: AbortSignal | undefined;
  /** As soon as a box has answered; not for those that are away or silent in the end. */
  onAnswer?: ((answer: Answer) => void) | undefined;
}

/** One answer for each question, in their order. Rejects with a `UserError` where key or broker cannot be had: then nothing was asked. */
export async function ask(director: Director, questions: readonly Question[], options: AskOptions): Promise<Answer[]> {
  const { key, link } = await director.ready();
  const { author, lifetimeSeconds = commandLifetimeSecondsDefault, signal } = options;
  const nowMs = Date.now();
  const requests = questions.map(
    ({ box, command, arguments: words }): CommandRequest => ({
      schema: 'command-request/1',
      box,
      id: randomUUID(),
      command,
      arguments: words,
      issued: new Date(nowMs).toISOString(),
      expires: new Date(nowMs + lifetimeSeconds * 1_000).toISOString(),
      ...(author === undefined ? {} : { author }),
    }),
  );
  const boxes = [...new Set(requests.map(({ box }) => box))];
  const wait = new AnswerWait(requests, options);
  const stop = await link.listen([...boxes.map(up.commandResponse), ...Attendance.topics(boxes)], (message) => wait.hear(message));
  wait.begin();
  try {
    recordRequests(director.register, requests, nowMs);
    await inParallel(requests, publishedAtOnce, async (request) => {
      try {
        if (signal?.aborted === true) throw new Error('interrupted');
        const terms = { expirySeconds: lifetimeSeconds, correlation: request.id };
        await link.publish(down.commandRequest(request.box), sealed(payloadTypes.command, request, key), terms);
      } catch (error) {
        wait.notSent(request.id, error instanceof Error ? error.message : String(error));
      }
    });
    return await wait.answers();
  } finally {
    stop();
    recordAnswers(director.register, wait.settled());
  }
}

interface Pending {
  request: CommandRequest;
  answer?: Answer;
  /** That it was asked before: the answer to the first asking is lost, or still to come. */
  replayed?: CommandResponse;
}

class AnswerWait {
  readonly #options: AskOptions;
  readonly #attendance = new Attendance();
  readonly #pending: Map<string, Pending>;
  readonly #heard = new Map<string, number>();
  readonly #startedMs = performance.now();
  readonly #over = Promise.withResolvers<void>();
  #open: number;

  constructor(requests: readonly CommandRequest[], options: AskOptions) {
    this.#options = options;
    this.#pending = new Map(requests.map((request) => [request.id, { request }]));
    this.#open = this.#pending.size;
    for (const { box } of requests) this.#heard.set(box, 0);
  }

  begin(): void {
    this.#attendance.begin();
  }

  hear(message: Received): void {
    if (this.#attendance.hear(message)) return;
    const box = boxOfTopic(message.topic) ?? '';
    const heard = this.#heard.get(box);
    if (heard === undefined || heard >= answersOfBoxMax) return;
    this.#heard.set(box, heard + 1);
    const response = readBoxMessage(message, commandResponseSchema);
    const pending = this.#pending.get(response?.id ?? message.correlation ?? '');
    if (response === undefined || pending === undefined || pending.request.box !== box || pending.answer !== undefined) return;
    // An order that was said again on a new connection may come twice.
    if (response.code === 'replayed') pending.replayed = response;
    else this.#settle(pending, response.state, { response });
  }

  notSent(id: string, reason: string): void {
    const pending = this.#pending.get(id);
    if (pending !== undefined && pending.answer === undefined) this.#settle(pending, 'not-sent', { reason });
  }

  settled(): Answer[] {
    return [...this.#pending.values()].flatMap(({ answer }) => answer ?? []);
  }

  async answers(): Promise<Answer[]> {
    const { waitMs, signal } = this.#options;
    const end = () => this.#over.resolve();
    const timer = setTimeout(end, waitMs);
    const look = setInterval(() => {
      if ([...this.#pending.values()].every(({ answer, request }) => answer !== undefined || this.#attendance.isAway(request.box))) end();
    }, lookMs);
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true || this.#open === 0) end();
    await this.#over.promise;
    clearTimeout(timer);
    clearInterval(look);
    signal?.removeEventListener('abort', end);
    return [...this.#pending.values()].map((pending) => pending.answer ?? this.#without(pending));
  }

  #settle(pending: Pending, state: AnswerState, more: Pick<Answer, 'response' | 'reason'>): void {
    pending.answer = { ...this.#base(pending), state, ...more };
    this.#options.onAnswer?.(pending.answer);
    if (--this.#open === 0) this.#over.resolve();
  }

  #without(pending: Pending): Answer {
    if (pending.replayed !== undefined) return { ...this.#base(pending), state: 'refused', response: pending.replayed };
    return { ...this.#base(pending), state: this.#attendance.isAway(pending.request.box) ? 'away' : 'silent' };
  }

  #base({ request: { box, id, command } }: Pending): Omit<Answer, 'state'> {
    return { box, id, command, ms: performance.now() - this.#startedMs };
  }
}

function recordRequests(register: DatabaseSync, requests: readonly CommandRequest[], nowMs: number): void {
  const insert = register.prepare('insert into command (id, box, command, request, created_ms) values (?, ?, ?, ?, ?)');
  inTransaction(register, () => {
    register.prepare('delete from command where created_ms < ?').run(nowMs - recordedDays * dayMs);
    for (const request of requests) {
      const { id, box, command, author } = request;
      const text = JSON.stringify(request);
      const short =
        text.length <= recordedBytesMax ? text : JSON.stringify({ ...request, arguments: { sha256: hashOfJson(request.arguments) } });
      insert.run(id, box, command, short, nowMs);
      recordEvent(register, 'command', box, `${command}${author === undefined ? '' : ` by ${author}`}`, nowMs);
    }
  });
}

function recordAnswers(register: DatabaseSync, answers: readonly Answer[]): void {
  const update = register.prepare('update command set response = ?, answered_ms = ? where id = ?');
  inTransaction(register, () => {
    for (const { id, command, response } of answers) {
      if (response !== undefined) update.run(recordedResponse(command, response), Date.now(), id);
    }
  });
}

/** Which machine visited what is not for the register: who asked has read it. What is nested beyond writing is left out as well. */
function recordedResponse(command: CommandName, { result, ...response }: CommandResponse): string {
  try {
    if (command !== 'retro-match' && result !== undefined) return JSON.stringify({ ...response, result });
  } catch {
    // The rest says what came of it.
  }
  return JSON.stringify(response);
}
