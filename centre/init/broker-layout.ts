/** The settings of a centre -> the layout of its broker. Writes nothing. */
import { resolve } from 'node:path';
import { type BrokerLayout, brokerLayoutSchema } from '../broker/layout.ts';
import type { CentreFolder } from '../centre-folder.ts';
import { UserError } from '../command/user-error.ts';

/** Throws a `UserError` where the files of the broker cannot hold one of the names, or the centre has no broker of its own. */
export function brokerLayoutOf({ path, centre, file }: CentreFolder): BrokerLayout {
  const { broker, host, port, servicePort, serviceHost, claimPort } = centre;
  if (broker === undefined) throw new UserError(`the centre in ${path} has no broker of its own: vonggac-centre init ${path} makes it`);
  const layout = brokerLayoutSchema.safeParse({
    folder: file('broker'),
    host,
    port,
    ...(broker.bind === undefined ? {} : { bind: broker.bind }),
    servicePort,
    serviceBind: serviceHost,
    stateFolder: resolve(path, broker.stateFolder),
    logFolder: resolve(path, broker.logFolder),
    user: broker.user,
    claims: { port: claimPort, broker: serviceHost, bridgeId: broker.bridgeId },
  });
  if (layout.success) return layout.data;
  const issue = layout.error.issues[0];
  throw new UserError(`the broker of the centre: ${issue?.path.join('.') ?? 'layout'} ${issue?.message ?? ''}`.trim());
}
