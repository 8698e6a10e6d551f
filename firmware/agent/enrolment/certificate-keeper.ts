/**
 * The certificate of an enrolled box, kept young: asks for another one, for a new key, when a third of its life is left or an order says so, and puts key
 * and certificate in place as one file. The former pair is kept until the centre's broker has taken the new one; where it does not, the box goes back to
 * it. Sends nothing itself, and opens no connection.
 */
import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateRequest, renewalText } from '../../contract/claim.ts';
import { up } from '../../contract/topics.ts';
import { messageOf, printable } from '../uplink/link-fault.ts';
import { replaceFile } from '../whole-file.ts';
import { answerOf } from './claim-talk.ts';
import { credentialOf, type IdentityPaths } from './identity-files.ts';
import { certificateFault, serialOf, validityOf } from './issued-certificate.ts';
import { newPrivateKey, signingRequest } from './signing-request.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Time enough for a box that is switched off over the summer. */
const lifeLeftShare = 1 / 3;
/** 250 boxes that were enrolled in one week do not come in one minute. */
const jitterMs = dayMs;
const firstLookMs = 60_000;
/** So long the broker may be out of reach with the new certificate before the former one is tried again. */
const trialMsDefault = 600_000;
const rotateTimeoutMsDefault = 60_000;

export interface KeeperLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface KeeperParts {
  box: string;
  paths: IdentityPaths;
  /** Sends it once there is a connection. */
  publish: (topic: string, body: string) => void;
  /** Key and certificate are others now: connect anew. */
  onNew: () => void;
  log: KeeperLog;
  /** For the ledger. */
  record?: (text: string) => void;
  /** ms since 1970. */
  nowMs?: () => number;
  random?: () => number;
  trialMs?: number;
}

interface Credential {
  pem: string;
  key: string;
  certificate: X509Certificate;
}

export interface Rotated {
  serial: string;
  /** RFC 3339. */
  notAfter: string;
}

