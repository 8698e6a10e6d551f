/** What the register says of boxes and certificates that count no more, and the entry that takes one of each out. Talks to no broker. */
import type { DatabaseSync } from 'node:sqlite';
import type { RevokedCertificate } from '../authority/authority.ts';
import { inTransaction, recordEvent } from '../register/register-file.ts';

export interface RevokedInRegister {
  /** Ids of boxes that may do nothing. One that was enrolled again is not among them, its former certificates are. */
  boxes: string[];
  certificates: RevokedCertificate[];
}

/** Also a certificate that a revoked box got at the last moment, and those that have ended: a clock that is set back makes none of them good again. */
export function revokedInRegister(register: DatabaseSync): RevokedInRegister {
  const boxes = register.prepare('select box from box where revoked_ms is not null order by box').all();
  const certificates = register
    .prepare(
      `select serial, coalesce(certificate.revoked_ms, box.revoked_ms) as ms, certificate.revoke_reason as reason
       from certificate join box using (box) where ms is not null order by ms, serial`,
    )
    .all();
  return {
    boxes: boxes.map(({ box }) => String(box)),
    certificates: certificates.map(({ serial, ms, reason }) => ({
      serial: String(serial),
      revokedMs: Number(ms),
      reason: reason === 'superseded' ? 'superseded' : 'key-compromise',
    })),
  };
}

/** The box, its certificates and its claims, all at once. Returns false where the box was revoked before; then the rest is made sure of. */
export function revokeInRegister(register: DatabaseSync, box: string, reason: string, nowMs = Date.now()): boolean {
  return inTransaction(register, () => {
    const marked = register.prepare('update box set revoked_ms = ?, revoke_reason = ? where box = ? and revoked_ms is null');
    const isNew = marked.run(nowMs, reason, box).changes > 0;
    register
      .prepare('update certificate set revoked_ms = ?, revoke_reason = ? where box = ? and revoked_ms is null')
      .run(nowMs, reason, box);
    // A claim file that lies about must not bring the box back in once it was enrolled again.
    register.prepare('update claim set expires_ms = min(expires_ms, ?) where box = ?').run(nowMs, box);
    if (isNew) recordEvent(register, 'revoke', box, `revoked: ${reason}`, nowMs);
    return isNew;
  });
}
