/** The few MQTT 5 packets of a box that only sends (OASIS MQTT 5 §3): written and read here, for a client library costs more than what is measured. */

/** MQTT 5 §2.1.2, with the flags that are fixed. */
export const packetTypes = { connack: 2, publish: 3, puback: 4, suback: 9 } as const;
const bytesOfConnect = 0x10;
const bytesOfSubscribe = 0x82;
const publishAtLeastOnce = 0x32;
const cleanStart = 0x02;
/** MQTT 5 §2.2.2.2. */
const contentTypeProperty = 3;

export const pingRequest: Buffer = Buffer.from([0xc0, 0]);

export function connectPacket(clientId: string, keepaliveSeconds: number): Buffer {
  const protocol = Buffer.concat([text('MQTT'), Buffer.from([5, cleanStart]), u16(keepaliveSeconds), noProperties]);
  return packet(bytesOfConnect, protocol, text(clientId));
}

export function subscribePacket(packetId: number, topics: readonly string[]): Buffer {
  return packet(bytesOfSubscribe, u16(packetId), noProperties, ...topics.map((topic) => Buffer.concat([text(topic), Buffer.from([1])])));
}

/** At QoS 1, of JSON. */
export function publishPacket(topic: Buffer, packetId: number, body: string): Buffer {
  return packet(publishAtLeastOnce, topic, u16(packetId), jsonProperties, Buffer.from(body));
}

export function pubackPacket(packetId: number): Buffer {
  return Buffer.concat([Buffer.from([0x40, 2]), u16(packetId)]);
}

/** A string with its length, as a topic stands in a packet. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u16(bytes.length), bytes]);
}

export interface ReceivedPublish {
  topic: string;
  /** 0 where no acknowledgement is asked for. */
  packetId: number;
  isRetained: boolean;
  payload: Buffer;
}

/** What stands behind the fixed header of a packet. */
export function bodyOf(whole: Buffer): Buffer {
  return whole.subarray(1 + varint(whole, 1).size);
}

export function readPublish(whole: Buffer): ReceivedPublish {
  const body = bodyOf(whole);
  const flags = whole[0] ?? 0;
  const topicEnd = 2 + body.readUInt16BE(0);
  const hasId = (flags & 0x06) !== 0;
  const at = topicEnd + (hasId ? 2 : 0);
  const properties = varint(body, at);
  return {
    topic: body.toString('utf8', 2, topicEnd),
    packetId: hasId ? body.readUInt16BE(topicEnd) : 0,
    isRetained: (flags & 1) !== 0,
    payload: body.subarray(at + properties.size + properties.value),
  };
}

const noProperties = Buffer.from([0]);
const contentType = text('application/json');
const jsonProperties = Buffer.concat([Buffer.from([1 + contentType.length, contentTypeProperty]), contentType]);

function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  let length = parts.reduce((sum, { length: size }) => sum + size, 0);
  const head = [first];
  do {
    const more = length > 0x7f ? 0x80 : 0;
    head.push((length & 0x7f) | more);
    length >>>= 7;
  } while (length > 0);
  return Buffer.concat([Buffer.from(head), ...parts]);
}

/** MQTT 5 §1.5.5. */
function varint(bytes: Buffer, at: number): { value: number; size: number } {
  let value = 0;
  for (let size = 1; size <= 4; size++) {
    const byte = bytes[at + size - 1] ?? 0;
    value += (byte & 0x7f) * 0x80 ** (size - 1);
    if (byte < 0x80) return { value, size };
  }
  return { value, size: 4 };
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}
