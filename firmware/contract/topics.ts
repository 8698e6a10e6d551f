/** Every MQTT topic of the product, in one table. `{id}` is the box's id, the common name of its certificate. */

const root = 'vonggac/1';

export const boxIdPattern = /^[a-z0-9-]{4,32}$/;

export const up = {
  presence: (id: string) => `${root}/up/${id}/presence`,
  alert: (id: string) => `${root}/up/${id}/alert`,
  health: (id: string) => `${root}/up/${id}/health`,
  loss: (id: string) => `${root}/up/${id}/loss`,
  evidence: (id: string, alert: string, chunk: number) => `${root}/up/${id}/evidence/${alert}/${chunk}`,
  configReported: (id: string) => `${root}/up/${id}/config/reported`,
  commandResponse: (id: string) => `${root}/up/${id}/cmd/res`,
  intelReported: (id: string) => `${root}/up/${id}/intel/reported`,
  certificateRequest: (id: string) => `${root}/up/${id}/certificate/req`,
} as const;

export const down = {
  configDesired: (id: string) => `${root}/down/${id}/config/desired`,
  ack: (id: string) => `${root}/down/${id}/ack`,
  commandRequest: (id: string) => `${root}/down/${id}/cmd/req`,
  certificateAnswer: (id: string) => `${root}/down/${id}/certificate/res`,
} as const;

export const broadcast = {
  intel: (channel: string) => `${root}/bcast/intel/${channel}`,
  centreState: `${root}/bcast/centre/state`,
} as const;

/** At the listener for claims alone. The id of a claim is the client id there, and as hard to guess as a key. */
export const claimTopics = {
  request: (claim: string) => `${root}/claim/${claim}/req`,
  answer: (claim: string) => `${root}/claim/${claim}/res`,
} as const;

/** Between programs of the centre; no box may read or write here. */
export const centre = {
  alert: (box: string) => `${root}/centre/alert/${box}`,
  everyAlert: `${root}/centre/alert/+`,
  /** Whom the broker turned away, line by line: it keeps that out of its own `$SYS/broker/log/#`. */
  brokerLog: `${root}/centre/broker-log`,
  /** What the registrar noticed of a box, for the ingest to make an alert of. */
  notice: `${root}/centre/notice`,
} as const;

/** What the centre subscribes to: every box's messages of a kind. */
export const everyBox = {
  presence: up.presence('+'),
  alert: up.alert('+'),
  health: up.health('+'),
  loss: up.loss('+'),
  evidence: `${root}/up/+/evidence/+/+`,
  configReported: up.configReported('+'),
  commandResponse: up.commandResponse('+'),
  intelReported: up.intelReported('+'),
  certificateRequest: up.certificateRequest('+'),
} as const;

/** One of several subscribers of a group gets each message (MQTT 5 §4.8.2). Retained messages are not sent to such a subscription. */
export const shared = (group: string, topic: string) => `$share/${group}/${topic}`;

/** The box that a topic of `up` or `down` belongs to; undefined for any other topic. */
export function boxOfTopic(topic: string): string | undefined {
  const [first, version, way, id] = topic.split('/');
  return `${first}/${version}` === root && (way === 'up' || way === 'down') && id !== undefined && boxIdPattern.test(id) ? id : undefined;
}
