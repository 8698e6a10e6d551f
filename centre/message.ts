/**
 * What arrived on a topic of `up` -> a message that follows its schema and comes from the box that its topic names, or why it does not. The
 * topic is the authority: the broker lets a box write under its own name only. An alert that names another box is taken for one of the box
 * that sent it, since nobody else would tell of it. Pure; never throws.
 */
import type { z } from 'zod';
import { alertSchema } from '../firmware/contract/alert.ts';
import { type DurableKey, durableFields } from '../firmware/contract/durable.ts';
import { healthSchema } from '../firmware/contract/health.ts';
import { lossSchema } from '../firmware/contract/loss.ts';
import { presenceSchema } from '../firmware/contract/presence.ts';
import { boxOfTopic, up } from '../firmware/contract/topics.ts';

/** Far more than any message in JSON; longer ones are not parsed. */
export const jsonBytesMax = 256 * 1024;
/** Of a message that is too long, so much tells what it was. */
const excerptBytes = 4_096;
/** Of another box's name that an alert claims; twice what a name may have. */
const claimCharactersMax = 64;
/** What the store shall use as a key, and log lines shall carry. */
const namePattern = /^[\x21-\x7e]{1,64}$/;
/** The box writes the numbers first, so they are found even where the rest is no JSON. */
const numbersFirst = /^\{"seq":(\d{1,16}),"outboxId":"([\x21\x23-\x5b\x5d-\x7e]{1,64})",/;
const numbersFirstCharacters = 128;

const schemas = { alert: alertSchema, loss: lossSchema, presence: presenceSchema, health: healthSchema } as const;
type Schemas = typeof schemas;
export type JsonKind = keyof Schemas;
const jsonKinds = Object.keys(schemas) as JsonKind[];

interface Envelope {
  box: string;
  /** As it came, but for the box of an alert that named another one. */
  text: string;
  /** Its numbers; absent where it has none, or they cannot be read. */
  key?: DurableKey;
  /** Of an alert: the other box that it named. */
  claimedBox?: string;
}
type Valid<K extends JsonKind> = Envelope & { state: 'valid'; kind: K; message: z.infer<Schemas[K]> };
export type ValidMessage = { [K in JsonKind]: Valid<K> }[JsonKind];
export type RefusedMessage = Envelope & { state: 'refused'; kind: JsonKind; why: string };

/** Undefined where the topic is none of these, or the message is empty, which is how a retained one is cleared. */
export function readMessage(topic: string, payload: Buffer): ValidMessage | RefusedMessage | undefined {
  const box = boxOfTopic(topic);
  const kind = box === undefined ? undefined : jsonKinds.find((candidate) => topic === up[candidate](box));
  if (box === undefined || kind === undefined || payload.length === 0) return undefined;
  const isTooLong = payload.length > jsonBytesMax;
  const text = payload.toString('utf8', 0, isTooLong ? excerptBytes : payload.length);
  const json = isTooLong ? undefined : parseJson(text);
  const key = isObject(json) ? keyOf(json.seq, json.outboxId) : keyOfText(text);
  const envelope = { box, text, ...(key === undefined ? {} : { key }) };
  const refused = (why: string) => ({ ...envelope, state: 'refused', kind, why }) as const;
  if (isTooLong) return refused(`it has ${payload.length} bytes`);
  const parsed = schemas[kind].safeParse(json);
  if (!parsed.success) return refused(`${parsed.error.issues[0]?.path.join('.') || 'message'}: ${parsed.error.issues[0]?.message}`);
  const { data } = parsed;
  if (data.box !== box && kind !== 'alert') return refused('it names another box');
  if ('id' in data && !namePattern.test(data.id)) return refused('its id is no name');
  if (data.seq !== undefined && key === undefined) return refused('its outbox is no name');
  const renamed =
    data.box === box || !isObject(json)
      ? {}
      : { text: JSON.stringify({ ...json, box }), claimedBox: data.box.slice(0, claimCharactersMax) };
  // The schema of this kind made it, which TypeScript does not follow.
  return { ...envelope, ...renamed, state: 'valid', kind, message: { ...data, box } } as ValidMessage;
}

/** The numbers of a durable message, undefined where they cannot be read. */
export function keyOf(seq: unknown, outbox: unknown = ''): DurableKey | undefined {
  const number = durableFields.seq.safeParse(seq).data;
  const isName = typeof outbox === 'string' && (outbox === '' || namePattern.test(outbox));
  return number === undefined || !isName ? undefined : { seq: number, outbox };
}

/** Where the rest cannot be read, the message is still known by its name, and can be acknowledged: it would come again for ever. */
function keyOfText(text: string): DurableKey | undefined {
  const [, seq, outbox] = numbersFirst.exec(text.slice(0, numbersFirstCharacters)) ?? [];
  return seq === undefined ? undefined : keyOf(Number(seq), outbox);
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is no message: the schema refuses it and says so.
    return undefined;
  }
}
