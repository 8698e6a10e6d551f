/** The certificates of boxes in the register: which key of which box, from when until when, how it came about, and whether it still counts. */
import type { DatabaseSync } from 'node:sqlite';

/** How a certificate was asked for. */
export type CertificateSource = 'claim' | 'renewal';

export interface NewCertificate {
  /** Hex, small letters, as the box writes it too. */
  serial: string;
  box: string;
  pem: string;
  /** PEM (SPKI) of the key that it is for. */
  publicKey: string;
  source: CertificateSource;
  notBeforeMs: number;
  notAfterMs: number;
}

export interface BoxCertificate extends NewCertificate {
  issuedMs: number;
  revokedMs?: number;
}

const columns = 'serial, box, pem, public_key, source, not_before_ms, not_after_ms, issued_ms, revoked_ms';

export function insertCertificate(register: DatabaseSync, one: NewCertificate, nowMs: number): void {
  register
    .prepare(
      `insert into certificate (serial, box, pem, public_key, source, not_before_ms, not_after_ms, issued_ms) values (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(one.serial, one.box, one.pem, one.publicKey, one.source, one.notBeforeMs, one.notAfterMs, nowMs);
}

export function certificateWithSerial(register: DatabaseSync, serial: string): BoxCertificate | undefined {
  const row = register.prepare(`select ${columns} from certificate where serial = ?`).get(serial);
  return row && certificateOf(row);
}

/** The newest one for this key, whosever it is. */
export function certificateForKey(register: DatabaseSync, publicKey: string): BoxCertificate | undefined {
  const row = register
    .prepare(`select ${columns} from certificate where public_key = ? order by issued_ms desc, rowid desc limit 1`)
    .get(publicKey);
  return row && certificateOf(row);
}

/** Those of a box, the newest first. */
export function certificatesOf(register: DatabaseSync, box: string): BoxCertificate[] {
  return register
    .prepare(`select ${columns} from certificate where box = ? order by issued_ms desc, rowid desc`)
    .all(box)
    .map(certificateOf);
}

/** The newest one of each box. */
export function latestCertificates(register: DatabaseSync): Map<string, BoxCertificate> {
  const rows = register.prepare(`select ${columns} from certificate order by issued_ms, rowid`).all();
  return new Map(rows.map((row) => [String(row.box), certificateOf(row)]));
}

export function issuedSince(register: DatabaseSync, box: string, source: CertificateSource, sinceMs: number): number {
  const row = register
    .prepare('select count(*) as issued from certificate where box = ? and source = ? and issued_ms > ?')
    .get(box, source, sinceMs);
  return Number(row?.issued ?? 0);
}

/** Those that this one took the place of: from now on they are revoked. Returns their serial numbers. */
export function supersede(register: DatabaseSync, { box, serial }: Pick<BoxCertificate, 'box' | 'serial'>, nowMs: number): string[] {
  return register
    .prepare(
      `update certificate set revoked_ms = ?, revoke_reason = 'superseded' where box = ? and revoked_ms is null
       and rowid < (select rowid from certificate where serial = ?) returning serial`,
    )
    .all(nowMs, box, serial)
    .map((row) => String(row.serial));
}

function certificateOf(row: Record<string, unknown>): BoxCertificate {
  return {
    serial: String(row.serial),
    box: String(row.box),
    pem: String(row.pem),
    publicKey: String(row.public_key),
    source: row.source === 'claim' ? 'claim' : 'renewal',
    notBeforeMs: Number(row.not_before_ms),
    notAfterMs: Number(row.not_after_ms),
    issuedMs: Number(row.issued_ms),
    ...(row.revoked_ms === null ? {} : { revokedMs: Number(row.revoked_ms) }),
  };
}
