/** What PostgreSQL, or the network on the way to it, says of a fault -> a `StoreError` that says what to do. Opens no connection. */
import { StoreError, type StoreErrorCode } from './store-error.ts';

/** By SQLSTATE (PostgreSQL manual, appendix A), or by the code of Node where the network failed. */
const codes: Readonly<Record<string, StoreErrorCode>> = {
  '28P01': 'server.password',
  '28000': 'server.refused',
  '3D000': 'server.no-database',
  '42501': 'server.permission',
  '42P07': 'database.foreign',
  '42703': 'database.foreign',
  '53100': 'database.full',
  '57P01': 'server.unreachable',
  '57P02': 'server.unreachable',
  '57P03': 'server.unreachable',
  ECONNREFUSED: 'server.unreachable',
  ECONNRESET: 'server.unreachable',
  EPIPE: 'server.unreachable',
  ENOENT: 'server.unreachable',
  ENOTFOUND: 'server.unreachable',
  EAI_AGAIN: 'server.unreachable',
  ETIMEDOUT: 'server.unreachable',
  EHOSTUNREACH: 'server.unreachable',
  ENETUNREACH: 'server.unreachable',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'server.refused',
  SELF_SIGNED_CERT_IN_CHAIN: 'server.refused',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'server.refused',
  ERR_TLS_CERT_ALTNAME_INVALID: 'server.refused',
};

/** What `pg` says in words alone. */
const phrases: readonly (readonly [RegExp, StoreErrorCode])[] = [
  [/password must be a (non-empty )?string/i, 'server.password'],
  [/does not support SSL/i, 'server.refused'],
  [/timeout|connection terminated|connection ended/i, 'server.unreachable'],
];

/** `store` is the URL without a password. */
export function postgresFault(error: unknown, store: string): StoreError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  // Such an error carries the URL with its password.
  if (code === 'ERR_INVALID_URL') return new StoreError('location.unknown', { location: store });
  const known = codes[code] ?? phrases.find(([pattern]) => pattern.test(message))?.[1] ?? 'database.failed';
  // Where several addresses were tried the message is empty.
  return new StoreError(known, { store, reason: message === '' ? code : message }, error);
}
