/**
 * A set as bytes that need not be in memory: read and written piece by piece, from a file or from a buffer. So a box makes a set of any size in
 * little memory. Checks no content.
 */
import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { IntelError } from '../intel-error.ts';

export interface ByteStore {
  /** Fills `target` from `offset` on. Throws an `IntelError` where the store ends before. */
  read(target: Uint8Array, offset: number): void;
  write(bytes: Uint8Array, offset: number): void;
}

/** Where a set is made: grows to its whole length at once, zeros where nothing is written. */
export interface TargetStore extends ByteStore {
  resize(lengthBytes: number): void;
}

const shortText = 'the set that the delta starts from is cut short';

export class MemoryStore implements TargetStore {
  bytes: Uint8Array;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.bytes = bytes;
  }

  resize(lengthBytes: number): void {
    this.bytes = new Uint8Array(lengthBytes);
  }

  read(target: Uint8Array, offset: number): void {
    if (offset + target.length > this.bytes.length) throw new IntelError(shortText);
    target.set(this.bytes.subarray(offset, offset + target.length));
  }

  write(bytes: Uint8Array, offset: number): void {
    this.bytes.set(bytes, offset);
  }
}

export class FileStore implements TargetStore {
  private readonly descriptor: number;

  /** Of an open file; not closed here. */
  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  resize(lengthBytes: number): void {
    ftruncateSync(this.descriptor, 0);
    ftruncateSync(this.descriptor, lengthBytes);
  }

  read(target: Uint8Array, offset: number): void {
    for (let done = 0; done < target.length; ) {
      const count = readSync(this.descriptor, target, done, target.length - done, offset + done);
      if (count === 0) throw new IntelError(shortText);
      done += count;
    }
  }

  write(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.descriptor, bytes, done, bytes.length - done, offset + done);
  }
}

export interface Place {
  offset: number;
  length: number;
}

/** The numbers of a section, nearly always asked for in order: one window of it is in memory. */
export class NumberColumn {
  readonly length: number;
  private readonly store: ByteStore;
  private readonly place: Place;
  private readonly window: Int32Array;
  private readonly windowBytes: Uint8Array;
  private start = 0;
  private end = 0;

  constructor(store: ByteStore, place: Place, windowLength: number) {
    this.store = store;
    this.place = place;
    this.length = place.length / 4;
    this.window = new Int32Array(Math.min(windowLength, Math.max(1, this.length)));
    this.windowBytes = new Uint8Array(this.window.buffer);
  }

  at(index: number): number {
    if (index < this.start || index >= this.end) this.move(index);
    return this.window[index - this.start]!;
  }

  private move(index: number): void {
    if (index >= this.length) throw new IntelError('the delta asks for more than the set that it starts from has');
    this.start = index;
    this.end = Math.min(index + this.window.length, this.length);
    this.store.read(this.windowBytes.subarray(0, 4 * (this.end - this.start)), this.place.offset + 4 * index);
  }
}

/** The octets of a section, likewise. */
export class OctetColumn {
  readonly length: number;
  private readonly store: ByteStore;
  private readonly place: Place;
  private readonly window: Uint8Array;
  private start = 0;
  private end = 0;

  constructor(store: ByteStore, place: Place, windowLength: number) {
    this.store = store;
    this.place = place;
    this.length = place.length;
    this.window = new Uint8Array(Math.min(windowLength, Math.max(1, this.length)));
  }

  at(index: number): number {
    if (index < this.start || index >= this.end) this.move(index);
    return this.window[index - this.start]!;
  }

  private move(index: number): void {
    if (index >= this.length) throw new IntelError('the delta asks for more than the set that it starts from has');
    this.start = index;
    this.end = Math.min(index + this.window.length, this.length);
    this.store.read(this.window.subarray(0, this.end - this.start), this.place.offset + index);
  }
}

/** Writes a section from its beginning on, in pieces, and never past its end. */
export class SectionWriter {
  private readonly store: ByteStore;
  private readonly place: Place;
  private readonly buffer: Buffer;
  private held = 0;
  private written = 0;

  constructor(store: ByteStore, place: Place, bufferBytes = 1 << 16) {
    this.store = store;
    this.place = place;
    this.buffer = Buffer.alloc(Math.min(bufferBytes, place.length));
  }

  number(value: number): void {
    if (this.held + 4 > this.buffer.length) this.flush();
    const { buffer, held } = this;
    buffer[held] = value;
    buffer[held + 1] = value >>> 8;
    buffer[held + 2] = value >>> 16;
    buffer[held + 3] = value >>> 24;
    this.held = held + 4;
  }

  octet(value: number): void {
    if (this.held + 1 > this.buffer.length) this.flush();
    this.buffer[this.held++] = value;
  }

  bytes(bytes: Uint8Array): void {
    if (this.held + bytes.length > this.buffer.length) this.flush();
    if (bytes.length > this.buffer.length) this.put(bytes);
    else {
      this.buffer.set(bytes, this.held);
      this.held += bytes.length;
    }
  }

  /** Throws an `IntelError` where the section is not full. */
  finish(): void {
    this.flush();
    if (this.written !== this.place.length) throw new IntelError('the delta is damaged: it does not fill the set that it announces');
  }

  private flush(): void {
    this.put(this.buffer.subarray(0, this.held));
    this.held = 0;
  }

  private put(bytes: Uint8Array): void {
    if (this.written + bytes.length > this.place.length)
      throw new IntelError('the delta is damaged: it overfills the set that it announces');
    if (bytes.length > 0) this.store.write(bytes, this.place.offset + this.written);
    this.written += bytes.length;
  }
}
