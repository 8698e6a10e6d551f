/** What came from a box -> a message of the schema asked for, which names the box of its topic; undefined for all else. Hostile input: never throws. */
import type { z } from 'zod';
import { boxOfTopic } from '../../firmware/contract/topics.ts';
import type { Received } from '../connection.ts';

/** The largest packet that the broker passes on, and more than any message in JSON has. */
export const messageBytesMax = 256 * 1024;

export function readBoxMessage<T extends { box: string }>({ topic, payload }: Received, schema: z.ZodType<T>): T | undefined {
  if (payload.length === 0 || payload.length > messageBytesMax) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
  const { data } = schema.safeParse(json);
  return data !== undefined && data.box === boxOfTopic(topic) ? data : undefined;
}
