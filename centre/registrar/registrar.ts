/**
 * The desk of the centre at which certificates are asked for: claims of new boxes and renewals of those that are in, one after the other, so that a flood
 * costs time and nothing else. Keeps the register up to date with what boxes report, and notices when an id is used twice. Several may run at once on
 * one register: they share the requests, and the register decides. Opens no file.
 */
import { boxOfTopic, centre, claimTopics, down, everyBox, shared, up } from '../../firmware/contract/topics.ts';
import { keepConnected } from '../broker-link.ts';
import { type BrokerAccess, type Connection, openConnection, type Received } from '../connection.ts';
import { recordEvent } from '../register/register-file.ts';
import { ClaimDesk, type DeskParts } from './claim-desk.ts';
import { CloneWatch } from './clone-watch.ts';
import { answerOf, type Judgement } from './judgement.ts';
import { type CentreNotice, Notices } from './notice.ts';
import { RenewalDesk } from './renewal-desk.ts';
import { Reports } from './reports.ts';

/** Reports wait so long for others, to be written together. */
const reportsEveryMs = 150;
const statusMs = 60_000;
/** Answers on their way at once; beyond, those who hold no claim of ours get none, and at last nobody: they ask again. */
const strangersAnswersMax = 100;
const answersMax = 1_000;
const receiveMaximum = 200;

export interface RegistrarLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface RegistrarParts extends Omit<DeskParts, 'nowMs'> {
  access: BrokerAccess;
  /** Of those who share the requests; known to the processes of this centre alone, for whoever knows it may join. */
  group: string;
  /** Certificates ended because others took their place: the broker should learn of it. */
  ended: (serials: readonly string[], box: string) => void;
  log: RegistrarLog;
  nowMs?: () => number;
}

export class Registrar {
  readonly #parts: RegistrarParts;
  readonly #nowMs: () => number;
  readonly #claims: ClaimDesk;
  readonly #renewals: RenewalDesk;
  readonly #reports: Reports;
  readonly #clones = new CloneWatch();
  readonly #notices: Notices;
  readonly #seen = new Set<string>();
  readonly #counts = { claims: 0, renewals: 0, issued: 0, refused: 0, notices: 0 };
  #connection: Connection | undefined;
  #answersOnTheirWay = 0;
  #lastProblem = '';
  /** Resolves at the first subscription that the broker granted. */
  readonly ready: Promise<void>;
  readonly #isReady: () => void;

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
    this.#nowMs = parts.nowMs ?? Date.now;
    const desk = { register: parts.register, issue: parts.issue, nowMs: this.#nowMs };
    this.#claims = new ClaimDesk(desk);
    this.#renewals = new RenewalDesk(desk);
    this.#reports = new Reports(parts.register);
    this.#notices = new Notices((notice) => this.#tell(notice));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#isReady = resolve;
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts, reports: this.#reports.counts.written, reportsRefused: this.#reports.counts.refused };
  }

