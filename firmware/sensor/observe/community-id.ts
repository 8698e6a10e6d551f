/** The Community ID of a flow, version 1, seed 0 (Corelight's community-id-spec): one text that every tool gives the same conversation. */
import { createHash } from 'node:crypto';
import { isIPv4 } from '../bytes/address.ts';
import { protocolIcmp, protocolIcmpv6, protocolSctp, protocolTcp, protocolUdp } from '../decode/packet.ts';
import { icmpReplies, icmpv6Replies } from '../decode/transport.ts';
import type { Connection } from './event.ts';

export function communityId(connection: Connection): string {
  const { clientA, clientB, clientC, clientD, serverA, serverB, serverC, serverD, protocol } = connection;
  let source = addressBytes(clientA, clientB, clientC, clientD);
  let target = addressBytes(serverA, serverB, serverC, serverD);
  let sourcePort = connection.clientPort;
  let targetPort = connection.serverPort;
  let oneWay = false;
  if (protocol === protocolIcmp || protocol === protocolIcmpv6) {
    // The specification's ICMP mapping: the types of question and answer are the two ports; what has no answer is never turned round.
    const answer = (protocol === protocolIcmp ? icmpReplies : icmpv6Replies).get(sourcePort);
    if (answer === undefined) oneWay = true;
    else targetPort = answer;
  }
  const order = Buffer.compare(source, target);
  if (!oneWay && (order > 0 || (order === 0 && sourcePort > targetPort))) {
    [source, target] = [target, source];
    [sourcePort, targetPort] = [targetPort, sourcePort];
  }
  const hasPorts = [protocolTcp, protocolUdp, protocolSctp, protocolIcmp, protocolIcmpv6].includes(protocol);
  const ports = hasPorts ? [sourcePort >> 8, sourcePort & 255, targetPort >> 8, targetPort & 255] : [];
  const seed = Buffer.from([0, 0]);
  const hash = createHash('sha1').update(seed).update(source).update(target);
  return `1:${hash.update(Buffer.from([protocol, 0, ...ports])).digest('base64')}`;
}

function addressBytes(a: number, b: number, c: number, d: number): Buffer {
  const words = isIPv4(a, b, c) ? [d] : [a, b, c, d];
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeInt32BE(word, index * 4);
  return bytes;
}
