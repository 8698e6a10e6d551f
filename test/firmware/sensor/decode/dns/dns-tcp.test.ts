import { describe, expect, it } from 'vitest';
import type { DnsMessage } from '../../../../../firmware/sensor/decode/dns/dns-message.ts';
import { DnsTcpStream, looksLikeDnsTcp } from '../../../../../firmware/sensor/decode/dns/dns-tcp.ts';
import { answer, message, pseudoRandom, query, question, record, u16 } from './message-bytes.ts';

const framed = (bytes: Buffer) => Buffer.concat([Buffer.from(u16(bytes.length)), bytes]);
const large = message({
  flags: 0x8180,
  questions: [question('big.example', 16)],
  answers: Array.from({ length: 40 }, () => record(12, 16, [200, ...new Array<number>(200).fill(0x61)])),
});
const stream = Buffer.concat([query, answer, large, query].map(framed));

/** What a message says, read while its bytes are there. */
function textOf({ questions, answers, ...head }: DnsMessage) {
  return {
    ...head,
    questions: questions.map(({ name, type }) => ({ name, type })),
    answers: answers.map(({ name, type, ttl, data }) => ({ name, type, ttl, data })),
  };
}

function run(bytes: Buffer, chunkBytes: number): { messages: ReturnType<typeof textOf>[]; accepted: boolean } {
  const messages: ReturnType<typeof textOf>[] = [];
  const dns = new DnsTcpStream((decoded) => messages.push(textOf(decoded)));
  let accepted = true;
  for (let at = 0; at < bytes.length && accepted; at += chunkBytes) {
    // A copy that is wiped afterwards: nothing may be kept of a chunk.
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes));
    accepted = dns.push(chunk, 0, chunk.length);
    chunk.fill(0xee);
  }
  return { messages, accepted };
}

describe('DnsTcpStream', () => {
  it('gives the same messages at every chunk size', () => {
    const whole = run(stream, stream.length).messages;
    expect(whole.map((entry) => entry.questions[0]?.name)).toEqual([
      'www.evil.example',
      'www.evil.example',
      'big.example',
      'www.evil.example',
    ]);
    for (const size of [1, 2, 3, 5, 7, 11, 13, 31, 64, 100, 511, 512, 513, 1460, 4000]) expect(run(stream, size).messages).toEqual(whole);
  });

  it('refuses what is no DNS as soon as a header is here', () => {
    expect(run(Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'), 100).accepted).toBe(false);
    expect(run(Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'), 1).accepted).toBe(false);
    expect(run(Buffer.alloc(40), 40).accepted).toBe(false);
  });

  it('drops what was pending at a gap and resumes at a chunk that begins with a message', () => {
    const messages: DnsMessage[] = [];
    const dns = new DnsTcpStream((decoded) => messages.push(decoded));
    const first = framed(large);
    dns.push(first, 0, 700);
    dns.gap();
    dns.push(first, 900, 1400);
    expect(messages).toEqual([]);
    const next = framed(answer);
    dns.push(next, 0, 40);
    dns.push(next, 40, next.length);
    expect(messages.map((entry) => entry.answers.length)).toEqual([3]);
  });

  it('survives every flipped byte and random bytes', () => {
    const bytes = Buffer.concat([query, answer, query].map(framed));
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at] = flipped[at]! ^ 0xff;
      expect(run(flipped, 9).messages.length).toBeLessThanOrEqual(8);
    }
    const random = pseudoRandom(3);
    for (let round = 0; round < 300; round++) run(Buffer.from(Array.from({ length: 200 }, () => random() & 255)), 1 + (round % 50));
  });
});

describe('looksLikeDnsTcp', () => {
  it('knows the beginning of a stream by its content', () => {
    expect(looksLikeDnsTcp(stream, 0, stream.length)).toBe(true);
    const cut = framed(large).subarray(0, 60);
    expect(looksLikeDnsTcp(cut, 0, cut.length)).toBe(true);
    const text = Buffer.from('HELO mail.example\r\n');
    expect(looksLikeDnsTcp(text, 0, text.length)).toBe(false);
  });
});
