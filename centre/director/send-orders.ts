/**
 * Orders in the register -> retained messages at the broker. What is published is always the newest order of a box, whoever gave it: two officers at
 * once, or one that was killed in between, never leave an older order standing at the broker.
 */
import type { DatabaseSync } from 'node:sqlite';
import { down } from '../../firmware/contract/topics.ts';
import { type ConfigOrder, markPublished, newestEnvelope } from './config-orders.ts';
import type { DirectorLink } from './director-link.ts';
import { inParallel } from './in-parallel.ts';

/** Messages on their way to the broker at once. */
const publishedAtOnce = 16;
/** Officers who order of one box at the very same moment. */
const roundsMax = 10;

type Published = Pick<ConfigOrder, 'box' | 'seq'>;

export interface Sent {
  /** Boxes whose newest order the broker has. */
  sent: string[];
  /** Box -> why the broker does not have it. It stands in the register: `config republish` sends it. */
  failed: Map<string, string>;
}

/** Publishes the newest order of each box that has one. Never rejects; once `signal` is aborted, no further order is sent. */
export async function sendOrders(
  register: DatabaseSync,
  link: DirectorLink,
  boxes: readonly string[],
  signal?: AbortSignal,
): Promise<Sent> {
  const published: Published[] = [];
  const failed = new Map<string, string>();
  await inParallel(boxes, publishedAtOnce, async (box) => {
    try {
      if (signal?.aborted === true) throw new Error('interrupted');
      published.push(...(await sendNewest(register, link, box)));
    } catch (error) {
      failed.set(box, error instanceof Error ? error.message : String(error));
    }
  });
  markPublished(register, published);
  return { sent: boxes.filter((box) => !failed.has(box)), failed };
}

/** What was published may be older than what another officer published meanwhile: whoever ends last ends with the newest. */
async function sendNewest(register: DatabaseSync, link: DirectorLink, box: string): Promise<Published[]> {
  const published: Published[] = [];
  for (let round = 0; round < roundsMax; round++) {
    const newest = newestEnvelope(register, box);
    if (newest === undefined || newest.seq === published.at(-1)?.seq) break;
    await link.publish(down.configDesired(box), newest.envelope, { retain: true });
    published.push(newest);
  }
  return published;
}
