/** The requests of a process to its outbox thread, done on the database. Does not mend faults (session.ts) and does not wait. */
import type { DurableKind } from '../../contract/durable.ts';
import { lossIntervalMs } from '../loss-record.ts';
import type { OutboxMeasure, OutboxMessage } from '../outbox.ts';
import { forEachKind, kindsInOrder, seqAt } from '../place.ts';
import type { OutboxDatabase } from './database.ts';
import { faultOf } from './fault.ts';
import type { OutboxFolder } from './folder.ts';
import type { Answers, Jobs, ReadingPlace } from './protocol.ts';
import { type Arrived, Quota, type QuotaSettings } from './quota.ts';
import type { DiskSession } from './session.ts';
import type { OutboxTransaction } from './transaction.ts';

/** One answer to a reader: 16 pieces of evidence. */
const readBytesMax = 2 * 1024 * 1024;
/** Bounds the time of a transaction. */
const removalsMax = 2_000;
/** Removals that wait for a disk that takes none. Past this they are forgotten: those messages are sent once more, which is harmless. */
const removalsWaitingMax = 200_000;
type Ending = 'remove' | 'refuse';

interface Inserted {
  outbox: string;
  /** Of each message; undefined of one that was not taken. */
  places: (number | undefined)[];
}

export class DiskJobs {
  readonly #session: DiskSession;
  readonly #folder: OutboxFolder;
  readonly #quota: Quota;
  /** By number, of the outbox `#endingOf`: what shall no longer be read, and is not yet deleted. */
  readonly #ending = new Map<number, Ending>();
  #endingOf = '';
  #lossesWrittenMs = Number.NEGATIVE_INFINITY;

  constructor(session: DiskSession, folder: OutboxFolder, settings: QuotaSettings) {
    this.#session = session;
    this.#folder = folder;
    this.#quota = new Quota(settings);
  }

  commit(job: Jobs['commit']): Answers['commit'] {
    const { outbox, places } = this.#session.run('write', (database) => this.#insert(database, job));
    for (const [index, { message, sinceMs }] of job.messages.entries()) {
      const place = places[index];
      if (place !== undefined) this.#session.ring.push(message, sinceMs, outbox, place);
    }
    return {};
  }

