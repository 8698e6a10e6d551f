import { describe, expect, it } from 'vitest';
import { crcOf, decodeState, encodeHeartbeat, encodePlannedStop } from '../../../../firmware/agent/panel/chip-protocol.ts';
import { randomBytes } from '../../panel-chip/raw-host.ts';

/** As the chip sent it: running, heartbeat 5, two presses, the last short, nothing refused, one reset, by the watchdog. */
const body = [3, 1, 2, 5, 2, 1, 0, 0, 1, 8];
const crc = crcOf(body);
const whole = [...body, crc & 0x7f, (crc >> 7) & 0x7f, crc >> 14];

describe('the protocol of the chip', () => {
  it('uses the check CRC-16/XMODEM: 0x31c3 for "123456789"', () => {
    expect(crcOf([...Buffer.from('123456789')])).toBe(0x31c3);
  });

  it('writes heartbeats and planned stops in bytes of 7 bits', () => {
    const lamps = { ready: 'steady', attention: 'blink', c2: 'turn', traffic: 'pulse' } as const;
    for (const brightness of [-1, 0, 0.5, 1, 2]) {
      const bytes = encodeHeartbeat({ seq: 300, lamps, buzzer: true, brightness });
      expect(bytes.slice(0, 8)).toEqual([1, 1, 300 & 0x7f, 1, 2, 4, 3, 1]);
      expect(bytes.length).toBe(12);
      expect(bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 0x80)).toBe(true);
    }
    expect(encodePlannedStop(7).slice(0, 3)).toEqual([2, 1, 7]);
  });

  it('reads the state of the chip', () => {
    expect(decodeState(whole)).toEqual({
      phase: 'running',
      seq: 5,
      presses: 2,
      press: 'short',
      isDown: false,
      isMuted: false,
      isStuck: false,
      refused: 0,
      resets: 1,
      cause: 8,
    });
  });

  it('takes no state that is altered, cut, longer, or of codes that do not exist, and throws for none', () => {
    for (let place = 0; place < whole.length; place++) {
      for (let bit = 0; bit < 8; bit++) expect(decodeState(whole.with(place, whole[place]! ^ (1 << bit)))).toBeUndefined();
    }
    for (let length = 0; length < whole.length; length++) expect(decodeState(whole.slice(0, length))).toBeUndefined();
    expect(decodeState([...whole, 0])).toBeUndefined();
    for (const [place, code] of [
      [2, 5],
      [5, 4],
    ] as const) {
      const altered = body.with(place, code);
      const check = crcOf(altered);
      expect(decodeState([...altered, check & 0x7f, (check >> 7) & 0x7f, check >> 14])).toBeUndefined();
    }
    for (let seed = 1; seed < 2_000; seed++) expect(decodeState([3, 1, ...randomBytes(11, seed)])).toBeUndefined();
  });
});
