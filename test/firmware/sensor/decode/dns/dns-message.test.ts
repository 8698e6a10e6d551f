import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { decodeDns, nameText, rcodeMnemonic, typeMnemonic } from '../../../../../firmware/sensor/decode/dns/dns-message.ts';
import { answer, message, name, pseudoRandom, query, question, record, u16, u32 } from './message-bytes.ts';

const decode = (bytes: Uint8Array) => decodeDns(new Reader(bytes));
const text = (value: string) => [...Buffer.from(value, 'latin1')];
const dataOf = (type: number, data: readonly number[]) =>
  decode(message({ flags: 0x8180, questions: [question('q.example', type)], answers: [record(12, type, data)] })).answers[0]?.data;

describe('a query', () => {
  it('gives its question in lower case and without a final dot', () => {
    const decoded = decode(query);
    expect(decoded.questions).toHaveLength(1);
    expect(decoded.questions[0]).toMatchObject({ name: 'www.evil.example', type: 1, class: 1 });
    expect(decoded).toMatchObject({ id: 0x1234, response: false, opcode: 0, rcode: 0, questionsWhole: true, answers: [] });
    expect(decoded.anomaly).toBeUndefined();
  });

  it('names the root with a dot', () => {
    expect(decode(message({ questions: [question('.', 2)] })).questions[0]?.name).toBe('.');
  });

  it('escapes dots, backslashes, blanks and bytes outside ASCII, and tells them apart', () => {
    const label = [7, ...text('a.b\\c \xff')];
    const decoded = decode(message({ questions: [[...label, ...name('example'), ...u16(1), ...u16(1)]] }));
    expect(decoded.questions[0]?.name).toBe('a\\.b\\\\c\\032\\255.example');
  });

  it('makes the text of a name when it is asked for, and gives its characters without it', () => {
    const { questions, answers } = decode(
      message({ flags: 0x8180, questions: [question('WWW.Evil.example')], answers: [record(12, 1, [192, 0, 2, 1])] }),
    );
    const owner = questions[0]!.owner;
    expect(answers[0]?.owner).toBe(owner);
    expect(nameText.toString('latin1', 0, owner.writeText())).toBe('www.evil.example');
    expect(owner.text).toBe('www.evil.example');
  });

  it('reads several questions, as multicast DNS sends them', () => {
    const decoded = decode(message({ questions: [question('a.local', 12), question('b.local', 255, 0x8001)] }));
    expect(decoded.questions.map((entry) => entry.name)).toEqual(['a.local', 'b.local']);
  });
});

