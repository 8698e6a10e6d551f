/**
 * A claim file on the card -> a box of the centre: makes the key, asks for the certificate until there is one, writes down who the box is, and destroys
 * the claim. Whatever ends it half-way, the next start goes on where it was. The key never leaves the folder, and the centre sees only what it signs.
 */
import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff, type BackoffOptions } from '../uplink/backoff.ts';
import { messageOf, printable } from '../uplink/link-fault.ts';
import { replaceFile } from '../whole-file.ts';
import { destroyClaim, type FoundClaim, halfDestroyedClaim, readClaim, UsedClaims } from './claim-source.ts';
import { askForCertificate, type Route } from './claim-talk.ts';
import { type RefusalCode, refusalWords } from './enrolment-words.ts';
import { adoptIdentity, type IdentityPaths, identityOf, type Pending, readPending, removePending, writePending } from './identity-files.ts';
import { certificateFault } from './issued-certificate.ts';
import { newPrivateKey, signingRequest } from './signing-request.ts';

/** A centre that refused may have changed its mind, or somebody laid another file on the card: asked again, seldom. */
const refusedWaitMsDefault = 3_600_000;
const lookMs = 2_000;
/** Somebody stands beside it, and has just found the right socket for the cable. */
const backoffDefault: BackoffOptions = { firstMs: 2_000, ceilingMs: 30_000 };

export interface EnrolmentLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface EnrolmentParts {
  paths: IdentityPaths;
  /** Where a claim file may lie. */
  places: readonly string[];
  log: EnrolmentLog;
  route?: Route;
  /** For the ledger: what left the box, and what came of it. */
  record?: (text: string) => void;
  onState?: (state: EnrolmentState) => void;
  backoff?: BackoffOptions;
  refusedWaitMs?: number;
}

/** As it stands in `enrolment.json` too, for whoever looks. */
export interface EnrolmentState {
  schema: 'enrolment/1';
  state: 'none' | 'asking' | 'refused' | 'enrolled';
  box?: string;
  /** Of the refusal. */
  code?: RefusalCode;
  /** What is in the way. */
  reason?: string;
  /** What to do about it. */
  advice?: { vi: string; en: string };
}

/** `finish`: the certificate is there, and it takes no network. `again`: an enrolled box has a new claim; it may go on with the old identity meanwhile. */
export type EnrolmentNeed = 'none' | 'finish' | 'first' | 'again';

type Attempt = 'enrolled' | 'no-claim' | 'refused' | 'later';

