/** What somebody who owns the broker can put on the topics that a box listens to: all but what its director has signed for it, now. */
import { randomBytes } from 'node:crypto';
import { type Envelope, payloadTypes } from '../../../firmware/contract/envelope.ts';
import { broadcast, down } from '../../../firmware/contract/topics.ts';
import { desired, director, request } from './orders/director.ts';

/** As much as the broker takes in one message, with room for the topic. */
const noiseBytes = 250 * 1024;
const cutsOfEach = 12;
const noises = 12;

/** What was said on the wire before the attack, as the owner of the broker recorded it. */
export interface Recorded {
  /** Orders to this box, the oldest first; the last one is in force. */
  orders: readonly string[];
  /** A command to this box that was done. */
  command: string;
  /** To another box, signed by the same director. */
  othersOrder: string;
  othersCommand: string;
  /** As every message of the box names it. */
  outboxId: string;
}

export interface Poison {
  topic: string;
  payload: string | Buffer;
}

export function poisonFor(box: string, otherBox: string, recorded: Recorded): Poison[] {
  const on = (topic: string, payloads: readonly (string | Buffer)[]) => payloads.map((payload) => ({ topic, payload }));
  return [
    ...on(down.configDesired(box), [...forgedOrders(box, recorded), ...everyNoise()]),
    ...on(down.commandRequest(box), [...forgedCommands(box, recorded), ...everyNoise()]),
    ...on(down.ack(box), [...uselessAcks(box, otherBox, recorded), ...everyNoise()]),
    ...on(down.certificateAnswer(box), [...forgedAnswers(), ...everyNoise()]),
    ...on(broadcast.intel('main'), [JSON.stringify({ schema: 'intel/1', version: 99, url: 'https://evil.example/' }), ...everyNoise()]),
    ...on(broadcast.centreState, ['{"online":true}', '[]', ...everyNoise()]),
    ...on(`${broadcast.intel('main')}/${'x'.repeat(500)}`, ['{}']),
  ];
}

function forgedOrders(box: string, { orders, command, othersOrder }: Recorded): (string | Buffer)[] {
  const stranger = director();
  const inForce = orders.at(-1) ?? '';
  const signature = (JSON.parse(inForce) as Envelope).signatures;
  const bare = desired({ box, seq: 50, settings: { detectors: { knownBad: { enabled: false } } } });
  return [
    JSON.stringify(bare),
    stranger.config({ box, seq: 51, settings: {} }),
    JSON.stringify({
      payloadType: payloadTypes.configuration,
      payload: Buffer.from(JSON.stringify(bare)).toString('base64'),
      signatures: signature,
    }),
    ...orders.slice(0, -1),
    othersOrder,
    command,
    ...mutilated(inForce),
  ];
}

function forgedCommands(box: string, { orders, command, othersCommand }: Recorded): (string | Buffer)[] {
  const bare = request({ box, command: 'restart', arguments: { process: 'agent' } });
  return [
    JSON.stringify(bare),
    director().command({ box, command: 'restart', arguments: { process: 'agent' } }),
    command,
    othersCommand,
    orders.at(-1) ?? '',
    ...mutilated(command),
  ];
}

/** A good acknowledgement is another matter: the owner of the broker can make a box believe that the centre has a message. */
function uselessAcks(box: string, otherBox: string, { outboxId }: Recorded): string[] {
  const ack = { schema: 'ack/1', box, outboxId, seqs: [1] };
  return [
    { ...ack, box: otherBox },
    { ...ack, outboxId: undefined },
    { ...ack, outboxId: 'no-such-outbox' },
    { ...ack, seqs: [0, -1, 2 ** 60] },
    { ...ack, seqs: Array.from({ length: 5_001 }, (_, index) => index + 1) },
    { ...ack, schema: 'ack/2' },
  ].map((one) => JSON.stringify(one));
}

function forgedAnswers(): string[] {
  const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  return [
    JSON.stringify({ schema: 'certificate-answer/1', state: 'issued', certificate }),
    JSON.stringify({ schema: 'certificate-answer/1', state: 'refused', code: 'revoked', message: '\u001b[2J' }),
  ];
}

/** Cut short anywhere, and with any bit turned over. */
function mutilated(text: string): Buffer[] {
  const whole = Buffer.from(text);
  const at = () => Math.floor(Math.random() * whole.length);
  return Array.from({ length: cutsOfEach }).flatMap(() => {
    const flipped = Buffer.from(whole);
    const place = at();
    flipped[place] = (flipped[place] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
    return [whole.subarray(0, Math.max(1, at())), flipped];
  });
}

function everyNoise(): Buffer[] {
  const nested = [Buffer.alloc(noiseBytes, '['), Buffer.alloc(noiseBytes, '{"a":')];
  const random = Array.from({ length: noises }, () => randomBytes(noiseBytes));
  const long = Buffer.from(JSON.stringify({ payloadType: 'x', payload: 'A'.repeat(noiseBytes - 200), signatures: [{ sig: 'AAAA' }] }));
  return [...nested, ...random, long, Buffer.from('null'), Buffer.from([0xff, 0xfe, 0]), Buffer.from('{"__proto__":{"box":1}}')];
}
