/** Ends the session of one client at the broker, by taking its place for a moment. */
import { type BrokerAccess, openConnection } from '../connection.ts';

const answerTimeoutMs = 10_000;

/**
 * A client with the id of one that is connected takes its place, and a session begun anew and not kept wipes out the former one's. At the
 * port of the services the client id is free. Rejects with an `Error` for people where the broker cannot be reached.
 */
export async function endSession(box: string, access: BrokerAccess): Promise<void> {
  const connection = await openConnection(access, { clientId: box }, (_message, done) => done(), AbortSignal.timeout(answerTimeoutMs));
  await connection.end();
}
