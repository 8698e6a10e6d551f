/** The folder of the memory and the values of a person -> the answer, within the size that the asker can take. Blocks only in small pieces. */

import type { RetroHost, RetroMatchResult, RetroValue } from '../../contract/sighting.ts';
import { formatAddress } from '../bytes/address.ts';
import { formatTimestamp } from '../bytes/timestamp.ts';
import { type AskedValue, AskedValues } from './asked-values.ts';
import type { Block } from './block.ts';
import { type BlockSource, collect, foundRows, type SeenSum, textOfFar } from './collect.ts';
import { dateOf, readDays, type SeenDays } from './day-files.ts';
import { seenBy } from './sighting.ts';

export interface RetroQuestion {
  folder: string;
  values: readonly string[];
  /** First day that counts, since 1970. */
  sinceDay: number;
  hostsPerValueMax: number;
  /** Of the values in the answer, as JSON. */
  bytesMax: number;
}

/** More machines and values are not summed up; no network that this is made for has them. */
const sumsMax = 100_000;
const valueTextMax = 300;

export function sourceOf({ blocks, damaged }: SeenDays): BlockSource {
  let inHand: { day: number; block: Block } | undefined;
  return {
    async next() {
      for (let next = blocks.next(); !next.done; next = blocks.next()) {
        const { day, block } = next.value;
        const values = block.readValues();
        inHand = { day, block };
        if (values !== undefined) return { day, values };
        damaged.add(day);
      }
      return undefined;
    },
    async rows(values) {
      if (inHand === undefined) return [];
      const rows = foundRows(inHand.block, values);
      if (rows === undefined) damaged.add(inHand.day);
      return rows ?? [];
    },
  };
}

export async function answer({ folder, values, sinceDay, hostsPerValueMax, bytesMax }: RetroQuestion): Promise<RetroMatchResult> {
  const asked = new AskedValues(values);
  const days = readDays(folder, sinceDay);
  const { found } = await collect(sourceOf(days), (value) => asked.matching(value), sumsMax);
  const looked = [...days.days].sort((one, other) => one - other);
  const [oldest, newest] = [looked[0], looked.at(-1)];
  const answered = asked.all.map((one) => retroValueOf(one, [...(found.get(one.id)?.sums.values() ?? [])], hostsPerValueMax));
  const { kept, omitted } = within(answered, bytesMax);
  return {
    schema: 'retro-match/1',
    days: looked.length,
    ...(oldest === undefined || newest === undefined ? {} : { oldest: dateOf(oldest), newest: dateOf(newest) }),
    damaged: [...days.damaged].sort((one, other) => one - other).map(dateOf),
    seen: found.size,
    values: kept,
    ...(omitted === 0 ? {} : { valuesOmitted: omitted }),
  };
}

function retroValueOf({ value, type, parsed, note }: AskedValue, sums: readonly SeenSum[], hostsMax: number): RetroValue {
  const state = parsed !== undefined ? (sums.length > 0 ? 'seen' : 'not-seen') : type === undefined ? 'not-a-value' : 'not-kept';
  const latestFirst = [...sums].sort((one, other) => other.lastMs - one.lastMs);
  const hosts = latestFirst.slice(0, hostsMax).map(hostOf);
  return {
    value: value.slice(0, valueTextMax),
    state,
    ...(type === undefined ? {} : { type }),
    ...(note === undefined ? {} : { note }),
    ...(hosts.length === 0 ? {} : { hosts }),
    ...(sums.length > hosts.length ? { hostsOmitted: sums.length - hosts.length } : {}),
  };
}

/** What was seen is told first; what does not fit is counted. */
function within(values: readonly RetroValue[], bytesMax: number): { kept: RetroValue[]; omitted: number } {
  const kept = new Set<RetroValue>();
  let bytes = 0;
  const bySeen = [...values].sort((one, other) => Number(other.state === 'seen') - Number(one.state === 'seen'));
  for (const value of bySeen) {
    bytes += Buffer.byteLength(JSON.stringify(value)) + 1;
    if (bytes > bytesMax) break;
    kept.add(value);
  }
  return { kept: values.filter((value) => kept.has(value)), omitted: values.length - kept.size };
}

const ways = ['dns', 'tls', 'quic', 'http', 'tcp', 'udp'] as const;

/** The other side began it, every time. */
export function isInbound({ flags }: Pick<SeenSum, 'flags'>): boolean {
  return (flags & seenBy.outbound) === 0 && (flags & seenBy.inbound) !== 0;
}

function hostOf(sum: SeenSum): RetroHost {
  const { host, flags, firstMs, lastMs, days, count, observed, far } = sum;
  const { words, ...known } = host;
  return {
    ip: formatAddress(...words),
    ...known,
    first: formatTimestamp(firstMs * 1000),
    last: formatTimestamp(lastMs * 1000),
    days,
    count,
    stage: (flags & seenBy.answered) === 0 ? 'attempt' : 'contact',
    ...(isInbound(sum) ? { inbound: true as const } : {}),
    how: [...ways.filter((way) => (flags & seenBy[way]) !== 0), ...((flags & seenBy.otherProtocol) === 0 ? [] : (['other'] as const))],
    observed,
    ...(far === undefined ? {} : { remote: textOfFar(far) }),
  };
}
