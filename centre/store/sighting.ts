/**
 * What is known of a box and what has just been heard of it -> what is known now. Two processes may hear of one box in another order than
 * it spoke, so what is older changes nothing. Touches no database and no clock.
 */
import type { Health } from '../../firmware/contract/health.ts';
import type { Presence } from '../../firmware/contract/presence.ts';
import type { Sighting } from './store.ts';

/** A message may have waited on its way and makes the clock seem late: so the smallest difference of this long counts. */
const clockLatelyMs = 10 * 60_000;

/** The latest presence or health of a box. */
export interface Report<Body> {
  body: Body;
  receivedMs: number;
  /** From the broker's memory: it was received then, but said some time before. */
  isRetained: boolean;
}

export interface BoxState {
  agency: string | undefined;
  seenMs: number | undefined;
  provenMs: number | undefined;
  clockOffsetMs: number | undefined;
  /** When the offset was measured. */
  clockSeenMs: number | undefined;
  presence: Report<Presence> | undefined;
  health: Report<Health> | undefined;
}

export const unknownBox: BoxState = {
  agency: undefined,
  seenMs: undefined,
  provenMs: undefined,
  clockOffsetMs: undefined,
  clockSeenMs: undefined,
  presence: undefined,
  health: undefined,
};

/** The result holds the very `presence` and `health` of `known` where they have not changed. */
export function afterSighting(known: BoxState, sighting: Sighting): BoxState {
  const receivedMs = Math.round(sighting.receivedMs);
  const { isRetained, presence, health } = sighting;
  const now = { ...known };
  if (!isRetained) now.seenMs = Math.max(receivedMs, known.seenMs ?? receivedMs);
  if (presence !== undefined) {
    const report = { body: presence, receivedMs, isRetained };
    if (known.presence === undefined || isLaterPresence(report, known.presence)) {
      now.presence = report;
      now.agency = presence.agency ?? known.agency;
      // A will was written when its session began, so its time says nothing of the clock now.
      if (!isRetained && presence.online) measureClock(now, presence.ts, receivedMs);
    }
  }
  if (health !== undefined) {
    const report = { body: health, receivedMs, isRetained };
    if (known.health === undefined || isLaterHealth(report, known.health)) {
      now.health = report;
      now.agency = health.agency ?? now.agency;
      if (!isRetained) measureClock(now, health.ts, receivedMs);
      if (!isRetained && provesSight(health)) now.provenMs = Math.max(receivedMs, known.provenMs ?? receivedMs);
    }
  }
  return now;
}

function provesSight({ capture, interval }: Health): boolean {
  return capture.state === 'running' && interval.packets > 0;
}

function isLaterPresence(next: Report<Presence>, known: Report<Presence>): boolean {
  const one = next.body;
  const other = known.body;
  if (one.boot !== other.boot) return isLaterBoot(next, known) ?? (one.online && !other.online);
  if (one.session !== other.session) return one.session > other.session;
  // Within a session the end is final, and the box's own word that it stops says more than the will that follows it.
  if (one.online !== other.online) return other.online;
  if (!one.online && one.planned !== other.planned) return one.planned === true;
  return isLaterTime(one.ts, other.ts);
}

function isLaterHealth(next: Report<Health>, known: Report<Health>): boolean {
  const one = next.body;
  const other = known.body;
  if (one.boot !== other.boot) return isLaterBoot(next, known) ?? true;
  // An agent that was started anew counts its time anew, within one boot of the machine.
  const [session, knownSession] = [one.session ?? 0, other.session ?? 0];
  if (session !== knownSession && session > 0 && knownSession > 0) return session > knownSession;
  // Not the time first: a clock that was ahead and is set right would keep the box in the past for as long as it was ahead.
  if (one.uptimeSeconds !== other.uptimeSeconds) return one.uptimeSeconds > other.uptimeSeconds;
  if (session !== knownSession) return session > knownSession;
  return isLaterTime(one.ts, other.ts);
}

/** The names of two runs of a box say nothing of their order, nor do their times where it starts in 1970: the receipt does. Undefined: at once. */
function isLaterBoot(next: Report<unknown>, known: Report<unknown>): boolean | undefined {
  return next.receivedMs === known.receivedMs ? undefined : next.receivedMs > known.receivedMs;
}

function isLaterTime(one: string, other: string): boolean {
  const difference = Date.parse(one) - Date.parse(other);
  return Number.isNaN(difference) ? !Number.isNaN(Date.parse(one)) : difference > 0;
}

function measureClock(box: BoxState, ts: string, receivedMs: number): void {
  const offsetMs = Date.parse(ts) - receivedMs;
  if (Number.isNaN(offsetMs)) return;
  const isStale = box.clockSeenMs === undefined || receivedMs - box.clockSeenMs > clockLatelyMs;
  if (!isStale && box.clockOffsetMs !== undefined && Math.abs(box.clockOffsetMs) < Math.abs(offsetMs)) return;
  box.clockOffsetMs = Math.round(offsetMs);
  box.clockSeenMs = receivedMs;
}
