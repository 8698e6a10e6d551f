/** What became of an order of configuration -> its line in the ledger, for the agency. Pure. */
import type { OrderEntry } from '../ledger/ledger-entry.ts';
import type { AcceptedOrder } from './accepted-order.ts';
import { changesBetween } from './changes.ts';
import type { RefusedConfig } from './desired-order.ts';

const reasonCharactersMax = 1_000;

const configuration = { kind: 'order', order: 'configuration' } as const;

/** `before`: what was in force until then. */
export function acceptanceRecord(order: AcceptedOrder, before: AcceptedOrder | undefined): OrderEntry {
  const { changes, leftOut } = changesBetween(contentOf(before), contentOf(order));
  return { ...about(order), outcome: 'accepted', changes, ...(leftOut > 0 ? { changesLeftOut: leftOut } : {}) };
}

export function outcomeRecord(order: AcceptedOrder, outcome: OrderEntry['outcome'], reason: string | undefined): OrderEntry {
  return { ...about(order), outcome, reason: reason?.slice(0, reasonCharactersMax) };
}

/** `times`: how many there were since the last line of this kind. */
export function refusalRecord({ errors, seq, signer, author, comment }: RefusedConfig, times?: number): OrderEntry {
  const reason = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return { ...configuration, outcome: 'rejected', reason: reason.slice(0, reasonCharactersMax), seq, signer, author, comment, times };
}

function about({ seq, signer, author, comment }: AcceptedOrder) {
  return { ...configuration, seq, signer, author, comment };
}

function contentOf(order: AcceptedOrder | undefined): unknown {
  if (order === undefined) return {};
  return { ...order.settings, ...(order.release === undefined ? {} : { release: order.release }) };
}
