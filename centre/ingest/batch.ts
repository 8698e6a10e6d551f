/**
 * Messages as they came -> what the store takes, what is to be acknowledged, and what was refused. A refused message that carries its numbers
 * is stored as it is: the box need not send it for ever, nothing is missing in the count, and a person can look at it. Pure; never throws.
 */
import type { DurableKey } from '../../firmware/contract/durable.ts';
import type { Loss } from '../../firmware/contract/loss.ts';
import { boxOfTopic } from '../../firmware/contract/topics.ts';
import { keyOf, type RefusedMessage, readMessage, type ValidMessage } from '../message.ts';
import type { Arrival, Sighting, UnnumberedAlert } from '../store/store.ts';
import type { Waiting } from './inbox.ts';

/** As the box cuts it, and some room for another version. */
const evidenceBytesMax = 256 * 1024;
const evidenceTopic = /\/evidence\/([0-9a-zA-Z-]{1,64})\/(\d{1,9})$/;

export interface Refusal {
  box: string;
  why: string;
}

export interface Batch {
  arrivals: Arrival[];
  unnumbered: UnnumberedAlert[];
  sightings: Sighting[];
  refusals: Refusal[];
  losses: Loss[];
}

export function batchOf(waiting: readonly Waiting[]): Batch {
  const batch: Batch = { arrivals: [], unnumbered: [], sightings: [], refusals: [], losses: [] };
  for (const message of waiting) {
    try {
      add(batch, message);
    } catch (error) {
      // Our own fault. It must not stop the others.
      batch.refusals.push({ box: boxOfTopic(message.topic) ?? '-', why: `not read, by a fault of ours: ${error}` });
    }
  }
  return batch;
}

function add(batch: Batch, waiting: Waiting): void {
  const message = readMessage(waiting.topic, waiting.payload);
  if (message === undefined) addEvidence(batch, waiting);
  else if (message.state === 'refused') addRefused(batch, message, waiting);
  else addMessage(batch, message, waiting);
}

function addMessage(batch: Batch, valid: ValidMessage, { receivedMs, isRetained }: Waiting): void {
  const { kind, box, text, key, message, claimedBox } = valid;
  if (claimedBox !== undefined) batch.refusals.push({ box, why: `an alert named another box: ${claimedBox}` });
  if (key !== undefined) {
    const arrival = { box, ...key, kind, receivedMs, body: text };
    if (kind === 'alert') batch.arrivals.push({ ...arrival, alert: message });
    else if (kind === 'loss') batch.arrivals.push({ ...arrival, loss: message });
    else batch.arrivals.push(arrival);
  }
  if (kind === 'loss') batch.losses.push(message);
  if (key !== undefined) return;
  if (kind === 'alert') batch.unnumbered.push({ alert: message, receivedMs, body: text });
  else if (kind === 'presence') batch.sightings.push({ box, receivedMs, isRetained, presence: message });
  else if (kind === 'health') batch.sightings.push({ box, receivedMs, isRetained, health: message });
}

function addEvidence(batch: Batch, { topic, payload, properties, receivedMs }: Waiting): void {
  const box = boxOfTopic(topic);
  if (box === undefined || payload.length === 0) return;
  const key = keyOf(Number(properties.seq), properties.outboxId);
  const why = whyRefused(topic, payload, key);
  if (why !== undefined) batch.refusals.push({ box, why: `evidence: ${why}` });
  if (key === undefined) return;
  // A copy: the buffer is a window into much more that was read from the socket.
  const body = why === undefined ? Uint8Array.from(payload) : '';
  const [, alertId, chunk] = evidenceTopic.exec(topic) ?? [];
  const place = alertId === undefined ? {} : { alertId, chunk: Number(chunk) };
  batch.arrivals.push({ box, ...key, kind: 'evidence', receivedMs, body, ...place });
}

function whyRefused(topic: string, payload: Buffer, key: DurableKey | undefined): string | undefined {
  if (key === undefined) return 'it has no numbers';
  if (!evidenceTopic.test(topic)) return `no place for evidence: ${topic}`;
  return payload.length > evidenceBytesMax ? `it has ${payload.length} bytes` : undefined;
}

function addRefused(batch: Batch, { box, key, kind, why, text }: RefusedMessage, { receivedMs }: Waiting): void {
  batch.refusals.push({ box, why: `${kind}: ${why}` });
  if (key !== undefined) batch.arrivals.push({ box, ...key, kind, receivedMs, body: text });
}

/** What stands in the place of a message that the store itself cannot hold. */
export function standIn({ box, outbox, seq, kind, receivedMs }: Arrival): Arrival {
  return { box, outbox, seq, kind, receivedMs, body: '' };
}
