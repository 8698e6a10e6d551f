/**
 * Bytes from the broker -> whole packets, of the types that a broker may send to this box and no larger than it announced. A packet that is
 * too large is noticed at its head: mqtt.js would first collect it, up to 256 MB. Reads fixed headers only (MQTT 5 §2.1).
 */

/** MQTT 5 §1.5.5: a length has at most four bytes. */
const lengthBytesMax = 4;

/** MQTT 5 §2.1.2: CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP, DISCONNECT. The box asks for no QoS 2 and no AUTH, so nothing else may come. */
const types: ReadonlySet<number> = new Set([2, 3, 4, 9, 13, 14]);
const publishType = 3;
/** MQTT 5 §3.3.1.2: the higher of the two bits of QoS in the first byte of PUBLISH. */
const higherQosBit = 0x04;

export class PacketSplitter {
  readonly #packetBytesMax: number;
  /** First byte and length, as far as they came. */
  #head: number[] = [];
  /** Has its full size from the head on; undefined while that is not whole. */
  #packet: Buffer | undefined;
  #filled = 0;

  constructor(packetBytesMax: number) {
    this.#packetBytesMax = packetBytesMax;
  }

  /** The packets that these bytes complete. Throws an `Error` in words where no more can come of this stream. */
  take(bytes: Uint8Array): Buffer[] {
    const packets: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (this.#packet === undefined) this.#takeHead(bytes[at++] ?? 0);
      else {
        const part = bytes.subarray(at, at + this.#packet.length - this.#filled);
        this.#packet.set(part, this.#filled);
        this.#filled += part.length;
        at += part.length;
      }
      if (this.#packet === undefined || this.#filled < this.#packet.length) continue;
      packets.push(this.#packet);
      this.#packet = undefined;
      this.#head = [];
    }
    return packets;
  }

  #takeHead(byte: number): void {
    this.#head.push(byte);
    if (this.#head.length === 1) {
      const type = byte >> 4;
      if (!types.has(type) || (type === publishType && (byte & higherQosBit) !== 0))
        throw new Error('the broker sent a packet of a type that the box never asks for');
      return;
    }
    const lengthBytes = this.#head.length - 1;
    if ((byte & 0x80) !== 0) {
      if (lengthBytes === lengthBytesMax) throw new Error('the broker sent a packet without a proper length');
      return;
    }
    const length = this.#head.slice(1).reduce((sum, digit, index) => sum + (digit & 0x7f) * 0x80 ** index, 0);
    const packetBytes = this.#head.length + length;
    if (packetBytes > this.#packetBytesMax)
      throw new Error(`the broker began a packet of ${packetBytes} bytes; the box takes ${this.#packetBytesMax} at most`);
    this.#packet = Buffer.alloc(packetBytes);
    this.#packet.set(this.#head);
    this.#filled = this.#head.length;
  }
}
