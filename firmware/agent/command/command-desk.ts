/**
 * Commands of the director -> each is done once and answered. Verified at once, written to the journal before it is done, and done by whoever wiring
 * hands in; of one name one at a time. Does not know how any command is done, nor how answers travel.
 */
import type { KeyObject } from 'node:crypto';
import type { CommandFaultCode, CommandName, CommandResponse } from '../../contract/command-message.ts';
import type { LedgerWriter, OrderOutcome } from '../ledger/ledger-entry.ts';
import { Refusals } from '../orders/refusals.ts';
import type { Disk } from '../orders/stored-file.ts';
import type { TrustedTime } from '../orders/trusted-time.ts';
import { CommandJournal } from './command-journal.ts';
import { type CommandArguments, type RefusedCommand, readCommand, type SignedCommand } from './signed-command.ts';

/** Commands of one name that wait; nobody has a use for more. */
const waitingMax = 4;
/** Of an answer, as JSON. */
const resultBytesMax = 200_000;
/** A command that never ends must not block its name for good. Looking through a month of memory takes minutes. */
const commandTimeoutMsDefault = 15 * 60_000;
/** What no director has signed is answered, and stands in the ledger, so often, with its count. */
const refusalEveryMs = 60_000;
const messageCharactersMax = 1_000;
const refusedMax = 1_000;

/** Thrown by a handler: the command was understood, and this is why it was not done. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
  readonly code: Extract<CommandFaultCode, 'busy' | 'not-kept' | 'failed'>;

  constructor(code: CommandFault['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Does it, and resolves with what the centre shall see, as JSON. */
export type CommandHandlers = { [Name in CommandName]: (given: CommandArguments[Name]) => Promise<unknown> };

export interface CommandDeskParts {
  box: string;
  directorKeys: readonly KeyObject[];
  /** The journal. */
  file: string;
  handlers: CommandHandlers;
  /** `correlation`: of the request, to be echoed. */
  respond: (response: CommandResponse, correlation: Uint8Array | undefined) => void;
  time: Pick<TrustedTime, 'now' | 'judge' | 'signed'>;
  ledger: LedgerWriter;
  log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  commandTimeoutMs?: number;
  journalMax?: number;
  monotonicMs?: () => number;
  disk?: Disk;
}

interface Waiting {
  signed: SignedCommand;
  correlation: Uint8Array | undefined;
}

/** Of one name: one at work, some that wait. */
interface Lane {
  count: number;
  work: Promise<void>;
}

type Outcome = Pick<CommandResponse, 'state' | 'code' | 'message' | 'result'>;

export class CommandDesk {
  readonly #parts: CommandDeskParts;
  readonly #journal: CommandJournal;
  readonly #refusals: Refusals;
  readonly #lanes = new Map<CommandName, Lane>();
  /** Told to be refused already: once is enough. */
  readonly #refused = new Set<string>();
  /** Taken, and not answered yet. */
  readonly #unanswered = new Set<string>();

