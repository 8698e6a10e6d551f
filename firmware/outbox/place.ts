/**
 * Kind and `seq` of a message -> its place in the order of sending, as one number, and back. The place is the key of the table on disk: one
 * range of it holds one kind, oldest first, and a walk along it is the order of sending.
 */
import type { DurableKind } from '../contract/durable.ts';

/** As `durableKinds`, which is not imported: zod would come with it into the worker thread. A test holds the two together. */
export const kindsInOrder = ['alert', 'loss', 'presence', 'health', 'evidence'] as const satisfies readonly DurableKind[];

/** Eight times what evidence is cut to, and half of what a broker accepts. A larger message is refused. */
export const messageBytesMax = 1024 * 1024;

/** Far more than a box can number; five times as many is still a safe integer. */
export const placesOfKind = 2 ** 48;

export function firstPlaceOf(kind: DurableKind): number {
  return kindsInOrder.indexOf(kind) * placesOfKind;
}

export function placeOf(kind: DurableKind, seq: number): number {
  return firstPlaceOf(kind) + seq;
}

export function kindAt(place: number): DurableKind {
  return kindsInOrder[Math.floor(place / placesOfKind)] ?? 'evidence';
}

export function seqAt(place: number): number {
  return place % placesOfKind;
}

/** Where a message may be of which only the number is known. */
export function placesOfSeq(seq: number): number[] {
  return kindsInOrder.map((kind) => placeOf(kind, seq));
}

export function forEachKind<Value>(value: (kind: DurableKind) => Value): Record<DurableKind, Value> {
  return {
    alert: value('alert'),
    loss: value('loss'),
    presence: value('presence'),
    health: value('health'),
    evidence: value('evidence'),
  };
}
