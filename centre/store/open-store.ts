/** Where the centre's store is -> the store, opened and of our schema. `postgres://…` is a PostgreSQL database, all else the path of a SQLite file. */

import type { Store } from './store.ts';
import { StoreError } from './store-error.ts';

/** Rejects with a `StoreError`: one line that says what is wrong and what to do. */
export async function openStore(location: string): Promise<Store> {
  if (/^postgres(ql)?:\/\//i.test(location)) return (await import('./postgres-store.ts')).openPostgresStore(location);
  // Of a URL of something else a file would be made in a folder `mysql:`.
  if (location.trim() === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(location)) {
    throw new StoreError('location.unknown', { location: location.trim() === '' ? '""' : `${location.split(':', 1)[0]}://…` });
  }
  return (await import('./sqlite-store.ts')).openSqliteStore(location);
}
