/**
 * Who may read and write which topic, as Mosquitto's access files, from the one table of topics. Each listener has a file of its own: a name
 * is worth nothing at the other one. What no line allows is refused.
 */
import { broadcast, centre, down, up } from '../../firmware/contract/topics.ts';

/** Names of the centre's services. The dot keeps them apart from every box: `boxIdPattern` has none. */
export const serviceNames = ['centre.ingest', 'centre.watch', 'centre.director'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Mosquitto puts the name of the certificate here. `%c` would be the client id, which is not proven. */
const self = '%u';
const any = '+';

/** All that begins with the first levels of a topic, also what a later version adds there. */
const below = (topic: string, levels: number) => `${topic.split('/').slice(0, levels).join('/')}/#`;
/** A function of the table takes the id of a box, and one or two of them more levels. */
const topicOf = (entry: (id: string, ...levels: never[]) => string, id: string) => String(Reflect.apply(entry, undefined, [id, any, any]));

const everyUp = below(up.alert(any), 3);

/** All that the broker tells of itself and of whom it turned away, line by line; for `readLogLine`. */
export const brokerLogTopics = ['$SYS/broker/log/#', centre.brokerLog] as const;

/** One file for any number of boxes. */
export function boxesAccess(): string {
  return lines([
    '# What a box may do, %u being the common name of its certificate. No line names a box.',
    ...Object.values(up).map((entry) => `pattern write ${topicOf(entry, self)}`),
    `pattern read ${below(down.ack(self), 4)}`,
    '# For all boxes alike; Mosquitto warns that it names none.',
    `pattern read ${below(broadcast.centreState, 3)}`,
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
  ],
  'centre.watch': [`read ${everyUp}`, `read ${centre.everyAlert}`, `read ${broadcast.centreState}`, 'read $SYS/broker/#'],
  'centre.director': [
    `read ${everyUp}`,
    `write ${down.configDesired(any)}`,
    `write ${down.commandRequest(any)}`,
    `write ${broadcast.intel(any)}`,
  ],
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
