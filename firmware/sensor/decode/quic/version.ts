/** The versions of QUIC whose Initial packets can be opened, and what differs between them. */

export interface QuicVersion {
  /** As people write it: `v1`, `v2`, `draft-29`. */
  name: string;
  /** Initial salt. */
  salt: Uint8Array;
  /** What stands before `key`, `iv` and `hp` in the labels of the packet protection keys. */
  labelPrefix: string;
  /** The two type bits of a long header (RFC 9000 §17.2, RFC 9369 §3.2). */
  initialType: number;
  retryType: number;
}

/** RFC 9000 §15. */
const VERSION_1 = 0x00000001;
/** RFC 9369 §3.1. */
const VERSION_2 = 0x6b3343cf;
/** draft-ietf-quic-transport §15: 0xff000000 + draft. */
const DRAFT_BASE = 0xff000000;

const SALT_V1 = '38762cf7f55934b34d179ae6a4c80cadccbb7f0a'; // RFC 9001 §5.2
const SALT_V2 = '0dede3def700a6db819381be6e269dcbf9bd2ed9'; // RFC 9369 §3.3.1
const SALT_DRAFTS_29_TO_32 = 'afbfec289993d24c9e9786f19c6111e04390a899'; // draft-ietf-quic-tls-29 §5.2
const SALT_DRAFTS_23_TO_28 = 'c3eef712c72ebb5a11a7d2432bb46365bef9f502'; // draft-ietf-quic-tls-23 §5.2

function firstKind(name: string, salt: string): QuicVersion {
  return { name, salt: Buffer.from(salt, 'hex'), labelPrefix: 'quic ', initialType: 0, retryType: 3 };
}

const versions = new Map<number, QuicVersion>([
  [VERSION_1, firstKind('v1', SALT_V1)],
  [VERSION_2, { name: 'v2', salt: Buffer.from(SALT_V2, 'hex'), labelPrefix: 'quicv2 ', initialType: 1, retryType: 0 }],
]);
for (let draft = 23; draft <= 34; draft++) {
  const salt = draft >= 33 ? SALT_V1 : draft >= 29 ? SALT_DRAFTS_29_TO_32 : SALT_DRAFTS_23_TO_28;
  versions.set(DRAFT_BASE + draft, firstKind(`draft-${draft}`, salt));
}

/** `undefined` for a version that cannot be opened; 0 is version negotiation (RFC 9000 §17.2.1). */
export function quicVersion(number: number): QuicVersion | undefined {
  return versions.get(number);
}
