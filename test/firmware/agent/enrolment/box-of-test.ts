/** A box before it is enrolled: an empty state folder, a claim file of a running centre, and what came of it. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enrolBoxes } from '../../../../centre/enrol/enrol.ts';
import { Enrolment, type EnrolmentParts, type EnrolmentState } from '../../../../firmware/agent/enrolment/enrolment.ts';
import { identityPaths } from '../../../../firmware/command/enrol.ts';
import { type Identity, identitySchema, readStateFile } from '../../../../firmware/state-folder.ts';
import type { RunningCentre } from '../../../centre/running-centre.ts';

export interface NewBox {
  folder: string;
  claimFile: string;
  box: string;
  paths: ReturnType<typeof identityPaths>;
  /** Texts for the ledger. */
  records: string[];
  states: EnrolmentState[];
  /** What was logged, as JSON. */
  log: string[];
  enrolment(changes?: Partial<EnrolmentParts>): Enrolment;
  identity(): Identity | undefined;
  remove(): void;
}

export async function newBox(centre: RunningCentre, agency = 'UBND xã Thử'): Promise<NewBox> {
  const [made] = await enrolBoxes({ agency, contact: ['Lý Văn Tài;CNTT;0912'], days: 14, lang: 'en', centre: centre.folder.path });
  if (made === undefined) throw new Error('nobody was enrolled');
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-enrol-'));
  const paths = identityPaths(folder);
  const [records, states, log]: [string[], EnrolmentState[], string[]] = [[], [], []];
  const write = (fields: object, text: string) => void log.push(`${text} ${JSON.stringify(fields)}`);
  return {
    folder,
    claimFile: made.path,
    box: made.box.box,
    paths,
    records,
    states,
    log,
    enrolment: (changes = {}) =>
      new Enrolment({
        paths,
        places: [made.path],
        log: { info: write, warn: write },
        record: (text) => records.push(text),
        onState: (state) => states.push(state),
        backoff: { firstMs: 20, ceilingMs: 100 },
        ...changes,
      }),
    identity: () => readStateFile(paths.identity, identitySchema),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Everything that an enrolled box has, and that it belongs together. */
export function wholeIdentity({ paths, identity }: NewBox): { certificate: X509Certificate; identity: Identity } {
  const known = identity();
  if (known === undefined) throw new Error('there is no identity');
  const pem = readFileSync(paths.credential, 'utf8');
  const certificate = new X509Certificate(pem);
  const authority = new X509Certificate(readFileSync(paths.boxesAuthority));
  if (!certificate.checkPrivateKey(createPrivateKey(pem))) throw new Error('key and certificate do not belong together');
  if (!certificate.verify(authority.publicKey) || certificate.subject !== `CN=${known.box}`) throw new Error('the certificate is foreign');
  if (!existsSync(paths.serverAuthority)) throw new Error('there is no authority of the servers');
  return { certificate, identity: known };
}

/** Files of the identity folder that others than their owner may read. */
export function openFiles({ paths }: NewBox): string[] {
  return readdirSync(paths.folder).filter((name) => (statSync(join(paths.folder, name)).mode & 0o077) !== 0);
}
