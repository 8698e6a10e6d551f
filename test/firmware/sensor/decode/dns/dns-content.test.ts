import { describe, expect, it } from 'vitest';
import { looksLikeDns } from '../../../../../firmware/sensor/decode/dns/dns-message.ts';
import { answer, message, pseudoRandom, query, question, record, u16 } from './message-bytes.ts';

const looks = (bytes: Uint8Array) => looksLikeDns(bytes, 0, bytes.length);

describe('looksLikeDns', () => {
  it('takes queries, responses, updates and the questions for the root', () => {
    expect(looks(query)).toBe(true);
    expect(looks(answer)).toBe(true);
    expect(
      looks(
        message({ flags: 0x2800, questions: [question('zone.example', 6)], authorities: [record('a.zone.example', 1, [192, 0, 2, 1])] }),
      ),
    ).toBe(true);
    expect(looks(message({ questions: [question('.', 2)] }))).toBe(true);
    expect(looks(message({ flags: 0x8183, questions: [question('no.such.example')] }))).toBe(true);
  });

  it('takes a response without a question when its first record makes sense', () => {
    expect(looks(message({ flags: 0x8400, answers: [record('printer.local', 1, [192, 0, 2, 3])] }))).toBe(true);
    expect(looks(message({ flags: 0x8400 }))).toBe(false);
  });

  it('takes the beginning of a message whose length is known', () => {
    const beginning = answer.subarray(0, 50);
    expect(looksLikeDns(beginning, 0, beginning.length, answer.length)).toBe(true);
  });

  it.each([
    ['RTP', '8060a1b2000003e8deadbeef7f7e7d7c7b7a797877767574737271706f6e6d6c'],
    ['SNMP', '302902010104067075626c6963a01c02047f3c2b1a020100020100300e300c06082b060102010101000500'],
    ['NTP', '230206e80000042b00000a3c8182ac10e9b1c0f000000000e9b1c1f000000000e9b1c1f0000000e9b1c1f00000000'],
    ['STUN', '000100002112a442b7e7a701bc34d686fa87dfae'],
    ['TFTP', '0001626f6f742e696d67006f6374657400'],
    ['DHCP', `01010600${'00'.repeat(40)}`],
    ['zeros', '00'.repeat(64)],
  ])('refuses %s', (_, hex) => {
    expect(looks(Buffer.from(hex, 'hex'))).toBe(false);
  });

  it('refuses names that are not host names, unknown types and classes, and bytes left over', () => {
    expect(looks(message({ questions: [[3, 1, 2, 3, 0, ...u16(1), ...u16(1)]] }))).toBe(false);
    expect(looks(message({ questions: [question('x.example', 777)] }))).toBe(false);
    expect(looks(message({ questions: [question('x.example', 1, 9)] }))).toBe(false);
    expect(looks(Buffer.concat([message({ questions: [question('x.example')] }), Buffer.alloc(9)]))).toBe(false);
  });

  it('refuses 200,000 random datagrams, and every prefix of a query', () => {
    const random = pseudoRandom(11);
    const bytes = Buffer.alloc(64);
    let taken = 0;
    for (let round = 0; round < 200_000; round++) {
      for (let at = 0; at < 32; at++) bytes[at] = random() >>> 8;
      if (looksLikeDns(bytes, 0, 20 + (round & 31))) taken++;
    }
    expect(taken).toBe(0);
    const plain = message({ questions: [question('www.example.org')] });
    for (let length = 0; length < plain.length; length++) expect(looksLikeDns(plain, 0, length)).toBe(false);
  });
});
