/**
 * Bytes from `config/desired` -> an order that may be put in force, or what is wrong with it, each fault with its path. Judges everything but the time,
 * which may come right by itself: that is for `TrustedTime`. Pure.
 */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { type ConfigDesired, type ConfigFaultCode, configDesiredSchema, hashOfConfig } from '../../contract/config-message.ts';
import { payloadTypes } from '../../contract/envelope.ts';
import { fault, faultsOf, type OrderFault, openOrder } from '../orders/signed-order.ts';
import type { TrustedTime, Validity } from '../orders/trusted-time.ts';

export type ConfigFault = OrderFault<ConfigFaultCode>;

/** Everything that is wrong with settings; empty: they can be used. Must not throw. */
export type CheckSettings = (settings: unknown) => readonly { path: string; message: string }[];

export interface Floor {
  seq: number;
  hash: string;
}

export interface SignedConfig {
  order: ConfigDesired;
  /** Id of the key. */
  signer: string;
}

/** `isNext`: signed for this box and newer than any that was accepted, so the centre waits for what becomes of it. */
export interface RefusedConfig {
  isNext: boolean;
  errors: readonly [ConfigFault, ...ConfigFault[]];
  seq?: number;
  hash?: string;
  signer?: string;
  author?: string;
  comment?: string;
}

export type Judged = { kind: 'order'; signed: SignedConfig } | { kind: 'repeat' } | { kind: 'refused'; refused: RefusedConfig };

const numberedSchema = z.object({ box: z.string(), seq: z.int().min(1) });
const faultsMax = 100;

export interface Judge {
  box: string;
  keys: readonly KeyObject[];
  check: CheckSettings;
}

/** Never throws. */
export function judgeDesired(bytes: Uint8Array, { box, keys, check }: Judge, floor: Floor | undefined): Judged {
  const opened = openOrder(bytes, payloadTypes.configuration, keys);
  if ('fault' in opened) return refused(false, [opened.fault], opened.signer === undefined ? {} : { signer: opened.signer });
  const { signer, document } = opened;
  const parsed = configDesiredSchema.safeParse(document);
  if (!parsed.success) {
    const numbered = numberedSchema.safeParse(document);
    const isOurs = numbered.success && numbered.data.box === box;
    const isNext = isOurs && numbered.data.seq > (floor?.seq ?? 0);
    return refused(isNext, faultsOf(parsed.error, 'malformed'), { signer, ...(isOurs ? { seq: numbered.data.seq } : {}) });
  }
  const order = parsed.data;
  const { seq, hash, author, comment } = order;
  const by = known(signer, author, comment);
  if (order.box !== box) return refused(false, [fault('box', `is for another box: ${order.box}`, 'other-box')], by);
  if (floor !== undefined && seq === floor.seq && hash === floor.hash) return { kind: 'repeat' };
  const about = { ...by, seq, hash };
  if (floor !== undefined && seq <= floor.seq) return refused(false, [outOfOrder(seq, floor)], about);
  const faults = contentFaults(order, check);
  return faults.length === 0 ? { kind: 'order', signed: { order, signer } } : refused(true, faults, about);
}

/** `time`: what this box takes the time to be. */
export function judgedTime({ order }: SignedConfig, time: Pick<TrustedTime, 'judge'>): Validity {
  const { issued, notBefore, expires } = order;
  return time.judge(Date.parse(notBefore), Date.parse(expires), issued === undefined ? undefined : Date.parse(issued));
}

/** All is right but its time. `nowMs`: what the box takes the time to be. */
export function refusedForTime({ order, signer }: SignedConfig, validity: 'expired' | 'not-yet-valid', nowMs: number): RefusedConfig {
  const { seq, hash, notBefore, expires, author, comment } = order;
  const now = new Date(nowMs).toISOString();
  const error =
    validity === 'expired'
      ? fault('expires', `was valid until ${expires}; for this box it is ${now}`, validity)
      : fault('notBefore', `is valid from ${notBefore}; for this box it is ${now}`, validity);
  return { ...known(signer, author, comment), seq, hash, isNext: true, errors: [error] };
}

function known(signer: string, author: string | undefined, comment: string | undefined) {
  return { signer, ...(author === undefined ? {} : { author }), ...(comment === undefined ? {} : { comment }) };
}

function outOfOrder(seq: number, floor: Floor): ConfigFault {
  if (seq === floor.seq) return fault('seq', `order ${seq} was accepted before, with another content`, 'conflict');
  return fault('seq', `is ${seq}, and order ${floor.seq} was accepted before`, 'older');
}

function contentFaults(order: ConfigDesired, check: CheckSettings): ConfigFault[] {
  if (Date.parse(order.expires) <= Date.parse(order.notBefore)) return [fault('expires', 'is not after notBefore', 'malformed')];
  try {
    if (hashOfConfig(order) !== order.hash) return [fault('hash', 'is not that of the settings and the release', 'wrong-hash')];
  } catch (error) {
    return [fault('settings', error instanceof Error ? error.message : String(error), 'malformed')];
  }
  return check(order.settings)
    .slice(0, faultsMax)
    .map(({ path, message }) => fault(path, message, 'invalid'));
}

function refused(isNext: boolean, faults: readonly ConfigFault[], about: Partial<RefusedConfig>): Judged {
  const [first = fault('', 'is not understood', 'malformed'), ...rest] = faults.slice(0, faultsMax);
  return { kind: 'refused', refused: { ...about, isNext, errors: [first, ...rest] } };
}
