/** What waits in memory since the disk failed -> back to the disk, as soon as that works again; and what is known of both meanwhile, told on. */
import type { DiskOutbox } from '../outbox/disk-outbox.ts';
import type { MemoryOutbox } from '../outbox/memory-outbox.ts';
import { WriterWatch } from '../outbox/writer-watch.ts';

const everyMs = 1_000;
/** At a time: the link has other things to do. */
const messagesMax = 500;

export interface MemoryToDiskParts {
  disk: DiskOutbox;
  memory: MemoryOutbox;
  /** So that the sensor can say what died with this process. */
  tellHeld: (count: number) => void;
  log: ConstructorParameters<typeof WriterWatch>[0];
}

export class MemoryToDisk {
  readonly #parts: MemoryToDiskParts;
  readonly #watch: WriterWatch;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: MemoryToDiskParts) {
    this.#parts = parts;
    this.#watch = new WriterWatch(parts.log);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#look(), everyMs);
  }

  /** All that the disk takes, at the end. */
  stop(): void {
    clearInterval(this.#timer);
    this.#move(Number.MAX_SAFE_INTEGER);
  }

  tellHeld(): void {
    const { memory, tellHeld } = this.#parts;
    void memory.measure().then(({ depth }) => tellHeld(depth));
  }

  #look(): void {
    this.#watch.look(this.#parts.disk.writerState);
    this.#move(messagesMax);
    this.tellHeld();
  }

  /** What nobody has read yet is safer there. */
  #move(max: number): void {
    const { disk, memory } = this.#parts;
    if (memory.isEmpty || disk.writerState.mode !== 'disk') return;
    for (const message of memory.takeAll(max)) disk.append(message);
  }
}
