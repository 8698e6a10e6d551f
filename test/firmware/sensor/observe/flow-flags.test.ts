import { describe, expect, it } from 'vitest';
import { Packet, protocolTcp, tcpAck, tcpRst, tcpSyn } from '../../../../firmware/sensor/decode/packet.ts';
import { flagsAfter, flagsWithClient } from '../../../../firmware/sensor/observe/flow-flags.ts';
import * as record from '../../../../firmware/sensor/observe/flow-record.ts';

const { flagInUse, flagClientIsB, flagAnswered, flagPayloadA, flagPayloadB, flagHandshake, bothSyns, flagExchanged } = record;

function tcp(tcpFlags: number): Packet {
  return Object.assign(new Packet(), { protocol: protocolTcp, tcpFlags });
}

describe('what is known of a flow once its client is', () => {
  it('stays as it is when that end was taken for the client before', () => {
    expect(flagsWithClient(flagInUse | flagAnswered, true, 1, 1)).toBe(flagInUse | flagAnswered);
  });

  it('keeps payload both ways, and a handshake only where the client can have acknowledged it', () => {
    const exchanged = flagInUse | flagPayloadA | flagPayloadB | flagExchanged | flagAnswered | flagHandshake | bothSyns;
    expect(flagsWithClient(exchanged, false, 4, 4)).toBe(exchanged | flagClientIsB);
    expect(flagsWithClient(exchanged, false, 4, 1)).toBe((exchanged & ~flagHandshake) | flagClientIsB);
  });
});

describe('an answer', () => {
  const isAnswered = (...packets: [flags: number, fromA: boolean][]) =>
    (packets.reduce((flags, [tcpFlags, fromA]) => flagsAfter(flags, tcp(tcpFlags), fromA), flagInUse) & flagAnswered) !== 0;

  it('takes both sides: who was spoken to alone has answered nobody', () => {
    expect(isAnswered([tcpSyn, true])).toBe(false);
    expect(isAnswered([tcpSyn | tcpAck, true])).toBe(false);
    expect(isAnswered([tcpSyn, true], [tcpSyn | tcpAck, false])).toBe(true);
  });

  it('is not a refusal, whoever refuses', () => {
    expect(isAnswered([tcpSyn, true], [tcpRst | tcpAck, false])).toBe(false);
    expect(isAnswered([tcpSyn | tcpAck, true], [tcpRst, false])).toBe(false);
    expect(isAnswered([tcpRst, true], [tcpRst, false])).toBe(false);
  });
});