export class Enrolment {
  readonly #parts: EnrolmentParts;
  readonly #used: UsedClaims;
  #state: EnrolmentState = { schema: 'enrolment/1', state: 'none' };
  /** The last one of which the record says that it was asked with. */
  #recordedClaim: string | undefined;

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
    this.#used = new UsedClaims(parts.paths.folder);
  }

  get state(): EnrolmentState {
    return this.#state;
  }

  /** What there is to be done. Never throws: a claim file that is none is for `run` to tell of. */
  need(): EnrolmentNeed {
    const { paths } = this.#parts;
    if (readPending(paths)?.issued !== undefined) return 'finish';
    const isEnrolled = existsSync(paths.identity);
    try {
      if (this.#claim() === undefined) return 'none';
    } catch (error) {
      if (isEnrolled) {
        this.#tell({ state: 'enrolled', reason: messageOf(error) });
        return 'none';
      }
    }
    return isEnrolled ? 'again' : 'first';
  }

  /**
   * Resolves with true once the box is enrolled, with false where there is no claim file (any more) or `signal` was aborted. Asks for ever while the centre
   * is away; where it refuses, seldom. Never rejects.
   */
  async run(signal: AbortSignal): Promise<boolean> {
    const { backoff = backoffDefault } = this.#parts;
    let waits = new Backoff(backoff)[Symbol.iterator]();
    while (!signal.aborted) {
      const attempt = await this.attempt(signal);
      if (attempt === 'enrolled') return true;
      if (attempt === 'no-claim') return false;
      if (attempt === 'refused') {
        await this.#waitForAnother(signal);
        waits = new Backoff(backoff)[Symbol.iterator]();
      } else await pause(waits.next().value, signal);
    }
    return false;
  }

  /** Once through: asks where that is to be done, finishes where it can. Never rejects. */
  async attempt(signal: AbortSignal): Promise<Attempt> {
    try {
      if (this.#finish()) return 'enrolled';
      const found = this.#claim();
      if (found === undefined) return 'no-claim';
      return await this.#ask(found, this.#pendingFor(found), signal);
    } catch (error) {
      const { box } = this.#state;
      if (!signal.aborted) this.#tell({ state: 'asking', ...(box === undefined ? {} : { box }), reason: messageOf(error) });
      return 'later';
    }
  }

  async #ask(found: FoundClaim, pending: Pending, signal: AbortSignal): Promise<Attempt> {
    const { paths, route = {}, record } = this.#parts;
    const { claim } = found;
    this.#tell({ state: 'asking', box: claim.box });
    // Beside that of the identity in force, which a claim that comes to nothing must not touch.
    const caFile = join(paths.folder, 'claim-servers.crt');
    replaceFile(caFile, claim.serverAuthority);
    // It asks for as long as it takes; the record of the agency is not to be filled with that.
    if (this.#recordedClaim !== claim.claim) record?.(`asked ${claim.claimBroker} for a certificate for ${claim.box}`);
    this.#recordedClaim = claim.claim;
    const answer = await askForCertificate({ claim, csr: pending.csr, caFile, route }, signal);
    if (answer.state === 'refused') {
      const { code, message } = answer;
      const reason = `the centre refuses (${code}): ${printable(message, 300)}`;
      this.#tell({ state: code === 'later' ? 'asking' : 'refused', box: claim.box, code, reason, advice: refusalWords[code] });
      return code === 'later' ? 'later' : 'refused';
    }
    const { certificate } = answer;
    const fault = certificateFault(certificate, { box: claim.box, key: pending.key, boxesAuthority: claim.boxesAuthority });
    if (fault !== undefined) throw new Error(`the certificate that came cannot be used: ${fault}`);
    // From here on a power cut changes nothing.
    writePending(paths, { ...pending, issued: identityOf(claim, certificate, Date.now()) });
    return this.#finish() ? 'enrolled' : 'later';
  }

  /** Writes down what was issued. Returns false where nothing was. */
  #finish(): boolean {
    const { paths, log, record } = this.#parts;
    const pending = readPending(paths);
    if (pending?.issued === undefined) return false;
    const { key, issued, claim } = pending;
    adoptIdentity(paths, { key, issued });
    this.#spend(claim);
    rmSync(join(paths.folder, 'claim-servers.crt'), { force: true });
    const { box, agency } = issued.identity;
    log.info({ box, agency }, 'this box is enrolled');
    record?.(`enrolled as ${box} for ${agency}`);
    this.#tell({ state: 'enrolled', box });
    // Last: until then all of it is done again at the next start.
    removePending(paths);
    return true;
  }

  /** The file of this claim, if it still lies there. */
  #spend(claim: string): void {
    this.#clear();
    let found: FoundClaim | undefined;
    try {
      found = readClaim(this.#parts.places);
    } catch {
      // Not the one that was used; it is told of at the next start.
    }
    if (found?.claim.claim === claim) this.#destroy(found);
  }

  #clear(): void {
    const path = halfDestroyedClaim(this.#parts.places);
    if (path === undefined) return;
    try {
      destroyClaim(path);
      this.#parts.log.info({ path }, 'what was left of a claim file is removed');
    } catch {
      // It holds nothing any more.
    }
  }

  #destroy(found: FoundClaim): void {
    const { log } = this.#parts;
    try {
      destroyClaim(found.path);
      log.info({ path: found.path }, 'the claim file is destroyed');
    } catch (error) {
      const isNews = !this.#used.has(found);
      this.#used.add(found);
      const reason = messageOf(error);
      if (isNews) log.warn({ path: found.path, reason }, 'the claim file cannot be destroyed; it is of no use any more, delete it by hand');
    }
  }

  /** The claim that is to be used: not one that was. */
  #claim(): FoundClaim | undefined {
    const { places, paths } = this.#parts;
    this.#clear();
    const found = readClaim(places);
    if (found === undefined || !existsSync(paths.identity) || !this.#used.has(found)) return found;
    // The card may have become writable.
    this.#destroy(found);
    return undefined;
  }

  /** A key for each claim, made once: the same claim must always come with the same request. */
  #pendingFor({ claim }: FoundClaim): Pending {
    const { paths } = this.#parts;
    const before = readPending(paths);
    if (before !== undefined && before.claim === claim.claim && before.box === claim.box) return before;
    mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
    const key = newPrivateKey();
    const made: Pending = {
      schema: 'pending/1',
      claim: claim.claim,
      box: claim.box,
      key,
      csr: signingRequest(claim.box, createPrivateKey(key)),
    };
    writePending(paths, made);
    return made;
  }

  /** Until somebody lays another file there, or long enough to ask with the same one again. */
  async #waitForAnother(signal: AbortSignal): Promise<void> {
    const { refusedWaitMs = refusedWaitMsDefault } = this.#parts;
    const before = this.#fileHash();
    for (let waitedMs = 0; waitedMs < refusedWaitMs && !signal.aborted; waitedMs += lookMs) {
      await pause(Math.min(lookMs, refusedWaitMs - waitedMs), signal);
      if (this.#fileHash() !== before) return;
    }
  }

  #fileHash(): string | undefined {
    try {
      return readClaim(this.#parts.places)?.sha256;
    } catch {
      return undefined;
    }
  }

  /** Log, file and whoever listens; only where something changed. */
  #tell(what: Omit<EnrolmentState, 'schema'>): void {
    const { paths, log, onState } = this.#parts;
    const before = this.#state;
    // The question before each answer is no news, nor is the same trouble once more.
    if (what.state === before.state && what.reason === undefined) return;
    if (what.state === before.state && what.reason === before.reason) return;
    if (what.state === 'asking' && what.reason === undefined && before.state === 'refused') return;
    this.#state = { schema: 'enrolment/1', ...what };
    const { state, box, code, reason, advice } = this.#state;
    if (reason !== undefined)
      log.warn({ box, code, reason, todo: advice }, state === 'refused' ? 'the centre refuses to enrol this box' : 'not enrolled yet');
    else if (state === 'asking') log.info({ box }, 'asking the centre for a certificate');
    onState?.(this.#state);
    try {
      mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
      replaceFile(join(paths.folder, 'enrolment.json'), `${JSON.stringify({ ...this.#state, ts: new Date().toISOString() })}\n`);
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the state of the enrolment cannot be written');
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
