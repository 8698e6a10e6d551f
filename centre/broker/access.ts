/**
 * Who may read and write which topic, as Mosquitto's access files, from the one table of topics. Each listener has a file of its own: a name
 * is worth nothing at the other one. What no line allows is refused.
 */
import { broadcast, centre, claimTopics, down, up } from '../../firmware/contract/topics.ts';

/** Names of the centre's services. The dot keeps them apart from every box: `boxIdPattern` has none. `centre.claims` is the broker for claims. */
export const serviceNames = ['centre.ingest', 'centre.watch', 'centre.director', 'centre.registrar', 'centre.claims'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Mosquitto puts the name of the certificate here. `%c` would be the client id, which is not proven. */
const self = '%u';
/**
 * The client id, at the broker for claims alone. It is not proven there either and need not be: it is the id of a claim, 128 random bits that only
 * the claim file and the centre know. Whoever can name it may ask in its name; what is asked is proven by the code, which is never sent.
 */
const ownClaim = '%c';
const any = '+';

/** All that begins with the first levels of a topic, also what a later version adds there. */
const below = (topic: string, levels: number) => `${topic.split('/').slice(0, levels).join('/')}/#`;
/** A function of the table takes the id of a box, and one or two of them more levels. */
const topicOf = (entry: (id: string, ...levels: never[]) => string, id: string) => String(Reflect.apply(entry, undefined, [id, any, any]));

const everyUp = below(up.alert(any), 3);

/** All that the broker tells of itself and of whom it turned away, line by line; for `readLogLine`. */
export const brokerLogTopics = ['$SYS/broker/log/#', centre.brokerLog] as const;

/**
 * One file for any number of boxes. Those in `revoked` may do nothing: the list of revoked certificates shuts the door, this takes the rights of who
 * is inside, also of one that showed its certificate before and says who it is after.
 */
export function boxesAccess(revoked: readonly string[] = []): string {
  return lines([
    '# What a box may do, %u being the common name of its certificate. No line names a box but those that were revoked.',
    ...Object.values(up).map((entry) => `pattern write ${topicOf(entry, self)}`),
    `pattern read ${below(down.ack(self), 4)}`,
    '# For all boxes alike; Mosquitto warns that it names none.',
    `pattern read ${below(broadcast.centreState, 3)}`,
    ...revoked.toSorted().flatMap((box) => [`user ${box}`, 'topic deny #']),
  ]);
}

/** At the broker for claims: the two topics of one's own claim, for anybody, and all there is for the bridge, which has no file. */
export function claimsAccess(): string {
  return lines([
    '# What anybody may do, %c being the client id: the id of a claim, which nobody can guess.',
    `pattern write ${claimTopics.request(ownClaim)}`,
    `pattern read ${claimTopics.answer(ownClaim)}`,
  ]);
}

const rights: Record<ServiceName, readonly string[]> = {
  'centre.ingest': [
    `read ${everyUp}`,
    ...brokerLogTopics.map((topic) => `read ${topic}`),
    `write ${down.ack(any)}`,
    `readwrite ${broadcast.centreState}`,
    `write ${centre.alert(any)}`,
    // Evidence is never retained. A box that retains it all the same would fill the broker's memory: ingest may wipe it out.
    `write ${topicOf(up.evidence, any)}`,
    `read ${centre.notice}`,
  ],
  'centre.watch': [`read ${everyUp}`, `read ${centre.everyAlert}`, `read ${broadcast.centreState}`, 'read $SYS/broker/#'],
  'centre.director': [
    `read ${everyUp}`,
    `write ${down.configDesired(any)}`,
    `write ${down.commandRequest(any)}`,
    `write ${broadcast.intel(any)}`,
  ],
  'centre.registrar': [
    `read ${claimTopics.request(any)}`,
    `write ${claimTopics.answer(any)}`,
    ...[up.presence, up.configReported, up.intelReported, up.commandResponse, up.certificateRequest].map((topic) => `read ${topic(any)}`),
    `write ${down.certificateAnswer(any)}`,
    `write ${centre.notice}`,
  ],
  'centre.claims': [`write ${claimTopics.request(any)}`, `read ${claimTopics.answer(any)}`],
};

export function servicesAccess(): string {
  const blocks = serviceNames.map((name) => `user ${name}\n${rights[name].map((right) => `topic ${right}`).join('\n')}`);
  return lines(['# What each service of the centre may do: no more than its work needs.', blocks.join('\n\n')]);
}

/** The log filter comes in by a socket of its own, without a name. */
export function logFilterAccess(): string {
  return lines(['# What the log filter may do, which has no name.', `topic write ${centre.brokerLog}`]);
}

const lines = (text: readonly string[]) => `${text.join('\n')}\n`;