export class CertificateKeeper {
  readonly #parts: KeeperParts;
  readonly #nowMs: () => number;
  readonly #random: () => number;
  /** The former pair, while the new one is on trial. */
  readonly #formerPath: string;
  /** The key for which a certificate was asked. */
  readonly #nextPath: string;
  /** There while the centre has not said yet that it knows the new one to be in use. */
  readonly #unconfirmedPath: string;
  #look: NodeJS.Timeout | undefined;
  #trial: NodeJS.Timeout | undefined;
  #rotation: PromiseWithResolvers<Rotated> | undefined;
  #isAsked = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#nowMs = parts.nowMs ?? Date.now;
    this.#random = parts.random ?? Math.random;
    const { folder } = parts.paths;
    this.#formerPath = join(folder, 'former.pem');
    this.#nextPath = join(folder, 'next.key');
    this.#unconfirmedPath = join(folder, 'unconfirmed');
  }

  /** Puts right what a power cut left, before the first connection; then looks at the certificate once a day. */
  start(): void {
    this.#settle();
    if (existsSync(this.#formerPath)) this.#beginTrial();
    this.#lookIn(this.#random() * firstLookMs);
  }

  stop(): void {
    clearTimeout(this.#look);
    clearTimeout(this.#trial);
    this.#rotation?.reject(new Error('the agent is stopping'));
    this.#rotation = undefined;
  }

  /** The broker has taken the certificate in force: the former one is not needed any more, and the centre may end it. */
  connected(): void {
    clearTimeout(this.#trial);
    try {
      if (existsSync(this.#formerPath)) {
        writeFileSync(this.#unconfirmedPath, '');
        rmSync(this.#formerPath);
      }
      // A request signed by the very key that it is for says that this key is in use.
      if (existsSync(this.#unconfirmedPath)) this.#ask(readCredential(this.#parts.paths.credential).key);
    } catch (error) {
      this.#parts.log.warn({ reason: messageOf(error) }, 'the former certificate was not put away');
    }
  }

  /** Asks for a certificate for a new key at once. Rejects, in words for people, where the centre refuses or does not answer. */
  rotate(timeoutMs = rotateTimeoutMsDefault): Promise<Rotated> {
    if (this.#rotation !== undefined) return this.#rotation.promise;
    const rotation = Promise.withResolvers<Rotated>();
    this.#rotation = rotation;
    const late = setTimeout(() => rotation.reject(new Error('the centre did not answer in time')), timeoutMs);
    const over = () => {
      clearTimeout(late);
      if (this.#rotation === rotation) this.#rotation = undefined;
    };
    rotation.promise.then(over, over);
    try {
      this.#ask(this.#nextKey());
    } catch (error) {
      rotation.reject(error);
    }
    return rotation.promise;
  }

  /** For `down.certificateAnswer`. Throws an `Error` where the message is of no use. */
  answer(payload: Uint8Array): void {
    const answer = answerOf(payload);
    if (answer === undefined) throw new Error('is no answer to a request for a certificate');
    const current = readCredential(this.#parts.paths.credential);
    if (answer.state === 'issued' && isSame(answer.certificate, current.certificate)) {
      rmSync(this.#unconfirmedPath, { force: true });
      return;
    }
    // Nobody asked: from a broker that is not trusted, or late.
    if (!this.#isAsked || !existsSync(this.#nextPath)) throw new Error('brings a certificate that was not asked for');
    if (answer.state === 'issued') this.#take(answer.certificate, current);
    else this.#refused(answer.code, answer.message);
  }

  #take(certificate: string, current: Credential): void {
    const { box, paths, log, record, onNew } = this.#parts;
    const key = readFileSync(this.#nextPath, 'utf8');
    const fault = certificateFault(certificate, { box, key, boxesAuthority: readFileSync(paths.boxesAuthority, 'utf8') });
    if (fault !== undefined) throw new Error(`brings a certificate that cannot be used: ${fault}`);
    replaceFile(this.#formerPath, current.pem);
    replaceFile(paths.credential, credentialOf(key, certificate));
    rmSync(this.#nextPath, { force: true });
    this.#isAsked = false;
    const issued = new X509Certificate(certificate);
    const rotated = { serial: serialOf(issued), notAfter: issued.validToDate.toISOString() };
    log.info({ ...rotated }, 'a new key and a new certificate are in place');
    record?.(`took certificate ${rotated.serial}, good until ${rotated.notAfter}`);
    this.#beginTrial();
    this.#rotation?.resolve(rotated);
    onNew();
  }

  #refused(code: string, message: string): void {
    const { log, record } = this.#parts;
    const reason = `${code}: ${printable(message, 300)}`;
    log.warn({ reason }, 'the centre gave no new certificate');
    record?.(`no new certificate (${reason})`);
    this.#isAsked = false;
    // Another key may have more luck; with `later` the same one has.
    if (code !== 'later') rmSync(this.#nextPath, { force: true });
    this.#rotation?.reject(new Error(`the centre refuses (${reason})`));
  }

  #ask(key: string): void {
    const { box, paths, publish, record } = this.#parts;
    const current = readCredential(paths.credential);
    const unsigned = { box, csr: signingRequest(box, createPrivateKey(key)), serial: serialOf(current.certificate) };
    const signer = { key: createPrivateKey(current.key), dsaEncoding: 'ieee-p1363' } as const;
    const signature = sign('sha256', Buffer.from(renewalText(unsigned)), signer).toString('base64url');
    const request: CertificateRequest = { schema: 'certificate-request/1', ...unsigned, signature };
    this.#isAsked = true;
    record?.(`asked for a certificate in the name of ${unsigned.serial}`);
    publish(up.certificateRequest(box), JSON.stringify(request));
  }

  /** Made once: whatever happens to the answer, the same key is asked for again. */
  #nextKey(): string {
    try {
      const key = readFileSync(this.#nextPath, 'utf8');
      createPrivateKey(key);
      return key;
    } catch {
      const key = newPrivateKey();
      replaceFile(this.#nextPath, key);
      return key;
    }
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#look);
    this.#look = setTimeout(() => this.#lookNow(), ms);
    this.#look.unref();
  }

  #lookNow(): void {
    let isDue = false;
    try {
      isDue = this.#isDue();
      if (isDue) this.#ask(this.#nextKey());
    } catch (error) {
      this.#parts.log.warn({ reason: messageOf(error) }, 'the certificate cannot be renewed');
    }
    this.#lookIn(isDue ? hourMs * (1 + this.#random()) : dayMs);
  }

  #isDue(): boolean {
    const { fromMs, untilMs } = validityOf(readCredential(this.#parts.paths.credential).certificate);
    const earlierMs = this.#random() * Math.min(jitterMs, (untilMs - fromMs) / 100);
    const nowMs = this.#nowMs();
    // Beyond its end the broker lets nobody ask; where it does, our clock is wrong, and each new certificate would look as old.
    return nowMs < untilMs && nowMs > untilMs - (untilMs - fromMs) * lifeLeftShare - earlierMs;
  }

  #beginTrial(): void {
    clearTimeout(this.#trial);
    this.#trial = setTimeout(() => this.#goBack(), this.#parts.trialMs ?? trialMsDefault);
    this.#trial.unref();
  }

  /** The broker was not reached with the new pair. Perhaps it is not its fault; the former one was good in any case. */
  #goBack(): void {
    const { paths, log, record, onNew } = this.#parts;
    try {
      if (!existsSync(this.#formerPath)) return;
      replaceFile(paths.credential, readCredential(this.#formerPath).pem);
      rmSync(this.#formerPath, { force: true });
      log.warn({}, 'no connection with the new certificate: back to the former one');
      record?.('went back to the former certificate: no connection with the new one');
      onNew();
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the former certificate cannot be put back');
    }
  }

  #settle(): void {
    const { paths, log } = this.#parts;
    const current = tryCredential(paths.credential);
    const former = tryCredential(this.#formerPath);
    if (former === undefined || former.pem === current?.pem) rmSync(this.#formerPath, { force: true });
    else if (current === undefined) {
      replaceFile(paths.credential, former.pem);
      log.warn({}, 'the certificate was damaged: back to the former one');
    }
    if (current !== undefined && existsSync(this.#nextPath) && readFileSync(this.#nextPath, 'utf8').trim() === current.key.trim())
      rmSync(this.#nextPath, { force: true });
  }
}

/** Throws where key and certificate are not there, or do not belong together. */
function readCredential(path: string): Credential {
  const pem = readFileSync(path, 'utf8');
  const certificate = new X509Certificate(pem);
  const key = createPrivateKey(pem);
  if (!certificate.checkPrivateKey(key)) throw new Error(`key and certificate in ${path} do not belong together`);
  return { pem, key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate };
}

function tryCredential(path: string): Credential | undefined {
  try {
    return readCredential(path);
  } catch {
    return undefined;
  }
}

function isSame(pem: string, certificate: X509Certificate): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 === certificate.fingerprint256;
  } catch {
    return false;
  }
}
