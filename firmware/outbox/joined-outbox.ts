/**
 * Several outboxes -> one to read from: alerts of any before evidence of any. Each answers to its own id. One that hangs (a disk may, for
 * ever) holds up a read once and for a moment, and after that nobody: what it was asked comes with a later call. Does not move messages.
 */
import type { DurableKey, DurableKind } from '../contract/durable.ts';
import type { KindCursor, KindReader } from './kind-reader.ts';
import type { OutboxCursor, OutboxMeasure, OutboxMessage, OutboxReader } from './outbox.ts';
import { forEachKind, kindsInOrder } from './place.ts';

/** A disk that is well answers in a few milliseconds; an alert that waits in memory can spare this much. */
const patienceMs = 200;
/** An outbox gets a new id only where it is begun anew. Whose ids are forgotten, all are asked. */
const knownIdsMax = 64;

/** One of the outboxes. It is read once at a time, by whatever cursor: while it hangs, one read waits and not one for each connection. */
class Source {
  readonly reader: KindReader;
  #reading: Promise<void> | undefined;
  #isLate = false;

  constructor(reader: KindReader) {
    this.reader = reader;
  }

  /** Resolves when `work` is done; where that, or a read before it, takes too long, without it. Nobody waits for a late one again. */
  async read(work: () => Promise<void>): Promise<void> {
    while (this.#reading !== undefined) if (!(await this.#isOver(this.#reading))) return;
    const done = () => {
      this.#reading = undefined;
      this.#isLate = false;
    };
    // A cursor never rejects; if one did after its time, nobody would be there to hear it.
    this.#reading = work().then(done, done);
    await this.#isOver(this.#reading);
  }

  async #isOver(reading: Promise<void>): Promise<boolean> {
    if (this.#isLate) return false;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([reading, late]);
    clearTimeout(timer);
    const isOver = this.#reading !== reading;
    if (!isOver) this.#isLate = true;
    return isOver;
  }
}

/** Keeps what came too late for the call that asked, to give it with a later one. Asks for a kind only where it has none of it left. */
class PatientCursor {
  readonly #source: Source;
  readonly #cursor: KindCursor;
  readonly #onRead: (messages: readonly OutboxMessage[]) => void;
  #kept: OutboxMessage[] = [];

  constructor(source: Source, onRead: (messages: readonly OutboxMessage[]) => void) {
    this.#source = source;
    this.#cursor = source.reader.cursor();
    this.#onRead = onRead;
  }

  /** Nothing to be had here: it need not be asked. */
  get isEmpty(): boolean {
    return this.#kept.length === 0 && this.#source.reader.isEmpty;
  }

  /** Without `kind` whatever is first, but what was kept is not first any more: alerts may have come since. */
  get isInOrder(): boolean {
    return this.#kept.length === 0;
  }

  async next(max: number, kind?: DurableKind): Promise<readonly OutboxMessage[]> {
    const taken = this.#take(max, kind);
    if (taken.length === max) return taken;
    await this.#source.read(async () => {
      // What came while a read before was waited for is first.
      if (!this.#has(kind)) this.#keep(await this.#cursor.next(max - taken.length, kind));
    });
    return [...taken, ...this.#take(max - taken.length, kind)];
  }

  #has(kind: DurableKind | undefined): boolean {
    return kind === undefined ? this.#kept.length > 0 : this.#kept.some((message) => message.kind === kind);
  }

  #keep(messages: readonly OutboxMessage[]): void {
    this.#kept.push(...messages);
    this.#onRead(messages);
  }

  #take(max: number, kind: DurableKind | undefined): readonly OutboxMessage[] {
    const taken: OutboxMessage[] = [];
    const left: OutboxMessage[] = [];
    for (const message of this.#kept) (taken.length < max && (kind === undefined || message.kind === kind) ? taken : left).push(message);
    this.#kept = left;
    return taken;
  }
}

export class JoinedOutbox implements OutboxReader {
  readonly #sources: readonly Source[];
  /** Who gave messages with this id: the others need not hear of them, least of all one that hangs. */
  readonly #sourceById = new Map<string, Source>();

  constructor(sources: readonly KindReader[]) {
    this.#sources = sources.map((reader) => new Source(reader));
  }

  cursor(): OutboxCursor {
    const cursors = this.#sources.map((source) => new PatientCursor(source, (messages) => this.#learn(source, messages)));
    const next = async (max: number): Promise<readonly OutboxMessage[]> => {
      const asked = cursors.filter(({ isEmpty }) => !isEmpty);
      const [only] = asked;
      if (only?.isInOrder && asked.length === 1) return only.next(max);
      const messages: OutboxMessage[] = [];
      for (const kind of kindsInOrder) {
        for (const cursor of asked) {
          if (messages.length >= max) return messages;
          messages.push(...(await cursor.next(max - messages.length, kind)));
        }
      }
      return messages;
    };
    return { next };
  }

  async remove(keys: readonly DurableKey[]): Promise<void> {
    await Promise.all(
      this.#sources.map((source) => {
        const own = keys.filter((key) => this.#mayHave(source, key));
        return own.length === 0 ? undefined : source.reader.remove(own);
      }),
    );
  }

  async refuse(key: DurableKey): Promise<void> {
    await Promise.all(this.#sources.map((source) => (this.#mayHave(source, key) ? source.reader.refuse(key) : undefined)));
  }

  /** Waits for all of them, however long: numbers that leave one out, or are old, would pass for those of now. Whoever asks has a clock. */
  async measure(): Promise<OutboxMeasure> {
    const measures = await Promise.all(this.#sources.map(({ reader }) => reader.measure()));
    const sum = (value: (measure: OutboxMeasure) => number) => measures.reduce((total, measure) => total + value(measure), 0);
    const numbered = measures.find(isNumbered);
    const oldest = measures.flatMap(({ oldestMs }) => (oldestMs === undefined ? [] : [oldestMs]));
    return {
      depth: sum(({ depth }) => depth),
      bytes: sum(({ bytes }) => bytes),
      byKind: forEachKind((kind) => sum(({ byKind }) => byKind[kind])),
      oldestMs: oldest.length === 0 ? undefined : Math.min(...oldest),
      dropped: sum(({ dropped }) => dropped),
      ...(numbered === undefined ? {} : { outboxId: numbered.outboxId, lastSeq: numbered.lastSeq }),
    };
  }

  #learn(source: Source, messages: readonly OutboxMessage[]): void {
    for (const { outbox } of messages) this.#sourceById.set(outbox, source);
    for (const id of this.#sourceById.keys()) {
      if (this.#sourceById.size <= knownIdsMax) return;
      this.#sourceById.delete(id);
    }
  }

  #mayHave(source: Source, { outbox }: DurableKey): boolean {
    return (this.#sourceById.get(outbox) ?? source) === source;
  }
}

function isNumbered(measure: OutboxMeasure): measure is OutboxMeasure & { outboxId: string; lastSeq: number } {
  return measure.outboxId !== undefined && measure.lastSeq !== undefined;
}
