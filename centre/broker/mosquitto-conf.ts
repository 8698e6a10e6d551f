/**
 * The broker's own configuration, for Mosquitto 2.0.11 (Debian 12) and later 2.x. The figures in it were measured on 2.0.11 with TLS 1.3,
 * messages of 1,000 bytes, on two cores that its load shared.
 */
import { join } from 'node:path';
import { type BrokerLayout, logSocketName, placedFiles, writtenFiles } from './layout.ts';

/** A chunk of evidence is at most 128 KiB; twice that leaves room for its topic and properties, and for whatever else is sent whole. */
export const packetBytesMax = 256 * 1024;
/** Sockets that boxes and strangers may hold open. A stranger who says nothing is put out after 90 s, so this is room for 2,000 boxes and 6,000 of those. */
export const boxConnectionsMax = 8_000;
export const serviceConnectionsMax = 200;
/** Another connection's place, each with room for the broker's own files. */
export const openFilesMax = 2 * (boxConnectionsMax + serviceConnectionsMax);
/** Of the broker's own allocations: three services that lag behind as far as they may. OpenSSL's, some 20 KB a connection, come on top. */
export const memoryBytesMax = 256 * 1024 * 1024;

interface Listener {
  purpose: string;
  port: number;
  bind: string | undefined;
  access: string;
  authority: string;
  revoked: string;
  connectionsMax: number;
}

export function mosquittoConfiguration(layout: BrokerLayout): string {
  const { folder, stateFolder, user } = layout;
  const sections = [
    general(user),
    persistence(stateFolder),
    limits(),
    log(),
    tlsListener(layout, {
      purpose:
        'Boxes. The authority of the boxes is the only one trusted here. The name in the certificate is the user name and the client id,\n' +
        '# whatever the client says of itself: no box can take the place of another one.',
      port: layout.port,
      bind: layout.bind,
      access: writtenFiles.boxesAccess,
      authority: placedFiles.boxesAuthority,
      revoked: placedFiles.boxesRevoked,
      connectionsMax: boxConnectionsMax,
    }),
    'use_username_as_clientid true',
    '',
    tlsListener(layout, {
      purpose:
        'The services of the centre. Their authority is the only one trusted here. The name in the certificate gives the rights; the client\n' +
        '# id is free, so that one service may run several times.',
      port: layout.servicePort,
      bind: layout.serviceBind,
      access: writtenFiles.servicesAccess,
      authority: placedFiles.servicesAuthority,
      revoked: placedFiles.servicesRevoked,
      connectionsMax: serviceConnectionsMax,
    }),
    '',
    `# The log filter, by a socket in a folder that nobody else may enter.
listener 0 ${join(stateFolder, logSocketName)}
allow_anonymous true
acl_file ${join(folder, writtenFiles.logFilterAccess)}
max_connections 4`,
  ];
  return `${sections.join('\n')}\n`;
}

function general(user: string): string {
  return `# Access, anonymity and client ids are a matter of each listener. Must come first.
per_listener_settings true

# Only where it is started as root, which the unit does not do.
user ${user}

# Without it each PUBLISH of a small window waits for the 40 ms of a delayed TCP acknowledgement: 930 messages/s in place of 55,000.
set_tcp_nodelay true
`;
}

function persistence(stateFolder: string): string {
  return `# Every save writes the whole database anew and stops all else meanwhile, so it must not come with every change. Messages/s of QoS 1
# taken at once, and while a queue of 100,000 grows (a save of its 110 MB takes 0.2 to 0.4 s):
#   on changes, each one          290          (not waited for)
#   on changes, every 100       3,700      980
#   on changes, every 1,000    22,600    7,700
#   by time, 1 s or 5 s        88,000  140,000
# By time, then. kill -9 loses the changes of the last 6 s (the interval, and a second of its clock) and nothing older. That costs no message
# of a box: it sends again until the centre's own acknowledgement. It costs no state of a client that is connected: it says it again
# when it comes back. What is left is a retained message or an order whose sender went away within those 6 s.
persistence true
persistence_location ${stateFolder}/
autosave_interval 5
# A box that was away for a week begins anew; what it should know is retained.
persistent_client_expiration 7d
`;
}

function limits(): string {
  return `# Larger packets end their connection. Mosquitto takes up to 256 MB otherwise.
max_packet_size ${packetBytesMax}
# On the way to one client at once: enough for a service that acknowledges in batches, and no more bytes than a slow one can be trusted with.
max_inflight_messages 1000
max_inflight_bytes 16777216
# Waiting for one client; then the rest is dropped, and its sender sends it again for want of the centre's acknowledgement. The default of
# 1,000 loses in every burst; with 0 ("no limit") Mosquitto 2.0.11 ends the connection of a sender whose message it refuses.
max_queued_messages 50000
max_queued_bytes 67108864
# A box is missed after one and a half times this, also one that asked for longer.
max_keepalive 60
# The client whose message finds no room is put out; the others go on (tried: one box filled it with retained messages, large and small).
# A quarter of what the unit allows: to be ended by the kernel would help nobody, for the same contents come back from the disk.
memory_limit ${memoryBytesMax}
`;
}

function log(): string {
  return `# Mosquitto says "Denied PUBLISH" and names the topic of a will only among the debug lines, with four lines for every message. They go to
# standard error, where the log filter (see ${writtenFiles.start}) takes out what matters: 34,000 messages/s in place of 55,000, and 14 µs of a
# core for a message in place of 8. All but debug goes to the topics $SYS/broker/log/# too.
log_dest stderr
log_dest topic
log_type error
log_type warning
log_type notice
log_type information
log_type subscribe
log_type debug
log_timestamp true
log_timestamp_format %Y-%m-%dT%H:%M:%S%z
`;
}

function tlsListener(layout: BrokerLayout, listener: Listener): string {
  const file = (name: string) => join(layout.folder, name);
  return `# ${listener.purpose}
listener ${listener.port}${listener.bind === undefined ? '' : ` ${listener.bind}`}
allow_anonymous false
acl_file ${file(listener.access)}
tls_version tlsv1.3
certfile ${file(placedFiles.certificate)}
keyfile ${file(placedFiles.key)}
cafile ${file(listener.authority)}
crlfile ${file(listener.revoked)}
require_certificate true
use_identity_as_username true
max_connections ${listener.connectionsMax}
# Nothing of ours uses QoS 2; half-done exchanges of it are memory that a client may hold without end.
max_qos 1`;
}

/** Read by OpenSSL within Mosquitto. */
export function tlsConfiguration(): string {
  return `# Mosquitto has no option for this. A client that comes back with a session ticket does not show its certificate again: with tickets, one
# that had ended in the meantime was let in (measured). Without them every connection shows its certificate.
openssl_conf = initialisation
[initialisation]
ssl_conf = protocols
[protocols]
system_default = every_connection
[every_connection]
NumTickets = 0
`;
}
