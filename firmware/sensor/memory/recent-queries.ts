/** DNS queries of a moment ago: a response says again what was asked, and its names count only where the query was not seen. */
import type { DnsEvent } from '../observe/event.ts';
import { ValueCache } from './value-cache.ts';

/** Answers come within a second or not at all. */
const queriesMax = 1024;

export class RecentQueries {
  private readonly seen = new ValueCache(queriesMax);

  /** Notes a query. True: the message is the response to one. */
  isAnswered({ message, connection }: DnsEvent): boolean {
    const { clientA, clientC, clientD, clientPort } = connection;
    const { seen } = this;
    seen.begin();
    seen.mix(clientA ^ clientC);
    seen.mix(clientD);
    seen.mix((message.id << 16) | clientPort);
    if (message.response) return seen.find() >= 0;
    seen.put(0);
    return false;
  }

  clear(): void {
    this.seen.clear();
  }
}
