/**
 * One process that stores what the boxes send: broker -> inbox -> committer -> store -> acknowledger -> broker, and beside that way the
 * noticer and the word that the centre is there. Wiring, and the order of starting and stopping; several of these run at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CentreAlert } from '../../firmware/contract/centre-alert.ts';
import { boxIdPattern, broadcast, centre, everyBox, shared } from '../../firmware/contract/topics.ts';
import { brokerLogTopics } from '../broker/access.ts';
import { logEventMeanings, readLogLine } from '../broker/log-line.ts';
import { keepConnected } from '../broker-link.ts';
import { type BrokerAccess, type Connection, openConnection, type Received } from '../connection.ts';
import { readNotice } from '../registrar/notice.ts';
import type { Store } from '../store/store.ts';
import { Acknowledger } from './acknowledger.ts';
import { CentreAnnouncer } from './centre-announcer.ts';
import { Committer } from './committer.ts';
import { Eraser } from './eraser.ts';
import { Inbox } from './inbox.ts';
import { Displacements } from './notice/displacements.ts';
import type { Limits } from './notice/limits.ts';
import { Noticer } from './notice/noticer.ts';
import { keepRoom } from './retention.ts';

/**
 * Of the shared subscriptions: each message goes to one of the processes that name it. The broker lets anybody join a group whose name they
 * know, and a box that joined would take other boxes' messages away: so the name is known to this centre's processes alone.
 */
const groupSecret = 'group of the ingests';
/** Messages of QoS 1 on their way to us: enough to be busy, little enough to be dropped with the connection. */
const receiveMaximum = 500;
/** A store that is away for longer: better let other processes, if any, have the messages, and tell the boxes to wait. */
const storeAwayDefaultMs = 10_000;
/** How long a stopping process tries to store what it has. The boxes still have it. */
const lastCommitMs = 5_000;
const lastAckMs = 2_000;
const statusMs = 60_000;

export interface IngestLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface IngestParts {
  access: BrokerAccess;
  clientId: string;
  store: Store;
  limits: Limits;
  keepDays: number;
  /** Report whom the broker turns away. */
  isBrokerLogWanted: boolean;
  log: IngestLog;
  /** After so long without the store the broker is left. */
  storeAwayMs?: number;
  /** For the person in charge: one line, once for each trouble, and once when it is over. */
  say: (text: string) => void;
}

export class Ingest {
  readonly #parts: IngestParts;
  readonly #inbox = new Inbox();
  readonly #acknowledger: Acknowledger;
  readonly #announcer: CentreAnnouncer;
  readonly #eraser = new Eraser();
  readonly #noticer: Noticer;
  readonly #displacements = new Displacements();
  readonly #committer: Committer;
  #connection: Connection | undefined;
  #listeningSinceMs: number | undefined;
  #link: { stopping: AbortController; ended: Promise<void> } | undefined;
  #group: string | undefined;
  #isLinkWanted = false;
  #isStoreFailing = false;
  #isStopping = false;
  #lastProblem = '';
  #receivedBefore = 0;

