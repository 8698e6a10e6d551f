/** The claims of the register: made for a box, used once, over after their time. Does not judge who may use one. */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** 128 bits: nobody guesses one, so to know it is to have seen the file. */
const claimBytes = 16;
/** 256 bits, as long as what the proof is made with. */
const codeBytes = 32;

export interface NewClaim {
  claim: string;
  code: string;
  expiresMs: number;
}

export interface Claim extends NewClaim {
  box: string;
  createdMs: number;
  usedMs?: number;
  /** Of the request that used it. */
  csrSha256?: string;
  /** PEM of what it brought. */
  certificate?: string;
  /** Requests that were turned away. */
  refused: number;
}

/** A claim that is valid from now on; those before it that were not used are over. */
export function insertClaim(register: DatabaseSync, box: string, lifetimeMs: number, nowMs = Date.now()): NewClaim {
  const made = {
    claim: randomBytes(claimBytes).toString('hex'),
    code: randomBytes(codeBytes).toString('base64url'),
    expiresMs: nowMs + lifetimeMs,
  };
  register.prepare('update claim set expires_ms = min(expires_ms, ?) where box = ? and used_ms is null').run(nowMs, box);
  register
    .prepare('insert into claim (claim, box, code, created_ms, expires_ms) values (?, ?, ?, ?, ?)')
    .run(made.claim, box, made.code, nowMs, made.expiresMs);
  return made;
}

const columns = 'claim, box, code, created_ms, expires_ms, used_ms, csr_sha256, certificate, refused';

export function findClaim(register: DatabaseSync, claim: string): Claim | undefined {
  const row = register.prepare(`select ${columns} from claim where claim = ?`).get(claim);
  return row && claimOf(row);
}

/** The last one made for each box. */
export function latestClaims(register: DatabaseSync): Map<string, Claim> {
  const rows = register.prepare(`select ${columns} from claim order by created_ms, rowid`).all();
  return new Map(rows.map((row) => [String(row.box), claimOf(row)]));
}

/** Returns false where it was used before. */
export function useClaim(register: DatabaseSync, claim: string, csrSha256: string, certificate: string, nowMs: number): boolean {
  const used = register
    .prepare('update claim set used_ms = ?, csr_sha256 = ?, certificate = ? where claim = ? and used_ms is null')
    .run(nowMs, csrSha256, certificate, claim);
  return used.changes === 1;
}

export function countRefusal(register: DatabaseSync, claim: string): void {
  register.prepare('update claim set refused = refused + 1 where claim = ?').run(claim);
}

function claimOf(row: Record<string, unknown>): Claim {
  return {
    claim: String(row.claim),
    box: String(row.box),
    code: String(row.code),
    createdMs: Number(row.created_ms),
    expiresMs: Number(row.expires_ms),
    ...(row.used_ms === null ? {} : { usedMs: Number(row.used_ms) }),
    ...(row.csr_sha256 === null ? {} : { csrSha256: String(row.csr_sha256) }),
    ...(row.certificate === null ? {} : { certificate: String(row.certificate) }),
    refused: Number(row.refused),
  };
}
