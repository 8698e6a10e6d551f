/** Turns the body of a pcapng interface description into a link type and a clock. Does not read packets. */
import { linkTypeOfField } from './link-type.ts';

/** draft-ietf-opsawg-pcapng §3.5, "option code 0". */
const OPTION_END = 0;
/** §4.2, Interface Description Block options. */
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;
/** §4.2: without the option a unit is a microsecond. */
const DEFAULT_RESOLUTION_DIGITS = 6;
/** §4.2: with the top bit set the resolution is a power of two, else of ten. */
const POWER_OF_TWO_FLAG = 0x80;
/** link type, reserved, snapshot length. */
const FIXED_BYTES = 8;
const WORD = 4_294_967_296;
const MICROS_PER_SECOND = 1_000_000;

export class PcapngInterface {
  linkType = 0;
  /** Bytes kept of a packet; 0 for no limit. */
  snapshotLength = 0;
  #unitsAreMicros = true;
  #offsetMicros = 0;
  /** Units in a second = 10 ** digits, or 2 ** bits. */
  #digits = DEFAULT_RESOLUTION_DIGITS;
  #bits = -1;

  /** Reads the body at `start` up to `end` of an Interface Description Block; false when it is too short to be one. */
  load(view: DataView, start: number, end: number, little: boolean): boolean {
    if (end - start < FIXED_BYTES) return false;
    this.linkType = linkTypeOfField(view.getUint16(start, little));
    this.snapshotLength = view.getUint32(start + 4, little);
    let position = start + FIXED_BYTES;
    while (position + 4 <= end) {
      const code = view.getUint16(position, little);
      const length = view.getUint16(position + 2, little);
      const value = position + 4;
      if (code === OPTION_END || value + length > end) break;
      if (code === OPTION_TIME_RESOLUTION && length >= 1) this.#setResolution(view.getUint8(value));
      if (code === OPTION_TIME_OFFSET && length >= 8) this.#setOffset(view, value, little);
      // Values are padded to 32 bits (§3.5).
      position = value + ((length + 3) & ~3);
    }
    this.#unitsAreMicros = this.#bits < 0 && this.#digits === DEFAULT_RESOLUTION_DIGITS && this.#offsetMicros === 0;
    return true;
  }

  /** `high` and `low`: the two halves of a packet's 64-bit time. Returns microseconds since 1970, held between 0 and 2^53 - 1. */
  toMicros(high: number, low: number): number {
    const micros = this.#unitsAreMicros ? high * WORD + low : this.#scaled(high, low) + this.#offsetMicros;
    if (micros < 0) return 0;
    return micros > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : micros;
  }

  #setResolution(value: number): void {
    const exponent = value & ~POWER_OF_TWO_FLAG;
    if (value & POWER_OF_TWO_FLAG) this.#bits = exponent;
    else {
      this.#bits = -1;
      this.#digits = exponent;
    }
  }

  #setOffset(view: DataView, at: number, little: boolean): void {
    const seconds = view.getBigInt64(at, little);
    const limit = BigInt(Number.MAX_SAFE_INTEGER) / BigInt(MICROS_PER_SECOND);
    const held = seconds > limit ? limit : seconds < -limit ? -limit : seconds;
    this.#offsetMicros = Number(held) * MICROS_PER_SECOND;
  }

  #scaled(high: number, low: number): number {
    if (this.#bits >= 0) return powerOfTwoToMicros(high, low, this.#bits);
    if (this.#digits <= DEFAULT_RESOLUTION_DIGITS) return (high * WORD + low) * 10 ** (DEFAULT_RESOLUTION_DIGITS - this.#digits);
    return divide(high, low, 10 ** (this.#digits - DEFAULT_RESOLUTION_DIGITS));
  }
}

/** A long division of 64 bits by `divisor`: exact up to a picosecond unit, where a double alone would lose microseconds. */
function divide(high: number, low: number, divisor: number): number {
  const quotient = Math.floor(high / divisor);
  const rest = high - quotient * divisor;
  return quotient * WORD + Math.floor((rest * WORD + low) / divisor);
}

function powerOfTwoToMicros(high: number, low: number, bits: number): number {
  if (bits <= 32) {
    const unitsPerSecond = 2 ** bits;
    const seconds = high * 2 ** (32 - bits) + Math.floor(low / unitsPerSecond);
    return seconds * MICROS_PER_SECOND + Math.floor(((low % unitsPerSecond) * MICROS_PER_SECOND) / unitsPerSecond);
  }
  const highUnitsPerSecond = 2 ** (bits - 32);
  const seconds = Math.floor(high / highUnitsPerSecond);
  const fraction = ((high % highUnitsPerSecond) + low / WORD) / highUnitsPerSecond;
  return seconds * MICROS_PER_SECOND + Math.floor(fraction * MICROS_PER_SECOND);
}
