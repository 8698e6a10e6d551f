/** A durable message of the outbox -> how it is published: topic, body with its numbers, properties. Never retained: it is history. */
import { up } from '../../contract/topics.ts';
import { numbered, type OutboxMessage } from '../../outbox/outbox.ts';
import type { Publication } from './connection.ts';

/** An id goes into a topic, where `/`, `+` and `#` have a meaning, and a broker hangs up on a wildcard. */
const idPattern = /^[A-Za-z0-9_.-]{1,64}$/;

export function publicationOf(message: OutboxMessage, box: string): Publication {
  const { seq, outbox } = message;
  const id = message.id !== undefined && idPattern.test(message.id) ? message.id : undefined;
  const isText = typeof message.body === 'string';
  return {
    topic: topicOf(message, box, id),
    body: numbered(message),
    qos: 1,
    retain: false,
    contentType: isText ? 'application/json' : 'application/vnd.tcpdump.pcap',
    ...(id === undefined ? {} : { correlation: id }),
    ...(isText ? {} : { userProperties: { seq: String(seq), outboxId: outbox } }),
  };
}

function topicOf({ kind, seq }: OutboxMessage, box: string, id: string | undefined): string {
  switch (kind) {
    case 'alert':
      return up.alert(box);
    case 'loss':
      return up.loss(box);
    case 'presence':
      return up.presence(box);
    case 'health':
      return up.health(box);
    case 'evidence':
      return up.evidence(box, id ?? 'unknown', seq);
  }
}
