/** The host's end of the line, byte by byte and in simulated time: what the chip does is tried without any driver in between. */
import {
  type ChipState,
  decodeState,
  encodeHeartbeat,
  encodePlannedStop,
  type Heartbeat,
} from '../../../firmware/agent/panel/chip-protocol.ts';
import type { LampName, Rhythm } from '../../../firmware/agent/panel/display.ts';
import type { EmulatedChip } from './emulated-chip.ts';

export const startSysex = 0xf0;
export const endSysex = 0xf7;
/** The longest message, at ten bits a byte and 57,143 baud, and time to take it. */
const lineMs = 10;

export class RawHost {
  readonly chip: EmulatedChip;
  /** Everything that the chip sent. */
  heard: number[] = [];
  seq = 0;

  constructor(chip: EmulatedChip) {
    this.chip = chip;
    chip.onSent = (byte) => this.heard.push(byte);
  }

  send(bytes: Iterable<number>): void {
    this.chip.receive(bytes);
    while (!this.chip.isLineSilent) this.chip.run(1);
    this.chip.run(lineMs);
  }

  sysex(message: readonly number[]): void {
    this.send([startSysex, ...message, endSysex]);
  }

  /** A heartbeat of four steady lamps but for what is given. */
  heartbeat(changes: { [lamp in LampName]?: Rhythm | 'direct' } = {}, rest: Partial<Heartbeat> = {}): void {
    this.seq = (this.seq + 1) & 0x7f;
    const lamps = { ready: 'steady', attention: 'off', c2: 'off', traffic: 'steady', ...changes } as const;
    this.sysex(encodeHeartbeat({ seq: this.seq, buzzer: false, brightness: 1, ...rest, lamps }));
  }

  plannedStop(): void {
    this.seq = (this.seq + 1) & 0x7f;
    this.sysex(encodePlannedStop(this.seq));
  }

  /** Whole sysex messages that came, without start and end. */
  get messages(): number[][] {
    const found: number[][] = [];
    let open: number[] | undefined;
    for (const byte of this.heard) {
      if (byte === startSysex) open = [];
      else if (byte === endSysex && open !== undefined) {
        found.push(open);
        open = undefined;
      } else open?.push(byte);
    }
    return found;
  }

  /** The last state that the chip told. */
  get state(): ChipState | undefined {
    return this.messages.map(decodeState).findLast((state) => state !== undefined);
  }
}

/** Numbers that look random and are the same each time (xorshift32). */
export function* randomNumbers(seed: number): Generator<number, never> {
  let state = seed;
  while (true) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

export function randomBytes(count: number, seed: number): Uint8Array {
  const numbers = randomNumbers(seed);
  return Uint8Array.from({ length: count }, () => numbers.next().value >>> 7);
}
