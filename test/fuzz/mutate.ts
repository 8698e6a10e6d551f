/**
 * Well-formed frames become damaged ones, without end and repeatably: flipped bits, boundary values, cuts, splices of two frames, ranges
 * removed, doubled or inserted, length fields changed. Frames mostly keep the order of their conversation, so that damage also meets
 * half-built state. One buffer and one frame object are used again and again.
 */

import type { Frame } from '../../firmware/sensor/capture/frame.ts';
import type { LinkFrame } from '../bench/traffic/encapsulation.ts';
import { Random } from './random.ts';

/** Frames after which a fresh corpus is asked for: new addresses, ports and names. */
const framesPerRound = 4000;
const frameBytesMax = 66_000;
/** Where a frame starts in the buffer: never 0, so that an index that forgets `start` reads something else. */
const frameStart = 48;
const mutationsMax = 4;
const untouchedShare = 0.3;
const inOrderShare = 0.75;
const boundaryBytes = [0, 1, 0x0f, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff];
const boundaryWords = [0, 1, 4, 0x7f, 0x80, 0xff, 0x100, 0x3fff, 0x4000, 0x7fff, 0x8000, 0xc00c, 0xfffe, 0xffff];
/** Bytes looked at in search of a field that holds the length of what follows it. */
const lengthSearchBytes = 96;
const linkTypes = [0, 1, 101, 113, 276];
const stepMicrosMax = 400;
/** One frame in so many comes after a long silence, or from the past. */
const timeJumpOneIn = 20_000;
const timeJumpMicrosMax = 200e6;

export class Mutator {
  private readonly random: Random;
  private readonly corpusOf: () => readonly LinkFrame[];
  private readonly buffer = Buffer.alloc(frameStart + frameBytesMax + 4096);
  private readonly frame: Frame;
  private corpus: readonly LinkFrame[] = [];
  private made = 0;
  private position = 0;

  /** `corpusOf` gives the frames to damage; asked again after each 4,000. */
  constructor(seed: number, corpusOf: () => readonly LinkFrame[]) {
    this.random = new Random(seed);
    this.corpusOf = corpusOf;
    const { buffer } = this;
    this.frame = {
      bytes: buffer,
      start: frameStart,
      end: frameStart,
      originalLength: 0,
      tsMicros: Date.UTC(2026, 0, 19) * 1000,
      linkType: 1,
    };
  }

  /** The next frame; good until the one after it. */
  next(): Frame {
    const { random, frame } = this;
    if (this.made % framesPerRound === 0) {
      this.corpus = this.corpusOf();
      this.position = 0;
    }
    this.made++;
    const source = this.pick();
    this.load(source);
    if (!random.chance(untouchedShare)) {
      for (let left = 1 + Math.floor(mutationsMax * random.unit() ** 2); left > 0; left--) this.mutate();
    }
    this.advance();
    return frame;
  }

  private pick(): LinkFrame {
    if (this.random.chance(inOrderShare)) {
      this.position = (this.position + 1) % this.corpus.length;
      return this.corpus[this.position]!;
    }
    return this.random.pick(this.corpus);
  }

  private load(source: LinkFrame): void {
    const length = Math.min(source.bytes.length, frameBytesMax);
    source.bytes.copy(this.buffer, frameStart, 0, length);
    this.frame.end = frameStart + length;
    this.frame.originalLength = length;
    this.frame.linkType = source.linkType;
  }

  private advance(): void {
    const { random, frame } = this;
    frame.tsMicros += random.below(stepMicrosMax);
    if (random.below(timeJumpOneIn) === 0) frame.tsMicros += random.below(timeJumpMicrosMax) - timeJumpMicrosMax / 4;
    if (frame.originalLength < frame.end - frame.start) frame.originalLength = frame.end - frame.start;
  }

  private mutate(): void {
    const { random, frame, buffer } = this;
    const length = frame.end - frameStart;
    if (length === 0) return;
    const at = this.place(length);
    switch (random.below(12)) {
      case 0:
      case 1:
        buffer[at] = buffer[at]! ^ (1 << random.below(8));
        return;
      case 2:
      case 3:
        buffer[at] = random.pick(boundaryBytes);
        return;
      case 4:
        if (at + 2 <= frame.end) buffer.writeUInt16BE(random.pick(boundaryWords), at);
        return;
      case 5:
      case 6:
        this.changeLengthField(at);
        return;
      case 7:
        frame.end = at;
        if (random.chance(0.5)) frame.originalLength = at - frameStart;
        return;
      case 8:
        this.splice(at);
        return;
      case 9:
        this.removeRange(at);
        return;
      case 10:
        this.doubleRange(at);
        return;
      default:
        this.rare(at);
    }
  }

  /** Where to do damage: more often near the front, where the headers are. */
  private place(length: number): number {
    const { random } = this;
    const reach = random.chance(0.7) ? Math.min(length, 128) : length;
    return frameStart + random.below(reach);
  }

  /** Looks from `at` for 16 bits that say how much follows, and makes them lie. */
  private changeLengthField(at: number): void {
    const { random, frame, buffer } = this;
    const last = Math.min(frame.end - 2, at + lengthSearchBytes);
    for (let place = at; place <= last; place++) {
      const value = (buffer[place]! << 8) | buffer[place + 1]!;
      const follows = frame.end - place;
      if (value === 0 || Math.abs(value - follows) > 12) continue;
      const lies = [value - 1, value + 1, 0, 1, 0xffff, value >> 1, value << 1, follows];
      buffer.writeUInt16BE(random.pick(lies) & 0xffff, place);
      return;
    }
    buffer[at] = (buffer[at]! + random.pick([1, -1, 16, -16])) & 0xff;
  }

  /** The rest of the frame becomes the rest of another one. */
  private splice(at: number): void {
    const other = this.random.pick(this.corpus).bytes;
    const from = this.random.chance(0.5) ? Math.min(at - frameStart, other.length) : this.random.below(other.length);
    const length = Math.min(other.length - from, frameBytesMax - (at - frameStart));
    other.copy(this.buffer, at, from, from + length);
    this.frame.end = at + length;
  }

  private removeRange(at: number): void {
    const { frame, buffer, random } = this;
    const length = Math.min(frame.end - at, 1 + random.below(random.chance(0.5) ? 8 : 200));
    buffer.copyWithin(at, at + length, frame.end);
    frame.end -= length;
  }

  private doubleRange(at: number): void {
    const { frame, buffer, random } = this;
    const length = Math.min(frame.end - at, 1 + random.below(random.chance(0.5) ? 8 : 400));
    if (frame.end - frameStart + length > frameBytesMax) return;
    buffer.copyWithin(at + length, at, frame.end);
    frame.end += length;
  }

  private rare(at: number): void {
    const { frame, buffer, random } = this;
    switch (random.below(4)) {
      case 0:
        frame.linkType = random.pick(linkTypes);
        return;
      case 1: {
        const end = Math.min(frame.end, at + 1 + random.below(40));
        for (let place = at; place < end; place++) buffer[place] = random.i32();
        return;
      }
      case 2:
        buffer.fill(random.pick(boundaryBytes), at, Math.min(frame.end, at + 1 + random.below(300)));
        return;
      default:
        frame.originalLength = frame.end - frameStart + random.below(70_000);
    }
  }
}
