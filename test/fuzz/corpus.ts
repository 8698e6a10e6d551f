/** A seed becomes lists of well-formed frames of every kind that the sensor decodes: what mutation and truncation start from. */

import { Scripted, type Source } from '../bench/traffic/conversation.ts';
import { encapsulations, type LinkFrame } from '../bench/traffic/encapsulation.ts';
import { lanFrames } from '../bench/traffic/lan-messages.ts';
import { Network } from '../bench/traffic/network.ts';
import { quic } from '../bench/traffic/quic-session.ts';
import { Sessions } from '../bench/traffic/sessions.ts';
import { fragments4, fragments6 } from './fragments.ts';
import { Random } from './random.ts';

/** Frames taken from the beginning of each conversation, where the messages are. */
const framesPerConversation = 24;
const conversationsPerKind = 3;
/** Tunnels within tunnels, beyond what any decoder should follow. */
const nestedMax = 10;

/** Lists that are made; then they come again with other client addresses, so that memory stays flat and conversations are new. */
const listsMax = 24;
/** Second byte of a client's address, by what the address starts with: the part of it that may be changed. */
const clientPrefixes = [Buffer.from([10, 20]), Buffer.from([0xfd, 0, 0, 0x20])];

interface KnownList {
  frames: LinkFrame[];
  /** Where frame number `frame` holds a byte of a client's address that tells one round from another. */
  places: { frame: number; at: number }[];
}

/** Gives a list of other conversations each time it is asked. A list is overwritten when 24 more were asked for. */
export class Corpus {
  private readonly lists: KnownList[] = [];
  private asked = 0;
  private readonly random: Random;
  private readonly sessions: Sessions;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.sessions = new Sessions(new Network(this.random), this.random);
  }

  next(): readonly LinkFrame[] {
    const round = Math.floor(this.asked / listsMax);
    const index = this.asked++ % listsMax;
    let list = this.lists[index];
    if (list === undefined) {
      const frames = this.make();
      list = { frames, places: clientPlaces(frames) };
      this.lists.push(list);
    }
    if (round > 0) for (const place of list.places) list.frames[place.frame]!.bytes[place.at] = round;
    return list.frames;
  }

  private make(): LinkFrame[] {
    const { random } = this;
    const plain = this.conversations();
    const ip = plain.filter(isIp);
    const frames: LinkFrame[] = plain.map((bytes) => ({ bytes, linkType: 1 }));
    for (const bytes of ip) frames.push(random.pick(Object.values(encapsulations))(bytes));
    for (const wrap of Object.values(encapsulations)) frames.push(wrap(random.pick(ip)));
    for (let depth = 2; depth <= nestedMax; depth++) frames.push({ bytes: nested(ip, depth, random), linkType: 1 });
    for (const bytes of ip) {
      if (bytes.length <= 400) continue;
      const parts = bytes[12] === 0x86 ? fragments6(bytes) : fragments4(bytes);
      for (const part of parts) frames.push({ bytes: part, linkType: 1 });
    }
    return frames;
  }

  private conversations(): Buffer[] {
    const { sessions } = this;
    const plain: Buffer[] = [];
    for (let round = 0; round < conversationsPerKind; round++) {
      const client = sessions.network.anyClient();
      const server = sessions.network.anyServer();
      plain.push(
        ...take(new Scripted(sessions.lookup(client, server))),
        ...take(sessions.tls13(client, server, 2)),
        ...take(sessions.tls12(client, server, 2)),
        ...take(sessions.http(client, server, ['/index.html', 'http://proxy.example/absolute?x=1', '/last'])),
        ...take(quic(sessions, client, server, 6)),
        ...take(sessions.fileServer(client, 1)),
        ...lanFrames(client),
      );
    }
    return plain;
  }
}

function clientPlaces(frames: readonly LinkFrame[]): KnownList['places'] {
  const places: KnownList['places'] = [];
  for (const [frame, { bytes }] of frames.entries()) {
    for (const prefix of clientPrefixes) {
      for (let at = bytes.indexOf(prefix); at >= 0; at = bytes.indexOf(prefix, at + 1)) places.push({ frame, at: at + 1 });
    }
  }
  return places;
}

/** A frame inside so many tunnels. */
function nested(frames: readonly Buffer[], depth: number, random: Random): Buffer {
  let bytes = random.pick(frames);
  for (let left = depth; left > 0; left--) bytes = encapsulations[random.pick(['gre', 'vxlan', 'ip in ip', 'erspan 2'])]!(bytes).bytes;
  return bytes;
}

function isIp(frame: Buffer): boolean {
  const type = frame.readUInt16BE(12);
  return type === 0x0800 || type === 0x86dd;
}

function take(source: Source): Buffer[] {
  const out = Buffer.alloc(70_000);
  const frames: Buffer[] = [];
  while (frames.length < framesPerConversation) {
    const length = source.next(out, 0);
    if (length === 0) break;
    frames.push(Buffer.from(out.subarray(0, length)));
  }
  return frames;
}
