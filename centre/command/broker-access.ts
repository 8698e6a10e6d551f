/**
 * The options of `broker-options.ts` as given -> access to the broker, checked, with every file readable: the broker that was named, else that of the
 * centre, with the certificate of the service that asks.
 */
import { readFileSync } from 'node:fs';
import { openCentreFolder, serviceAccess } from '../centre-folder.ts';
import { type BrokerAccess, brokerAccessSchema, credentialsOf } from '../connection.ts';
import type { BrokerFlags } from './broker-options.ts';
import { UserError } from './user-error.ts';

/** `service`: as in `serviceAccess`. Throws a `UserError` where there is no centre, the URL is none or a file cannot be read. */
export function brokerAccess(flags: BrokerFlags, service: string): BrokerAccess {
  try {
    if (flags.broker === undefined) {
      const access = serviceAccess(openCentreFolder(flags.centre), service);
      credentialsOf(access);
      return access;
    }
    const password = flags.passwordFile === undefined ? flags.password : readFileSync(flags.passwordFile, 'utf8').split(/\r?\n/, 1)[0];
    const access = brokerAccessSchema.safeParse({
      url: flags.broker,
      username: flags.username,
      password,
      caFile: flags.ca,
      certFile: flags.cert,
      keyFile: flags.key,
    });
    if (!access.success) throw new UserError(`--broker ${flags.broker} ${access.error.issues[0]?.message ?? ''}`);
    credentialsOf(access.data);
    return access.data;
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(error instanceof Error ? error.message : String(error));
  }
}
