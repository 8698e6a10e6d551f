/** What a reading end must also be able to do so that several can be joined into one (joined-outbox.ts): read a single kind. */
import type { DurableKind } from '../contract/durable.ts';
import type { OutboxCursor, OutboxMessage, OutboxReader } from './outbox.ts';

export interface KindReader extends OutboxReader {
  cursor(): KindCursor;
  /** True where surely nothing is in it: it need not be asked. */
  readonly isEmpty: boolean;
}

export interface KindCursor extends OutboxCursor {
  /** With `kind`, messages of this kind only. */
  next(max: number, kind?: DurableKind): Promise<readonly OutboxMessage[]>;
}