  #insert(database: OutboxDatabase, { messages, losses }: Jobs['commit']): Inserted {
    const missingBytes = this.missingBytes(database);
    const places = database.transact('synced', (transaction) => {
      const arrived: Arrived[] = [];
      const inserted = messages.map(({ message, sinceMs }) => {
        if (message.kind === 'evidence' && missingBytes > 0) {
          transaction.noteUnnumbered('evidence', 'disk', 1);
          return undefined;
        }
        const place = transaction.insert(message, sinceMs);
        if (message.kind === 'alert' && message.id !== undefined) arrived.push({ id: message.id, place });
        return place;
      });
      for (const { kind, reason, count } of losses) transaction.noteUnnumbered(kind, reason, count);
      if (messages.length === 0) transaction.touch();
      this.#quota.makeRoom(transaction, missingBytes, arrived);
      return inserted;
    });
    if (missingBytes > 0) database.emptyLog();
    return { outbox: database.identity.outbox, places };
  }

  next({ from, max, kind: only }: Jobs['next']): Answers['next'] {
    return this.#session.run('read', (database) => {
      const { outbox } = database.identity;
      const after = from.outbox === outbox ? { ...from.after } : forEachKind(() => 0);
      const messages: OutboxMessage[] = [];
      const damaged: number[] = [];
      let room = readBytesMax;
      for (const kind of only === undefined ? kindsInOrder : [only]) {
        if (messages.length >= max || room <= 0) break;
        if (kind === 'loss') this.#writeLosses(database);
        for (const { place, message } of database.messagesAfter(kind, after[kind])) {
          const seq = seqAt(place);
          after[kind] = seq;
          if (message === undefined) damaged.push(place);
          else if (!this.#isEnding(outbox, seq)) {
            messages.push(outboxMessage(kind, outbox, seq, message));
            room -= message.body.length;
          }
          if (messages.length >= max || room <= 0 || damaged.length >= removalsMax) break;
        }
      }
      if (damaged.length > 0) this.#attempt(database, (transaction) => transaction.drop(damaged, 'damaged'));
      return { from: { outbox, after } satisfies ReadingPlace, messages };
    });
  }

  /** Takes note first: whatever the disk says, these are not read again. */
  end(ending: Ending, { outbox, seqs }: Jobs['remove']): Answers['remove'] {
    const { outbox: present } = this.#session;
    // Of an outbox that is no more: what could be saved of it has other numbers by now.
    if (present !== undefined && present !== outbox) return {};
    if (this.#endingOf !== outbox) this.#ending.clear();
    this.#endingOf = outbox;
    if (this.#ending.size + seqs.length > removalsWaitingMax) this.#ending.clear();
    for (const seq of seqs) this.#ending.set(seq, ending);
    this.deleteEnded();
    return {};
  }

  /** Tries to delete what is to be deleted. A removal that a power cut undoes is made again: the centre acknowledges a repeat. */
  deleteEnded(): void {
    while (this.#ending.size > 0) {
      const chunk = [...this.#ending.entries().take(removalsMax)];
      const isStillThere = this.#session.run('write', (database) => {
        if (database.identity.outbox !== this.#endingOf) return false;
        database.transact('unsynced', (transaction) => {
          transaction.remove(chunk.filter(([, ending]) => ending === 'remove').map(([seq]) => seq));
          for (const [seq, ending] of chunk) if (ending === 'refuse') transaction.dropSeq(seq, 'refused');
        });
        return true;
      });
      if (isStillThere) for (const [seq] of chunk) this.#ending.delete(seq);
      else this.#ending.clear();
    }
  }

  get hasEnded(): boolean {
    return this.#ending.size > 0;
  }

  measure(): OutboxMeasure {
    return this.#session.run('read', (database) => {
      const { numbers, losses, oldestMs } = database.measure();
      const { count, bytes, dropped } = numbers;
      const byKind = { ...count, loss: count.loss + losses };
      const sum = (counts: Record<DurableKind, number>) => kindsInOrder.reduce((total, kind) => total + counts[kind], 0);
      const { outbox } = database.identity;
      return { depth: sum(byKind), bytes: sum(bytes), byKind, oldestMs, dropped, outboxId: outbox, lastSeq: numbers.seq };
    });
  }

  /** Bytes that the disk lacks. What was set aside is given up for them first. */
  missingBytes(database: OutboxDatabase): number {
    const freePages = database.pages.free;
    const missing = this.#quota.missing({ ...this.#folder.space(), freePages });
    if (missing <= 0 || !this.#folder.removeSetAside()) return missing;
    return this.#quota.missing({ ...this.#folder.space(), freePages });
  }

  /** Makes room and nothing else, for messages that come another way. */
  makeRoom(transaction: OutboxTransaction, missingBytes: number): void {
    this.#quota.makeRoom(transaction, missingBytes, []);
  }

  #isEnding(outbox: string, seq: number): boolean {
    return this.#endingOf === outbox && this.#ending.has(seq);
  }

  /** Records of loss are written when somebody reads, and not all the time. */
  #writeLosses(database: OutboxDatabase): void {
    if (performance.now() - this.#lossesWrittenMs < lossIntervalMs) return;
    if (database.lossTallies === 0) return;
    this.#attempt(database, (transaction) => transaction.writeLosses());
    this.#lossesWrittenMs = performance.now();
  }

  /** Writes on the occasion of reading. Where the disk does not let it, reading goes on, and it is done another time. */
  #attempt(database: OutboxDatabase, work: (transaction: OutboxTransaction) => void): void {
    if (database.isReadOnly) return;
    try {
      database.transact('synced', work);
    } catch (error) {
      if (faultOf(error).kind === 'damaged') throw error;
    }
  }
}

function outboxMessage(
  kind: DurableKind,
  outbox: string,
  seq: number,
  { id, body }: { id: string | undefined; body: string | Uint8Array },
) {
  return { outbox, seq, kind, body, ...(id === undefined ? {} : { id }) };
}