describe('a response', () => {
  it('gives addresses as words and as text, through compressed names', () => {
    const { answers, response, anomaly } = decode(answer);
    expect(response).toBe(true);
    expect(anomaly).toBeUndefined();
    expect(answers.map((entry) => [entry.name, typeMnemonic(entry.type), entry.ttl, entry.data])).toEqual([
      ['www.evil.example', 'CNAME', 60, 'cdn.evil.example'],
      ['cdn.evil.example', 'A', 300, '192.0.2.66'],
      ['cdn.evil.example', 'AAAA', 60, '2001:db8::5'],
    ]);
    expect(answers[1]?.address).toEqual({ a: 0, b: 0, c: 0xffff, d: (192 << 24) | (2 << 8) | 66 });
  });

  it('takes the upper bits of the response code from OPT, behind other records', () => {
    const opt = [0, ...u16(41), ...u16(1232), 1, 0, 0, 0, 0, 0];
    const decoded = decode(
      message({
        flags: 0x8187,
        questions: [question('x.example')],
        authorities: [record('x.example', 2, name('ns.example'))],
        additionals: [opt],
      }),
    );
    expect(rcodeMnemonic(decoded.rcode)).toBe('BADCOOKIE');
  });

  it.each([
    ['MX', 15, [...u16(10), ...name('Mail.example')], '10 mail.example'],
    ['SRV', 33, [...u16(1), ...u16(2), ...u16(443), ...name('s.example')], '1 2 443 s.example'],
    ['TXT', 16, [3, ...text('a"b'), 2, 0x5c, 0x07], '"a\\"b" "\\\\\\007"'],
    ['SOA', 6, [...name('ns.example'), ...name('root.example'), ...[1, 2, 3, 4, 5].flatMap(u32)], 'ns.example root.example 1 2 3 4 5'],
    ['CAA', 257, [0, 5, ...text('issue'), ...text('ca.example')], '0 issue "ca.example"'],
    ['an unknown type', 4711, [0xab, 0xcd], '\\# 2 abcd'],
    ['no data', 4711, [], '\\# 0'],
  ])('writes %s as in a zone file', (_, type, data, expected) => {
    expect(dataOf(type, data)).toBe(expected);
  });

  it('writes the parameters of an HTTPS record', () => {
    const parameter = (key: number, value: readonly number[]) => [...u16(key), ...u16(value.length), ...value];
    const data = [
      ...u16(1),
      0,
      ...parameter(1, [2, ...text('h2'), 3, ...text('a,b')]),
      ...parameter(2, []),
      ...parameter(3, u16(8443)),
      ...parameter(4, [192, 0, 2, 1, 192, 0, 2, 2]),
      ...parameter(5, [1, 2, 3]),
      ...parameter(6, [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
      ...parameter(9999, [0x20]),
    ];
    expect(dataOf(65, data)).toBe(
      '1 . alpn=h2,a\\\\,b no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=AQID ipv6hint=2001:db8::1 key9999=\\032',
    );
  });

  it('keeps a record with bad data as bytes, says so, and reads the next one', () => {
    const bytes = message({
      flags: 0x8180,
      questions: [question('x.example')],
      answers: [record(12, 1, [1, 2, 3]), record(12, 1, [192, 0, 2, 9])],
    });
    const decoded = decode(bytes);
    expect(decoded.answers.map((entry) => entry.data)).toEqual(['\\# 3 010203', '192.0.2.9']);
    expect(decoded.anomaly).toBe('dns.bad-record');
  });

  it('does not read a name past the end of its own record', () => {
    const bytes = message({
      flags: 0x8180,
      questions: [question('x.example')],
      answers: [record(12, 5, [9, 1, 2]), record(12, 1, [192, 0, 2, 9])],
    });
    const decoded = decode(bytes);
    expect(decoded.answers.map((entry) => entry.data)).toEqual(['\\# 3 090102', '192.0.2.9']);
  });
});

describe('a hostile message', () => {
  it('is refused when a pointer leads to itself, forwards, or into the header', () => {
    for (const offset of [12, 14, 40]) {
      const decoded = decode(message({ questions: [[0xc0, offset, ...u16(1), ...u16(1)]] }));
      expect(decoded.anomaly).toBe('dns.compression-loop');
      expect(decoded.questionsWhole).toBe(false);
    }
    expect(decode(message({ questions: [[0xc0, 4, ...u16(1), ...u16(1)]] })).anomaly).toBe('dns.bad-name');
  });

  it('is refused when two pointers lead to each other', () => {
    const bytes = message({ questions: [[1, 0x61, 0xc0, 16, 0xc0, 12, ...u16(1), ...u16(1)]] });
    expect(decode(bytes).anomaly).toBe('dns.compression-loop');
  });

  it('is refused when a name grows beyond 255 bytes', () => {
    const label = [63, ...new Array<number>(63).fill(0x61)];
    expect(decode(message({ questions: [[...label, ...label, ...label, ...label, 0, ...u16(1), ...u16(1)]] })).anomaly).toBe(
      'dns.name-too-long',
    );
  });

  it('costs no more than the bytes it has, whatever its counts say', () => {
    const bytes = Buffer.from('1234818000ffffffffffffff'.padEnd(24, 'f'), 'hex');
    bytes.fill(0xff, 4);
    const rounds = 2000;
    decode(bytes);
    const begun = performance.now();
    for (let round = 0; round < rounds; round++) decode(bytes);
    expect(((performance.now() - begun) / rounds) * 1000).toBeLessThan(50);
    expect(decode(bytes).questions).toEqual([]);
  });

  it('gives at most 256 records of a section and says that there were more', () => {
    const answers = Array.from({ length: 300 }, () => record('.', 1, [192, 0, 2, 1]));
    const decoded = decode(message({ flags: 0x8180, questions: [question('x.example')], answers }));
    expect(decoded.answers.length).toBe(256);
    expect(decoded.anomaly).toBe('dns.too-many-records');
  });

  it('keeps what was whole of every prefix and marks the rest', () => {
    const whole = decode(answer);
    for (let length = 0; length < answer.length; length++) {
      const decoded = decode(answer.subarray(0, length));
      expect(decoded.anomaly).toBeDefined();
      expect(decoded.answers.map((entry) => entry.data)).toEqual(whole.answers.slice(0, decoded.answers.length).map((entry) => entry.data));
    }
  });

  it('never makes the decoder throw or read beyond the end: every byte flipped, and random bytes', () => {
    const padded = Buffer.alloc(answer.length + 64, 0x41);
    for (let at = 0; at < answer.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        answer.copy(padded);
        padded[at] = padded[at]! ^ mask;
        const reader = new Reader(padded, 0, answer.length);
        const decoded = decodeDns(reader);
        expect(reader.position).toBeLessThanOrEqual(answer.length);
        expect(decoded.answers.length).toBeLessThanOrEqual(256);
        for (const entry of decoded.answers) expect(entry.data).not.toContain('AAAAAAAA');
      }
    }
    const random = pseudoRandom(7);
    for (let round = 0; round < 2000; round++) decode(Buffer.from(Array.from({ length: random() % 80 }, () => random() & 255)));
  });
});

describe('mnemonics', () => {
  it('follow the registry and fall back to numbers', () => {
    const types = [1, 28, 41, 46, 52, 55, 61, 64, 65, 99, 109, 128, 249, 250, 252, 255, 256, 257, 260, 262, 32768, 32769];
    expect(types.map(typeMnemonic).join(' ')).toBe(
      'A AAAA OPT RRSIG TLSA HIP OPENPGPKEY SVCB HTTPS SPF EUI64 NXNAME TKEY TSIG AXFR ANY URI CAA AMTRELAY WALLET TA DLV',
    );
    expect([typeMnemonic(0), typeMnemonic(4711)]).toEqual(['TYPE0', 'TYPE4711']);
    expect([0, 3, 5, 9, 11, 16, 23].map(rcodeMnemonic).join(' ')).toBe('NOERROR NXDOMAIN REFUSED NOTAUTH DSOTYPENI BADVERS BADCOOKIE');
    expect(rcodeMnemonic(4000)).toBe('RCODE4000');
  });
});
