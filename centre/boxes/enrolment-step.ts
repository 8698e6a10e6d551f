/** What the register knows of a box -> how far it has come on its way from a claim file to a box that does what the centre wants. Reads only. */
import type { DatabaseSync } from 'node:sqlite';
import { type ConfigReported, configReportedSchema } from '../../firmware/contract/config-message.ts';
import { type IntelligenceReported, intelligenceReportedSchema } from '../../firmware/contract/intelligence-message.ts';
import { type RegisteredBox, registeredBoxes } from '../register/boxes.ts';
import { type BoxCertificate, latestCertificates } from '../register/certificates.ts';
import { type Claim, latestClaims } from '../register/claims.ts';

/** The furthest one that was reached. */
export type StepName = 'registered' | 'claim-written' | 'claim-expired' | 'claimed' | 'seen' | 'revoked';

export interface EnrolledBox {
  box: RegisteredBox;
  step: StepName;
  claim?: Claim;
  certificate?: BoxCertificate;
  firstSeenMs?: number;
  /** The number that was ordered last. */
  orderedSeq?: number;
  config?: ConfigReported;
  intelligence?: IntelligenceReported;
}

export function enrolledBoxes(register: DatabaseSync, nowMs: number): EnrolledBox[] {
  const [claims, certificates] = [latestClaims(register), latestCertificates(register)];
  const firstSeen = numbers(register, "select box, min(ms) as number from event where kind = 'first-seen' group by box");
  const ordered = numbers(register, 'select box, max(seq) as number from config group by box');
  const configs = bodies(register, 'config_reported');
  const releases = bodies(register, 'intel_reported');
  return registeredBoxes(register).map((box) => {
    const id = box.box;
    const known = { box, claim: claims.get(id), certificate: certificates.get(id), firstSeenMs: firstSeen.get(id) };
    const rest = {
      orderedSeq: ordered.get(id),
      config: configReportedSchema.safeParse(configs.get(id)).data,
      intelligence: intelligenceReportedSchema.safeParse(releases.get(id)).data,
    };
    return withoutUnknown({ ...known, step: stepOf(known, nowMs), ...rest });
  });
}

interface Known {
  box: RegisteredBox;
  claim: Claim | undefined;
  certificate: BoxCertificate | undefined;
  firstSeenMs: number | undefined;
}

function stepOf({ box, claim, certificate, firstSeenMs }: Known, nowMs: number): StepName {
  if (box.revokedMs !== undefined) return 'revoked';
  if (firstSeenMs !== undefined && certificate !== undefined) return 'seen';
  if (certificate !== undefined) return 'claimed';
  if (claim === undefined) return 'registered';
  return nowMs > claim.expiresMs ? 'claim-expired' : 'claim-written';
}

type Possible = { [Field in keyof EnrolledBox]: EnrolledBox[Field] | undefined };

function withoutUnknown({ box, step, ...fields }: Possible & Pick<EnrolledBox, 'box' | 'step'>): EnrolledBox {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { box, step, ...Object.fromEntries(known) };
}

function numbers(register: DatabaseSync, query: string): Map<string, number> {
  return new Map(
    register
      .prepare(query)
      .all()
      .map((row) => [String(row.box), Number(row.number)]),
  );
}

function bodies(register: DatabaseSync, table: 'config_reported' | 'intel_reported'): Map<string, unknown> {
  const rows = register.prepare(`select box, body from ${table}`).all();
  return new Map(rows.map((row) => [String(row.box), JSON.parse(String(row.body)) as unknown]));
}
