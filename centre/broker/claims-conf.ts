/**
 * The configuration of the broker for claims: a Mosquitto of its own, to which anybody may talk. It is another process because client ids are one
 * name space in a process, whatever the listener: a stranger who calls himself as a box or a service does puts it out (seen on 2.0.11). Nor can
 * a stranger fill memory here that boxes need, or leave retained messages. A bridge carries requests to the other broker and answers back.
 */
import { join } from 'node:path';
import { claimTopics } from '../../firmware/contract/topics.ts';
import { type BrokerLayout, placedClaimsFiles, placedFiles, writtenClaimsFiles } from './layout.ts';

/** Claims take seconds, and a technician puts in one card at a time. */
const connectionsMax = 200;
export const claimsOpenFilesMax = 2 * connectionsMax + 64;
export const claimsMemoryBytesMax = 32 * 1024 * 1024;
/** A request with a P-256 key has less than 2 KB, an answer less than 4. */
const packetBytesMax = 20 * 1024;
/** The least that Mosquitto takes. */
const keepaliveSeconds = 10;

export function claimsConfiguration(layout: BrokerLayout, claims: NonNullable<BrokerLayout['claims']>): string {
  return `${[general(layout), listener(layout, claims.port), bridge(layout, claims)].join('\n')}\n`;
}

function general({ user }: BrokerLayout): string {
  return `# Access and anonymity are a matter of each listener. Must come first.
per_listener_settings true

# Only where it is started as root, which the unit does not do.
user ${user}
set_tcp_nodelay true

# Nothing outlives a connection, and nothing is kept: an answer that found nobody is asked for again.
persistence false
retain_available false
persistent_client_expiration 1h
max_packet_size ${packetBytesMax}
max_queued_messages 100
max_queued_bytes 1048576
max_inflight_messages 20
max_keepalive ${keepaliveSeconds}
memory_limit ${claimsMemoryBytesMax}

log_dest stderr
log_type error
log_type warning
log_timestamp true
log_timestamp_format %Y-%m-%dT%H:%M:%S%z
`;
}

function listener({ folder, bind }: BrokerLayout, port: number): string {
  return `# Anybody who trusts the certificate of this server. What one may do is in the access file.
listener ${port}${bind === undefined ? '' : ` ${bind}`}
allow_anonymous true
allow_zero_length_clientid false
acl_file ${join(folder, writtenClaimsFiles.access)}
tls_version tlsv1.3
certfile ${join(folder, placedFiles.certificate)}
keyfile ${join(folder, placedFiles.key)}
max_connections ${connectionsMax}
max_qos 1
`;
}

/** The names of claims' topics, each once. */
function bridge({ folder, servicePort }: BrokerLayout, { broker, bridgeId }: NonNullable<BrokerLayout['claims']>): string {
  return `# To the other broker, as a service that may write requests and read answers.
connection claims
address ${broker}:${servicePort}
bridge_cafile ${join(folder, placedFiles.servicesAuthority)}
bridge_certfile ${join(folder, placedClaimsFiles.certificate)}
bridge_keyfile ${join(folder, placedClaimsFiles.key)}
bridge_protocol_version mqttv50
bridge_outgoing_retain false
remote_clientid centre.claims
# Secret: a stranger with this client id would put the bridge out.
local_clientid ${bridgeId}
cleansession true
local_cleansession true
notifications false
try_private false
keepalive_interval 20
restart_timeout 1 10
topic ${claimTopics.request('+')} out 1
topic ${claimTopics.answer('+')} in 1`;
}