  constructor(parts: IngestParts) {
    this.#parts = parts;
    const problem = (text: string) => this.#note(text);
    this.#acknowledger = new Acknowledger(problem);
    this.#announcer = new CentreAnnouncer(problem);
    this.#noticer = new Noticer({
      store: parts.store,
      limits: parts.limits,
      listeningSinceMs: () => this.#listeningSinceMs,
      publish: (alert) => this.#publish(alert),
      problem: (error) => parts.log.warn({ reason: messageOf(error) }, 'the boxes were not looked at'),
    });
    this.#committer = new Committer({
      store: parts.store,
      inbox: this.#inbox,
      committed: (arrivals) => this.#acknowledger.add(arrivals),
      refused: ({ box, why }) => this.#noticer.occurrences.happened('box.refused', box, why),
      lost: async (losses) => {
        if (losses.map((loss) => this.#noticer.countLoss(loss)).includes(true)) await this.#noticer.tellLosses();
      },
      heard: ({ box, health, isRetained, receivedMs }) => {
        if (health !== undefined && !isRetained) this.#noticer.heardClock(box, Date.parse(health.ts), receivedMs);
      },
      storeState: (failure) => this.#storeState(failure),
    });
  }

  /** Until `signal` is aborted; then stores and acknowledges what has come, says goodbye, and resolves. Never rejects. Closes the store. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, keepDays, log } = this.#parts;
    const givingUp = new AbortController();
    const status = setInterval(() => this.#logStatus(statusMs), statusMs);
    const problem = (error: unknown) => log.warn({ reason: messageOf(error) }, 'old messages were not removed');
    const retention = keepRoom({ store, keepDays, isClockTrusted: () => this.#noticer.isClockRight, problem }, signal);
    const noticing = this.#noticer.run(signal);
    const committing = this.#committer.run(givingUp.signal);
    this.#connect();
    await aborted(signal);
    this.#isStopping = true;
    this.#inbox.close();
    await inTime(committing, lastCommitMs);
    givingUp.abort();
    await inTime(this.#acknowledger.flushed(), lastAckMs);
    await this.#disconnect();
    clearInterval(status);
    this.#logStatus(undefined);
    // Whoever hangs in the store, or waits for its end, is not waited for: nothing more comes of it.
    await inTime(
      Promise.all([committing, noticing, retention]).then(() => store.close()),
      lastAckMs,
    );
  }

  #connect(): void {
    this.#isLinkWanted = true;
    if (this.#link !== undefined) return;
    this.#inbox.resume();
    const stopping = new AbortController();
    const { access, clientId } = this.#parts;
    const receive = (message: Received, done: () => void) => this.#receive(message, done);
    const ended = keepConnected(
      {
        open: (signal) => openConnection(access, { clientId, will: this.#announcer.will, receiveMaximum }, receive, signal),
        begin: (connection) => this.#begin(connection),
        leave: (connection) => this.#announcer.leave(connection),
        problem: (text) => this.#note(text),
      },
      stopping.signal,
    ).then(() => {
      this.#link = undefined;
      if (this.#isLinkWanted) this.#connect();
    });
    this.#link = { stopping, ended };
  }

  async #disconnect(): Promise<void> {
    this.#isLinkWanted = false;
    this.#inbox.pause();
    this.#link?.stopping.abort();
    await this.#link?.ended;
  }

  async #begin(connection: Connection): Promise<void> {
    this.#group ??= `ingest-${await this.#parts.store.secret(groupSecret)}`;
    const group = this.#group;
    const own = this.#parts.isBrokerLogWanted ? brokerLogTopics : [];
    await connection.subscribe([broadcast.centreState, everyBox.presence, everyBox.health, ...own]);
    await connection.subscribe(
      [everyBox.alert, everyBox.loss, everyBox.evidence].map((topic) => shared(group, topic)),
      { asPublished: true },
    );
    // One of us makes an alert of what the registrar noticed.
    await connection.subscribe([shared(group, centre.notice)]);
    this.#connection = connection;
    this.#listeningSinceMs = performance.now();
    void connection.closed.then(() => {
      if (this.#connection === connection) this.#listeningSinceMs = undefined;
    });
    this.#eraser.use(connection);
    this.#acknowledger.use(connection);
    this.#announcer.use(connection);
    if (this.#lastProblem !== '') this.#parts.say('connected to the broker again');
    this.#lastProblem = '';
    this.#parts.log.info({ broker: new URL(this.#parts.access.url).host, clientId: this.#parts.clientId }, 'connected to the broker');
  }

  #receive(message: Received, done: () => void): void {
    const { topic, payload, isRetained } = message;
    if (topic === broadcast.centreState) {
      this.#announcer.heard(payload, isRetained);
      done();
    } else if (isBrokerLog(topic)) {
      this.#noticeLogLine(payload.toString('utf8'));
      done();
    } else if (topic === centre.notice) {
      const notice = readNotice(payload);
      if (notice !== undefined) this.#noticer.occurrences.happened(notice.kind, notice.box, notice.text, notice.times, notice.times);
      done();
    } else {
      if (isRetained && topic.includes('/evidence/') && payload.length > 0) this.#eraser.erase(topic);
      this.#inbox.offer({ ...message, receivedMs: Date.now() }, done);
    }
  }

  #noticeLogLine(line: string): void {
    const event = readLogLine(line);
    if (event === undefined) return;
    const { client = '-', kind, topic, address, detail } = event;
    if (kind === 'client-displaced' && boxIdPattern.test(client)) {
      const times = this.#displacements.happened(client, performance.now());
      if (times !== undefined) this.#noticer.occurrences.happened('box.clone', client, `put each other out ${times} times`, times, 1);
    }
    if (!logEventMeanings[kind].isRefusal) return;
    const text = [kind, topic, address, detail].filter((part) => part !== undefined).join(' ');
    this.#noticer.occurrences.happened('broker.denied', boxIdPattern.test(client) ? client : '-', text);
  }

  #storeState(failure: { error: unknown; sinceMs: number } | undefined): void {
    const { log, say } = this.#parts;
    if (failure === undefined) {
      this.#isStoreFailing = false;
      log.info({}, 'the store takes messages again');
      say('the store takes messages again');
      if (!this.#isStopping) this.#connect();
      return;
    }
    const reason = messageOf(failure.error);
    if (!this.#isStoreFailing) {
      log.warn({ reason }, 'the store takes nothing; nothing is acknowledged until it does');
      say(`the store takes nothing, the boxes keep their messages meanwhile: ${reason}`);
    }
    this.#isStoreFailing = true;
    if (performance.now() - failure.sinceMs > (this.#parts.storeAwayMs ?? storeAwayDefaultMs) && !this.#isStopping) void this.#disconnect();
  }

  #publish(alert: CentreAlert): void {
    const { id, rev, state, box, kind } = alert;
    this.#parts.log.info({ id, rev, state, box, kind }, 'alert of the centre');
    this.#connection
      ?.publish(centre.alert(box), JSON.stringify(alert))
      // It is in the store; who watches the broker alone misses this revision.
      .catch((error: unknown) => this.#note(`an alert of the centre was not published: ${messageOf(error)}`));
  }

  #logStatus(intervalMs: number | undefined): void {
    const { counts } = this.#committer;
    const fields = {
      ...counts,
      acknowledged: this.#acknowledger.acknowledged,
      waiting: this.#inbox.messages,
      waitingBytes: this.#inbox.bytes,
      connected: this.#listeningSinceMs !== undefined,
      ...(intervalMs === undefined ? {} : { perSecond: this.#perSecond(intervalMs) }),
    };
    this.#parts.log.info(fields, intervalMs === undefined ? 'stopped' : 'status');
  }

  #perSecond(intervalMs: number): number {
    const { received } = this.#committer.counts;
    const perSecond = ((received - this.#receivedBefore) * 1_000) / intervalMs;
    this.#receivedBefore = received;
    return Math.round(perSecond * 10) / 10;
  }

  /** A broker that is away for a day is one word to people, and a line in the log for each thing it says. */
  #note(text: string): void {
    if (text === this.#lastProblem || this.#isStopping) return;
    if (this.#lastProblem === '') this.#parts.say(text);
    this.#lastProblem = text;
    this.#parts.log.warn({ reason: text }, 'trouble with the broker');
  }
}

function isBrokerLog(topic: string): boolean {
  return topic.startsWith('$SYS/') || topic === centre.brokerLog;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function inTime(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  await Promise.race([work, sleep(timeoutMs, undefined, { ref: false })]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
