/**
 * What crosses the serial line to the panel's chip beside plain Firmata: heartbeats and planned stops as bytes, and the chip's bytes as its
 * state. The other end is `panel-chip/protocol.h`; a test holds both together. Pure: opens nothing, keeps nothing.
 */
import { type Display, lampNames, type Rhythm } from './display.ts';

export const protocolVersion = 1;
/** Firmata keeps the sysex numbers 0x01 to 0x0f for users' own messages. */
export const messageIds = { heartbeat: 0x01, plannedStop: 0x02, state: 0x03 } as const;

/** `direct` shows what Firmata wrote to the lamp's pin. */
export const rhythmCodes: Readonly<Record<Rhythm | 'direct', number>> = {
  off: 0,
  steady: 1,
  blink: 2,
  pulse: 3,
  turn: 4,
  counterturn: 5,
  direct: 6,
};

/** Order of the codes on the line. `waiting`: no heartbeat since the chip started. `lost`: none for `hostLostMs`. */
export const chipPhases = ['test', 'waiting', 'running', 'stopped', 'lost'] as const;
export type ChipPhase = (typeof chipPhases)[number];

/** Order of the codes on the line. */
export const chipPresses = ['none', 'short', 'test', 'help'] as const;
export type ChipPress = (typeof chipPresses)[number];

/** Without a heartbeat for so long the chip shows that the host is lost (`HOST_LOST_MS`). */
export const hostLostMs = 5_000;

const buzzerFlag = 0x01;
const stateFlags = { down: 0x01, muted: 0x02, stuck: 0x04 };
const brightnessMax = 0x7f;
const sevenBits = 0x7f;
const crcBytes = 3;

export interface Heartbeat {
  /** Counts up, in 7 bits; the chip takes no number twice in a row. */
  seq: number;
  lamps: Readonly<Record<keyof Display['lamps'], Rhythm | 'direct'>>;
  buzzer: boolean;
  /** Of a lit lamp, 0 to 1. The chip never goes so low that a lamp looks dark. */
  brightness: number;
}

export interface ChipState {
  phase: ChipPhase;
  /** Of the last message that the chip took. */
  seq: number;
  /** Presses since the chip started, in 7 bits, and the kind of the last. */
  presses: number;
  press: ChipPress;
  isDown: boolean;
  isMuted: boolean;
  /** Held for longer than a person would. */
  isStuck: boolean;
  /** Messages that the chip refused since it started, in 7 bits. */
  refused: number;
  /** Resets since power came up, in 7 bits. */
  resets: number;
  /** MCUSR at the last start: 1 power, 2 reset pin, 4 brown-out, 8 watchdog; 0 unknown. */
  cause: number;
}

/** CRC-16/XMODEM: polynomial 0x1021, begins with 0, nothing reflected. */
export function crcOf(bytes: readonly number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : ((crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc & 0xffff;
}

function sealed(bytes: number[]): number[] {
  const crc = crcOf(bytes);
  return [...bytes, crc & sevenBits, (crc >> 7) & sevenBits, crc >> 14];
}

/** The bytes between the start and the end of the sysex message. */
export function encodeHeartbeat({ seq, lamps, buzzer, brightness }: Heartbeat): number[] {
  return sealed([
    messageIds.heartbeat,
    protocolVersion,
    seq & sevenBits,
    ...lampNames.map((lamp) => rhythmCodes[lamps[lamp]]),
    buzzer ? buzzerFlag : 0,
    Math.round(Math.min(1, Math.max(0, brightness)) * brightnessMax),
  ]);
}

/** The bytes between the start and the end of the sysex message. */
export function encodePlannedStop(seq: number): number[] {
  return sealed([messageIds.plannedStop, protocolVersion, seq & sevenBits]);
}

/** `bytes`: what stood between start and end, with the message's number. Undefined for whatever is not exactly such a message. */
export function decodeState(bytes: readonly number[]): ChipState | undefined {
  const [id, version, phaseCode = 0, seq = 0, presses = 0, pressCode = 0, flags = 0, refused = 0, resets = 0, cause = 0] = bytes;
  if (bytes.length !== 10 + crcBytes || id !== messageIds.state || version !== protocolVersion) return undefined;
  const body = bytes.slice(0, -crcBytes);
  if (sealed(body).some((byte, index) => byte !== bytes[index])) return undefined;
  const phase = chipPhases[phaseCode];
  const press = chipPresses[pressCode];
  if (phase === undefined || press === undefined) return undefined;
  const has = (flag: number) => (flags & flag) !== 0;
  return {
    phase,
    seq,
    presses,
    press,
    isDown: has(stateFlags.down),
    isMuted: has(stateFlags.muted),
    isStuck: has(stateFlags.stuck),
    refused,
    resets,
    cause,
  };
}
