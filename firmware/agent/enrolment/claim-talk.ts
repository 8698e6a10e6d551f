/** One conversation with the centre about a claim: connect to the listener for claims, ask, wait for the answer, leave. Judges no certificate and writes nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CertificateAnswer, type ClaimFile, certificateAnswerSchema, claimProof } from '../../contract/claim.ts';
import { claimTopics } from '../../contract/topics.ts';
import { type Connection, openConnection } from '../uplink/connection.ts';
import type { Incoming } from '../uplink/dispatcher.ts';
import { type UplinkOptions, uplinkOptionsSchema } from '../uplink/options.ts';

/** The registrar answers within a second; a centre that has been switched on all boxes at once needs longer. */
const answerTimeoutMs = 30_000;
const askAgainMs = 3_000;
const answerBytesMax = 32_768;

/** How the way to the centre differs from the usual. */
export type Route = Partial<Pick<UplinkOptions, 'proxy' | 'proxyPasswordFile' | 'connectTimeoutMs'>>;

export interface Talk {
  claim: ClaimFile;
  csr: string;
  /** PEM file of the authority of `claim`: nobody else is trusted. */
  caFile: string;
  route: Route;
}

/** Rejects with an `Error` for people where there is no answer. */
export async function askForCertificate({ claim, csr, caFile, route }: Talk, signal: AbortSignal): Promise<CertificateAnswer> {
  const url = uplinkOptionsSchema.safeParse({ ...route, url: claim.claimBroker, caFile, sessionExpirySeconds: 0 });
  if (!url.success || !claim.claimBroker.startsWith('mqtts://'))
    throw new Error(`the claim file names no broker that can be used: ${claim.claimBroker}`);
  const answer = Promise.withResolvers<CertificateAnswer>();
  const receive = ({ topic, payload }: Incoming) => {
    const heard = topic === claimTopics.answer(claim.claim) ? answerOf(payload) : undefined;
    if (heard !== undefined) answer.resolve(heard);
  };
  const connection = await openConnection(url.data, { clientId: claim.claim, receive }, signal);
  const over = new AbortController();
  try {
    await connection.subscribe([claimTopics.answer(claim.claim)]);
    const asking = askOften(connection, claim, csr, AbortSignal.any([signal, over.signal]));
    const failed = Promise.race([asking, connection.closed]).then((reason) => {
      throw new Error(reason);
    });
    return await Promise.race([answer.promise, failed]);
  } finally {
    over.abort();
    connection.destroy();
  }
}

/** The broker keeps no question for a registrar that is just starting anew. Resolves, when nobody has answered for long, with words for people. */
async function askOften(connection: Connection, claim: ClaimFile, csr: string, signal: AbortSignal): Promise<string> {
  const publication = {
    topic: claimTopics.request(claim.claim),
    body: requestOf(claim, csr),
    qos: 1,
    retain: false,
    contentType: 'application/json',
  } as const;
  for (let waitedMs = 0; waitedMs < answerTimeoutMs && !signal.aborted; waitedMs += askAgainMs) {
    await connection.publish(publication);
    await sleep(askAgainMs, undefined, { signal }).catch(() => undefined);
  }
  return 'the registrar of the centre does not answer; does it run?';
}

function requestOf({ claim, box, code }: ClaimFile, csr: string): string {
  return JSON.stringify({ schema: 'claim-request/1', claim, box, csr, proof: claimProof({ claim, box, csr }, code) });
}

/** Undefined for what is no answer: somebody else may come with one. */
export function answerOf(payload: Uint8Array): CertificateAnswer | undefined {
  if (payload.length > answerBytesMax) return undefined;
  try {
    return certificateAnswerSchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