  /** Until `signal` is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { access, log } = this.#parts;
    const writing = setInterval(() => this.#writeReports(), reportsEveryMs);
    const status = setInterval(() => log.info(this.counts, 'status'), statusMs);
    const receive = (message: Received, done: () => void) => void this.#receive(message).finally(done);
    await keepConnected(
      {
        open: (stop) => openConnection(access, { receiveMaximum }, receive, stop),
        begin: (connection) => this.#begin(connection),
        problem: (text) => this.#note(text),
      },
      signal,
    );
    clearInterval(writing);
    clearInterval(status);
    this.#writeReports();
    log.info(this.counts, 'stopped');
  }

  async #begin(connection: Connection): Promise<void> {
    const { group, access, log } = this.#parts;
    this.#connection = connection;
    await connection.subscribe([everyBox.presence, everyBox.configReported, everyBox.intelReported]);
    const requests = [claimTopics.request('+'), everyBox.certificateRequest, everyBox.commandResponse];
    await connection.subscribe(requests.map((topic) => shared(group, topic)));
    this.#lastProblem = '';
    this.#isReady();
    log.info({ broker: new URL(access.url).host }, 'connected to the broker');
  }

  /** One at a time: the next message is read when this one is dealt with. Never rejects. */
  async #receive({ topic, payload, isRetained }: Received): Promise<void> {
    try {
      const claim = claimOfTopic(topic);
      const box = boxOfTopic(topic);
      if (claim !== undefined) await this.#claimed(claim, payload);
      else if (box === undefined) return;
      else if (topic === up.presence(box)) this.#present(box, topic, payload, isRetained);
      else if (topic === up.certificateRequest(box)) await this.#renew(box, payload);
      else this.#reports.take(topic, payload, this.#nowMs());
    } catch (error) {
      // A register that is locked for long, or a full disk: the box asks again.
      this.#note(`a request could not be dealt with: ${messageOf(error)}`);
    }
  }

  async #claimed(claim: string, payload: Uint8Array): Promise<void> {
    this.#counts.claims++;
    const judgement = await this.#claims.judge(claim, payload);
    this.#account('claim', judgement);
    this.#answer(claimTopics.answer(claim), judgement);
  }

  async #renew(box: string, payload: Uint8Array): Promise<void> {
    this.#counts.renewals++;
    const judgement = await this.#renewals.judge(box, payload);
    if (judgement === undefined) return;
    this.#account('renewal', judgement);
    this.#answer(down.certificateAnswer(box), judgement);
  }

  /** Counts, logs, notices, and has those certificates ended that this one took the place of. */
  #account(what: 'claim' | 'renewal', judgement: Judgement): void {
    const { log, ended, register } = this.#parts;
    const { box } = judgement;
    if (judgement.state === 'issued') {
      this.#counts.issued++;
      log.info({ box, what, event: judgement.event ?? 'the same certificate again' }, 'certificate given');
      if (box !== undefined && judgement.superseded.length > 0) ended(judgement.superseded, box);
      return;
    }
    this.#counts.refused++;
    const { code, message, notice } = judgement;
    const text = `${what} refused (${code}): ${message}`;
    if (notice === undefined || !this.#notices.happened(notice, box, text)) return;
    log.warn({ box, what, code, reason: message }, 'certificate refused');
    recordEvent(register, 'refused', box, text, this.#nowMs());
  }

  /** Not waited for: no word of the broker is read while a request is dealt with, its acknowledgement no more than any other. */
  #answer(topic: string, judgement: Judgement): void {
    const most = judgement.box === undefined ? strangersAnswersMax : answersMax;
    if (this.#connection === undefined || this.#answersOnTheirWay >= most) return;
    this.#answersOnTheirWay++;
    this.#connection
      .publish(topic, answerOf(judgement))
      .catch((error: unknown) => this.#note(`an answer was not sent: ${messageOf(error)}`))
      .finally(() => this.#answersOnTheirWay--);
  }

  #present(box: string, topic: string, payload: Uint8Array, isRetained: boolean): void {
    const clone = this.#clones.heard(topic, payload);
    if (clone !== undefined && !isRetained && this.#notices.happened('box.clone', box, clone.text)) {
      this.#parts.log.warn({ box, reason: clone.text }, 'two machines with one id');
      recordEvent(this.#parts.register, 'clone', box, clone.text, this.#nowMs());
    }
    this.#noteFirstSign(box);
  }

  #noteFirstSign(box: string): void {
    if (this.#seen.has(box)) return;
    const { register } = this.#parts;
    if (register.prepare('select box from box where box = ?').get(box) === undefined) return;
    this.#seen.add(box);
    const told = register.prepare("select number from event where box = ? and kind = 'first-seen' limit 1").get(box);
    if (told === undefined) recordEvent(register, 'first-seen', box, 'heard for the first time', this.#nowMs());
  }

  #tell(notice: CentreNotice): void {
    this.#counts.notices++;
    this.#connection
      ?.publish(centre.notice, JSON.stringify(notice))
      // It stands among the events of the register all the same.
      .catch((error: unknown) => this.#note(`a notice was not sent: ${messageOf(error)}`));
  }

  #writeReports(): void {
    try {
      this.#reports.write();
    } catch (error) {
      this.#note(`reports were not written: ${messageOf(error)}`);
    }
  }

  /** A broker that is away for a day is one line. */
  #note(text: string): void {
    if (text === this.#lastProblem) return;
    this.#lastProblem = text;
    this.#parts.log.warn({ reason: text }, 'trouble');
  }
}

const claimPattern = /^[0-9a-f]{32}$/;

/** Undefined for any other topic, and for a name that no claim has. */
function claimOfTopic(topic: string): string | undefined {
  const claim = topic.split('/')[3] ?? '';
  return claimPattern.test(claim) && topic === claimTopics.request(claim) ? claim : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
