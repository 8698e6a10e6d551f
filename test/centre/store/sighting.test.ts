import { describe, expect, it } from 'vitest';
import { afterSighting, type BoxState, unknownBox } from '../../../centre/store/sighting.ts';
import type { Sighting } from '../../../centre/store/store.ts';
import { atMs, healthOf, presenceOf, sightingOf, startMs } from './samples.ts';

const heard = (...sightings: Sighting[]): BoxState => sightings.reduce(afterSighting, unknownBox);
const present = (receivedMs: number, presence: Parameters<typeof presenceOf>[0], isRetained = false) =>
  sightingOf(receivedMs, { presence: presenceOf(presence), isRetained });
const healthy = (receivedMs: number, health: Parameters<typeof healthOf>[0], isRetained = false) =>
  sightingOf(receivedMs, { health: healthOf(health), isRetained });

/** Both orders, since two processes may hear of one box in either. */
function inBothOrders(one: Sighting, other: Sighting): BoxState[] {
  return [heard(one, other), heard(other, one)];
}

describe('what is known of a box', () => {
  it('is the presence of the later session, in whatever order the two come', () => {
    const states = inBothOrders(present(1, { session: 2 }), present(2, { session: 1, online: false }));
    for (const { presence } of states) expect(presence?.body).toMatchObject({ session: 2, online: true });
  });

  it('is that the box is gone once the will of its session came, though a will is dated from the start of the session', () => {
    const states = inBothOrders(present(5, { ts: atMs(5) }), present(2_000, { ts: atMs(0), online: false }));
    for (const { presence } of states) expect(presence?.body.online).toBe(false);
  });

  it('is that the box stops as planned, though the broker publishes the will after it', () => {
    const states = inBothOrders(present(5, { online: false, planned: true, ts: atMs(5) }), present(6, { online: false, ts: atMs(0) }));
    for (const { presence } of states) expect(presence?.body.planned).toBe(true);
  });

  it('follows the receipt where the box has started anew, since it may believe it is 1970', () => {
    const before = present(1_000, { boot: 'boot-1', session: 40, ts: atMs(1_000) });
    const after = present(9_000, { boot: 'boot-2', session: 1, ts: '1970-01-01T00:00:07.000Z' });
    for (const { presence } of inBothOrders(before, after)) expect(presence?.body.boot).toBe('boot-2');
  });

  it('is that the box is there where the will of the run before comes in the very millisecond', () => {
    const states = inBothOrders(present(7, { boot: 'boot-2' }), present(7, { boot: 'boot-1', online: false }));
    for (const { presence } of states) expect(presence?.body).toMatchObject({ boot: 'boot-2', online: true });
  });

  it('is the newer health of a run, also where the clock was set back in between', () => {
    const ahead = healthy(1_000, { uptimeSeconds: 60, ts: '2038-01-19T03:14:07.000Z' });
    const right = healthy(31_000, { uptimeSeconds: 90, ts: atMs(31_000) });
    for (const { health } of inBothOrders(ahead, right)) expect(health?.body.uptimeSeconds).toBe(90);
  });

  it('is the health of the agent that was started last, whose time begins anew within one boot of the machine', () => {
    const before = healthy(1_000, { uptimeSeconds: 90_000, session: 4_000 });
    const after = healthy(9_000, { uptimeSeconds: 5, session: 90_005_000 });
    for (const { health, provenMs } of inBothOrders(before, after)) {
      expect(health?.body).toMatchObject({ uptimeSeconds: 5, session: 90_005_000 });
      expect(provenMs).toBe(startMs + 9_000);
    }
  });

  it('does not count what the broker remembers as a sign of life, nor as proof of sight', () => {
    const state = heard(present(10, {}, true), healthy(10, {}, true));
    expect(state).toMatchObject({ seenMs: undefined, provenMs: undefined, clockOffsetMs: undefined });
    expect(state.presence).toMatchObject({ isRetained: true, receivedMs: startMs + 10 });
    expect(state.health?.body.uptimeSeconds).toBe(60);
  });

  it('takes from the memory of the broker what happened while nobody listened', () => {
    const state = heard(present(10, { boot: 'boot-1' }), present(900, { boot: 'boot-2', online: false }, true));
    expect(state.presence?.body).toMatchObject({ boot: 'boot-2', online: false });
    expect(state.seenMs).toBe(startMs + 10);
  });

  it('keeps the time of a report that is only repeated, and moves nothing but the last sign of life', () => {
    const first = heard(present(10, {}), healthy(10, {}));
    const again = [present(500, {}), healthy(500, {})].reduce(afterSighting, first);
    expect(again).toEqual({ ...first, seenMs: startMs + 500 });
    expect(again.presence).toBe(first.presence);
    expect(again.health).toBe(first.health);
  });

  it.each([
    ['nothing came through the mirror port', { interval: { seconds: 30, packets: 0, bytes: 0 } }],
    ['the interface is down', { capture: { state: 'waiting', source: 'eth1', shedding: false, packets: 9, bytes: 9 } }],
  ] as const)('is no proof of sight where %s', (_, changes) => {
    expect(heard(healthy(10, changes)).provenMs).toBeUndefined();
    expect(heard(healthy(10, {})).provenMs).toBe(startMs + 10);
  });

  it('never goes back in time by a message that was slow', () => {
    const state = heard(healthy(900, { uptimeSeconds: 90, ts: atMs(900) }), healthy(100, { uptimeSeconds: 60 }));
    expect(state).toMatchObject({ seenMs: startMs + 900, provenMs: startMs + 900 });
  });

  it('takes the smallest difference of the clocks, for a message may have waited', () => {
    const quick = healthy(30_000, { uptimeSeconds: 60, ts: atMs(29_950) });
    const slow = healthy(69_000, { uptimeSeconds: 90, ts: atMs(60_000) });
    expect(heard(quick, slow).clockOffsetMs).toBe(-50);
    expect(heard(slow).clockOffsetMs).toBe(-9_000);
  });

  it('forgets an old difference, so that a clock that goes wrong is seen', () => {
    const right = healthy(0, { uptimeSeconds: 60, ts: atMs(0) });
    const wrong = healthy(11 * 60_000, { uptimeSeconds: 720, ts: '1970-01-01T00:12:00.000Z' });
    expect(heard(right, wrong).clockOffsetMs).toBeLessThan(-50 * 365 * 86_400_000);
  });

  it('does not measure the clock by a will', () => {
    expect(heard(present(3_600_000, { online: false, ts: atMs(0) })).clockOffsetMs).toBeUndefined();
  });

  it('survives a time that is none', () => {
    const state = heard(present(10, { ts: 'yesterday' }), present(20, { ts: atMs(20) }), present(30, { ts: 'soon' }));
    expect(state.presence?.body.ts).toBe(atMs(20));
    expect(state.clockOffsetMs).toBe(0);
  });
});
