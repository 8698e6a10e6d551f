/**
 * Where the broker's files lie and what their names are; the choices of the person who sets it up. Everything else about the broker is fixed,
 * with its reason beside it, in the files that write the configuration.
 */
import { z } from 'zod';

/** The paths stand in files of Mosquitto, systemd and bash, each with rules of its own for anything beyond these. */
const path = z.string().regex(/^(\/[A-Za-z0-9_.-]+)+$/, 'must be a path from / of letters, digits, _, . and - only');
const port = z.int().min(1).max(65_535);
const hostName = z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be a host name or an address');

export const brokerLayoutSchema = z.strictObject({
  folder: path.meta({ description: 'the configuration and the keys' }),
  host: hostName.meta({ description: 'the name by which boxes reach the broker; its certificate must carry it' }),
  port: port.meta({ description: 'for boxes' }),
  bind: hostName.optional().meta({ description: 'address to listen on for boxes; absent: every one' }),
  servicePort: port.meta({ description: 'for the services of the centre' }),
  serviceBind: hostName.meta({ description: 'address to listen on for the services' }),
  stateFolder: path.meta({ description: 'what the broker keeps over a restart' }),
  logFolder: path.meta({ description: 'the log of refusals' }),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a user name')
    .meta({ description: 'whom the broker runs as' }),
  claims: z
    .strictObject({
      port: port.meta({ description: 'for claims alone' }),
      broker: hostName.meta({ description: 'by which the broker for claims reaches the other one, at the port of the services' }),
      bridgeId: z
        .string()
        .regex(/^[0-9a-f]{32}$/)
        .meta({ description: 'random: whoever knew it could take the place of the bridge' }),
    })
    .optional()
    .meta({ description: 'absent: no box can claim its place here' }),
});
export type BrokerLayout = z.infer<typeof brokerLayoutSchema>;

/** Put there by people, never written and never read by us. */
export const placedFiles = {
  boxesAuthority: 'ca-boxes.crt',
  servicesAuthority: 'ca-services.crt',
  certificate: 'server.crt',
  key: 'server.key',
  boxesRevoked: 'boxes.crl',
  servicesRevoked: 'services.crl',
} as const;

/** Where claims are taken. The certificate is that of `centre.claims`. */
export const placedClaimsFiles = { certificate: 'claims.crt', key: 'claims.key' } as const;

export const writtenFiles = {
  configuration: 'mosquitto.conf',
  boxesAccess: 'boxes.acl',
  servicesAccess: 'services.acl',
  logFilterAccess: 'log-filter.acl',
  tls: 'openssl.cnf',
  start: 'start-broker',
  reload: 'reload-broker',
  logFilter: 'log-filter.pl',
  unit: 'vonggac-broker.service',
  readme: 'README.md',
} as const;

/** Where claims are taken. */
export const writtenClaimsFiles = {
  configuration: 'claims.conf',
  access: 'claims.acl',
  start: 'start-claims',
  unit: 'vonggac-claims.service',
} as const;

export const unitName = writtenFiles.unit;
export const logFileName = 'broker.log';
/** In the state folder, which only the broker's own user may enter. */
export const logSocketName = 'log.sock';
export const pidFileName = 'broker.pid';