  /** Reads the journal. */
  constructor(parts: CommandDeskParts) {
    this.#parts = parts;
    const { file, journalMax, disk, time, log } = parts;
    this.#refusals = new Refusals(refusalEveryMs, parts.monotonicMs ?? (() => performance.now()));
    this.#journal = new CommandJournal({
      file,
      nowMs: () => time.now(),
      onProblem: (reason) => log.warn({ reason }, 'trouble with the journal of commands'),
      ...(journalMax === undefined ? {} : { commandsMax: journalMax }),
      ...(disk && { disk }),
    });
  }

  /** A message on `cmd/req`. Returns at once. Throws an `Error` where no director has signed it for this box. */
  request({ payload, correlation }: { payload: Uint8Array; correlation?: Uint8Array }): void {
    // A command that was retained and is cleared: none.
    if (payload.length === 0) return;
    const { box, directorKeys } = this.#parts;
    const read = readCommand(payload, box, directorKeys);
    if ('code' in read) this.#refuse(read, correlation);
    else {
      const fault = this.#faultOf(read);
      if (fault === undefined) this.#enqueue({ signed: read, correlation });
      else {
        // What its director was told is refused must not be done after all, when somebody sends it again later.
        if (fault.code === 'busy' || fault.code === 'not-yet-valid') void this.#note(read);
        this.#refuse({ ...fault, ...aboutOf(read), isOurs: true }, correlation);
      }
    }
  }

  #faultOf({ request }: SignedCommand): { code: CommandFaultCode; message: string } | undefined {
    const { id, command, issued, expires } = request;
    if (this.#journal.knows(id, Date.parse(issued))) return { code: 'replayed', message: 'was taken before' };
    const fault = this.#faultOfTime(issued, expires);
    if (fault !== undefined) return fault;
    if ((this.#lanes.get(command)?.count ?? 0) <= waitingMax) return undefined;
    return { code: 'busy', message: `${waitingMax} commands of this name wait already` };
  }

  #faultOfTime(issued: string, expires: string): { code: CommandFaultCode; message: string } | undefined {
    const { time } = this.#parts;
    const validity = time.judge(Date.parse(issued), Date.parse(expires));
    if (validity === 'valid') return undefined;
    const now = new Date(time.now()).toISOString();
    const message = validity === 'expired' ? `was valid until ${expires}` : `was issued at ${issued}`;
    return { code: validity, message: `${message}; for this box it is ${now}` };
  }

  /** Known from here on; resolves with true once that is on disk. */
  #note({ request }: SignedCommand): Promise<boolean> {
    return this.#journal.take(request.id, Date.parse(request.issued)).then(
      () => true,
      (error: unknown) => {
        this.#parts.log.warn({ reason: messageOf(error) }, 'a command could not be noted');
        return false;
      },
    );
  }

  #enqueue(waiting: Waiting): void {
    const { id, command, issued } = waiting.signed.request;
    this.#parts.time.signed(Date.parse(issued));
    const noted = this.#note(waiting.signed);
    const lane = this.#lanes.get(command) ?? { count: 0, work: Promise.resolve() };
    this.#lanes.set(command, lane);
    lane.count++;
    this.#unanswered.add(id);
    lane.work = lane.work.then(async () => {
      const outcome: Outcome = (await noted) ? await this.#done(waiting.signed) : { state: 'failed', code: 'failed', message: notNoted };
      lane.count--;
      this.#unanswered.delete(id);
      this.#answer(outcome, waiting);
    });
  }

  /** Never rejects. */
  async #done({ request, arguments: given, signer }: SignedCommand): Promise<Outcome> {
    const { command, issued, expires } = request;
    const fault = this.#faultOfTime(issued, expires);
    if (fault !== undefined) return { state: 'refused', ...fault };
    this.#record(request, 'begun', signer);
    const { commandTimeoutMs = commandTimeoutMsDefault } = this.#parts;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new CommandFault('failed', `took longer than ${commandTimeoutMs / 1_000} s`)), commandTimeoutMs);
    });
    try {
      // The arguments were checked by the schema of this very name.
      const handler = this.#parts.handlers[command] as (given: unknown) => Promise<unknown>;
      return resultOf(await Promise.race([handler(given), late]));
    } catch (error) {
      return { state: 'failed', code: error instanceof CommandFault ? error.code : 'failed', message: short(messageOf(error)) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Never throws. */
  #answer(outcome: Outcome, { signed, correlation }: Waiting): void {
    const { request, signer } = signed;
    this.#parts.log.info({ command: request.command, id: request.id, state: outcome.state, code: outcome.code }, 'command of the centre');
    this.#record(request, outcome.state, signer, outcome.message);
    this.#respond({ id: request.id, command: request.command, ...outcome }, correlation);
  }

  /** One that a director has signed for this box is always answered: he waits. But a copy of it may be sent as often as somebody likes. */
  #refuse(refused: RefusedCommand, correlation: Uint8Array | undefined): void {
    const { code, message, isOurs, id, command, signer, author } = refused;
    const isNews = isOurs && id !== undefined && code !== 'replayed' && !this.#refused.has(id);
    if (isNews) this.#rememberRefused(id);
    const times = isNews ? 1 : this.#refusals.due(code);
    if (times > 0) {
      const reason = `${code}: ${message}`.slice(0, messageCharactersMax);
      const entry = { kind: 'order', order: 'command', outcome: 'refused', id, command, signer, author, reason } as const;
      this.#parts.ledger.record(times > 1 ? { ...entry, times } : entry);
    }
    // The answer to the first copy must not look like a refusal.
    if (times > 0 && !this.#unanswered.has(id ?? ''))
      this.#respond({ id, command, state: 'refused', code, message: short(message) }, correlation);
    if (!isOurs) throw new Error(message);
  }

  #rememberRefused(id: string): void {
    this.#refused.add(id);
    const [oldest] = this.#refused;
    if (this.#refused.size > refusedMax && oldest !== undefined) this.#refused.delete(oldest);
  }

  #record({ id, command, author }: SignedCommand['request'], outcome: OrderOutcome, signer: string, reason?: string): void {
    this.#parts.ledger.record({ kind: 'order', order: 'command', outcome, id, command, signer, author, reason });
  }

  #respond(about: Omit<CommandResponse, 'schema' | 'box' | 'ts'>, correlation: Uint8Array | undefined): void {
    const { box, time, respond, log } = this.#parts;
    try {
      respond({ schema: 'command-response/1', box, ts: new Date(time.now()).toISOString(), ...about }, correlation);
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'an answer could not be sent');
    }
  }
}

const notNoted = 'the disk takes nothing, and a command that is not noted might be done twice';

function resultOf(result: unknown): Outcome {
  if (result === undefined) return { state: 'done' };
  const bytes = Buffer.byteLength(JSON.stringify(result) ?? '');
  if (bytes <= resultBytesMax) return { state: 'done', result };
  return { state: 'failed', code: 'failed', message: `the answer has ${bytes} bytes, more than ${resultBytesMax}` };
}

function aboutOf({ request, signer }: SignedCommand) {
  const { id, command, author } = request;
  return { id, command, signer, ...(author === undefined ? {} : { author }) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function short(text: string): string {
  return text.slice(0, messageCharactersMax);
}
