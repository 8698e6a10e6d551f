import { describe, expect, it } from 'vitest';
import { canaryDomain } from '../../../firmware/contract/intelligence-message.ts';
import { canaryFault } from '../../../firmware/sensor/canary.ts';
import { type Entry, setOf } from './intel/lists.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const faultOf = (...entries: (Entry | string)[]) => canaryFault(setOf('evil.example', ...entries), 7, nowMs);

describe('the canary of a release', () => {
  it('gives one alert where the release holds it, as a name or as that name alone', () => {
    expect(faultOf(canaryDomain(7))).toBeUndefined();
    expect(faultOf(`=${canaryDomain(7)}`)).toBeUndefined();
    // RFC 1035 §2.3.4: still a label of at most 63 characters.
    expect(canaryFault(setOf(canaryDomain(Number.MAX_SAFE_INTEGER)), Number.MAX_SAFE_INTEGER, nowMs)).toBeUndefined();
  });

  it('gives none in a set without it, of another release, that is empty, or whose canary is over or allowed', () => {
    const silent = 'its canary canary-7.vonggac.invalid gave no alert';
    expect(faultOf()).toBe(silent);
    expect(faultOf(canaryDomain(6), canaryDomain(77))).toBe(silent);
    expect(canaryFault(setOf(), 7, nowMs)).toBe(silent);
    expect(faultOf({ value: canaryDomain(7), validUntilMs: nowMs - 2000 })).toBe(silent);
    expect(faultOf({ value: canaryDomain(7), allow: true })).toBe(silent);
  });

  it('is not taken for found where something wider stands in its place', () => {
    expect(faultOf('vonggac.invalid')).toBe('its canary canary-7.vonggac.invalid gave vonggac.invalid');
  });

  it('is found at any time that the clock may show', () => {
    for (const ms of [0, 1, Date.parse('2100-01-01T00:00:00Z')]) expect(canaryFault(setOf(canaryDomain(7)), 7, ms)).toBeUndefined();
  });
});
