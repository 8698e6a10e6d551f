import { describe, expect, it } from 'vitest';
import { dnsQuery } from '../../../bench/traffic/dns-message.ts';
import { helloRecord, ok, request, serverFlight } from './messages.ts';
import { Sensor } from './sensor.ts';
import { flag, hex, TcpTalk, text, u16 } from './traffic.ts';

const sniOf = (sensor: Sensor) =>
  sensor
    .of('tls')
    .filter(({ role }) => role === 'client')
    .map(({ sni }) => sni);
const urlsOf = (sensor: Sensor) => sensor.of('http').flatMap(({ url }) => (url === undefined ? [] : [url]));
const hello = helloRecord('secret.example');
const get = request('www.example', '/path?q=1');
const inPieces = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
const opened = (ends = {}) => {
  const talk = new TcpTalk(ends);
  return { talk, sensor: new Sensor().send(...talk.handshake()) };
};

describe('a TCP conversation', () => {
  it.each([1, 2, 3, 5, 7, 16, 17, 64, 1000])('is read when its request comes in segments of %i bytes', (size) => {
    const { talk, sensor } = opened({ sport: 8080 });
    for (const piece of inPieces(get, size)) sensor.send(talk.says(piece));
    sensor.send(talk.answers(ok));
    expect(sensor.of('http')).toMatchObject([
      { method: 'GET', host: 'www.example', uri: '/path?q=1', userAgent: 'test/1.0' },
      { status: 200 },
    ]);
  });

  it.each([1, 4, 6, 50, 400])('is read when its ClientHello comes in segments of %i bytes, on any port', (size) => {
    const { talk, sensor } = opened({ sport: 1337 });
    for (const piece of inPieces(hello, size)) sensor.send(talk.says(piece));
    expect(sniOf(sensor)).toEqual(['secret.example']);
  });

  it('is read, client hello, server hello and certificates', () => {
    const { talk, sensor } = opened();
    const { bytes, leaf } = serverFlight('secret.example');
    sensor.send(talk.says(hello));
    for (const piece of inPieces(bytes, 1400)) sensor.send(talk.answers(piece));
    expect(sensor.of('tls').map(({ role, position }) => `${role} ${position ?? ''}`.trim())).toEqual([
      'client',
      'server',
      'certificate 0',
      'certificate 1',
    ]);
    expect(leaf.length).toBeGreaterThan(500);
  });

  it('is read through STARTTLS of SMTP, behind a server that speaks first', () => {
    const { talk, sensor } = opened({ sport: 587 });
    sensor.send(talk.answers(text('220 mail.example ESMTP\r\n')), talk.says(text('EHLO pc.example\r\n')));
    sensor.send(
      talk.answers(text('250-mail.example\r\n250 STARTTLS\r\n')),
      talk.says(text('STARTTLS\r\n')),
      talk.answers(text('220 Ready\r\n')),
    );
    sensor.send(talk.says(hello), talk.answers(serverFlight('secret.example').bytes));
    expect(sniOf(sensor)).toEqual(['secret.example']);
    expect(sensor.of('tls').filter(({ role }) => role === 'certificate')).toHaveLength(2);
  });

  it('is read through a proxy: CONNECT, then TLS', () => {
    const { talk, sensor } = opened({ sport: 3128 });
    sensor.send(talk.says(request('secret.example:443', 'secret.example:443', 'test/1.0', 'CONNECT')));
    sensor.send(
      talk.answers(text('HTTP/1.1 200 Connection established\r\n\r\n')),
      talk.says(hello),
      talk.answers(serverFlight('secret.example').bytes),
    );
    expect(sensor.of('http')).toMatchObject([{ method: 'CONNECT', host: 'secret.example:443' }, { status: 200 }]);
    expect(sniOf(sensor)).toEqual(['secret.example']);
    expect(sensor.of('tls').filter(({ role }) => role === 'certificate')).toHaveLength(2);
  });

  it('is read through a proxy, when CONNECT is refused at first and tried again', () => {
    const { talk, sensor } = opened({ sport: 3128 });
    sensor.send(talk.says(request('secret.example:443', 'secret.example:443', 'test/1.0', 'CONNECT')));
    sensor.send(talk.answers(text('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')));
    sensor.send(talk.says(request('secret.example:443', 'secret.example:443', 'test/1.0', 'CONNECT')));
    sensor.send(talk.answers(text('HTTP/1.1 200 Connection established\r\n\r\n')), talk.says(hello));
    expect(sniOf(sensor)).toEqual(['secret.example']);
  });

  it('is read behind SOCKS', () => {
    const { talk, sensor } = opened({ sport: 1080 });
    sensor.send(talk.says(hex('050100')), talk.answers(hex('0500')), talk.says(hex('05010001 cb007109 01bb')));
    sensor.send(talk.answers(hex('05000001 00000000 0000')), talk.says(hello));
    expect(sniOf(sensor)).toEqual(['secret.example']);
  });

  it('is read when requests are pipelined and their answers come together', () => {
    const { talk, sensor } = opened({ sport: 80 });
    sensor.send(
      talk.says(Buffer.concat([request('www.example', '/1'), request('www.example', '/2')])),
      talk.answers(Buffer.concat([ok, ok])),
    );
    expect(urlsOf(sensor)).toEqual(['http://www.example/1', 'http://www.example/2']);
    expect(sensor.of('http').filter(({ status }) => status === 200)).toHaveLength(2);
  });

  it('is read with the second segment first, when the SYN was seen', () => {
    for (const cut of [1, 5, 60]) {
      const { talk, sensor } = opened();
      const first = talk.says(hello.subarray(0, cut));
      sensor.send(talk.says(hello.subarray(cut)), first);
      expect(sniOf(sensor)).toEqual(['secret.example']);
    }
  });

  it('is read from the second segment on, when no SYN was seen, and tells what is whole in it', () => {
    const talk = new TcpTalk({ sport: 80 });
    const first = talk.says(request('www.example', '/1'));
    const sensor = new Sensor().send(talk.says(request('www.example', '/2')), first, talk.says(request('www.example', '/3')));
    expect(urlsOf(sensor)).toEqual(expect.arrayContaining(['http://www.example/2', 'http://www.example/3']));
  });

  it('is read though every segment comes twice', () => {
    const { talk, sensor } = opened({ sport: 80 });
    for (const piece of inPieces(get, 20)) {
      const frame = talk.says(piece);
      sensor.send(frame, frame);
    }
    expect(urlsOf(sensor)).toEqual(['http://www.example/path?q=1']);
  });

  it('is read across the end of the sequence numbers', () => {
    const talk = new TcpTalk({}, 0xffff_fff0, 0xffff_ffff);
    const sensor = new Sensor().send(...talk.handshake());
    for (const piece of inPieces(hello, 100)) sensor.send(talk.says(piece));
    expect(sniOf(sensor)).toEqual(['secret.example']);
  });

  it('is read where the SYN itself carries data (TCP Fast Open, RFC 7413)', () => {
    const talk = new TcpTalk();
    const sensor = new Sensor().send(talk.segment(true, flag.syn, 1000, hello.subarray(0, 200)));
    talk.clientNext = 1001 + 200;
    sensor.send(talk.synAck(), talk.ack(), talk.says(hello.subarray(200)));
    expect(sniOf(sensor)).toEqual(['secret.example']);
  });

  it('is read where FIN comes with the last of the data', () => {
    const { talk, sensor } = opened({ sport: 80 });
    sensor.send(talk.segment(true, flag.fin | flag.ack, talk.clientNext, get));
    expect(urlsOf(sensor)).toEqual(['http://www.example/path?q=1']);
  });

  it('is read over keep-alives that repeat the byte before (RFC 9293 §3.8.4)', () => {
    const { talk, sensor } = opened({ sport: 80 });
    sensor.send(talk.says(get), talk.answers(ok));
    for (let number = 0; number < 5; number++) sensor.send(talk.segment(true, flag.ack, talk.clientNext - 1, Buffer.alloc(1)));
    sensor.send(talk.says(request('www.example', '/later')));
    expect(urlsOf(sensor)).toEqual(['http://www.example/path?q=1', 'http://www.example/later']);
  });

  it('tells the messages behind a hole, and the hole as a gap', () => {
    const { talk, sensor } = opened({ sport: 80 });
    sensor.send(talk.says(request('www.example', '/1')), talk.answers(ok));
    talk.says(request('www.example', '/lost'));
    sensor.send(talk.says(request('www.example', '/3')));
    for (let number = 0; number < 12; number++) sensor.send(talk.answers(ok));
    expect(urlsOf(sensor)).toEqual(['http://www.example/1', 'http://www.example/3']);
    expect(sensor.of('anomaly')).toMatchObject([{ layer: 'stream', what: 'gap' }]);
  });

  it('tells at its end what waited behind a hole', () => {
    const { talk, sensor } = opened({ sport: 80 });
    talk.says(request('www.example', '/lost'));
    sensor.send(talk.says(request('www.example', '/2'))).finish();
    expect(urlsOf(sensor)).toEqual(['http://www.example/2']);
  });

  it('carries DNS on port 53, in whatever pieces', () => {
    const message = dnsQuery({ id: 9, name: 'a.example', type: 1 }, true);
    const twice = Buffer.concat([u16(message.length), message, u16(message.length), message]);
    for (const size of [1, 2, 3, 50, 500]) {
      const { talk, sensor } = opened({ sport: 53 });
      for (const piece of inPieces(twice, size)) sensor.send(talk.says(piece));
      expect(sensor.of('dns').map(({ qname }) => qname)).toEqual(['a.example', 'a.example']);
    }
  });

  it('shows the client by its content where the ports say otherwise', () => {
    const talk = new TcpTalk({ cport: 1025, sport: 50_000 });
    const sensor = new Sensor().send(talk.says(hello));
    expect(sensor.of('tls')).toMatchObject([{ src: '10.0.0.5', sport: 1025, dport: 50_000 }]);
  });
});

describe('a TCP conversation of unknown kind', () => {
  const rubbish = (length: number) => Buffer.alloc(length, 0xa7);

  it('is given up after 32 segments or 32 KiB: what comes later is not read', () => {
    for (const [segments, size] of [
      [40, 100],
      [30, 1400],
    ] as const) {
      const { talk, sensor } = opened({ sport: 4444 });
      for (let number = 0; number < segments; number++) sensor.send(talk.says(rubbish(size)), talk.answers(rubbish(size)));
      sensor.send(talk.says(hello));
      expect(sniOf(sensor)).toEqual([]);
      expect(sensor.pipeline.observer.conversationsLive).toBe(0);
    }
  });

  it('is still looked at before: TLS may begin after 10 exchanges', () => {
    const { talk, sensor } = opened({ sport: 4444 });
    for (let number = 0; number < 10; number++) sensor.send(talk.says(rubbish(100)), talk.answers(rubbish(100)));
    sensor.send(talk.says(hello));
    expect(sniOf(sensor)).toEqual(['secret.example']);
  });

  it('gives back all memory at its end', () => {
    const sensor = new Sensor();
    for (let port = 0; port < 300; port++) {
      const talk = new TcpTalk({ cport: 10_000 + port, sport: 4444 });
      sensor.send(...talk.handshake());
      talk.says(rubbish(10));
      sensor.send(talk.says(rubbish(1000)), talk.reset(true));
    }
    sensor.finish();
    expect(sensor.pipeline.observer.conversationsLive).toBe(0);
    expect(sensor.bugs).toEqual([]);
  });
});

describe('conversations at their cap', () => {
  it('are refused and counted, and the flows are counted all the same', () => {
    const sensor = new Sensor(undefined, { streams: { connectionsMax: 64 } });
    for (let port = 0; port < 100; port++) {
      const talk = new TcpTalk({ cport: 10_000 + port, sport: 80 });
      sensor.send(...talk.handshake(), talk.says(request('www.example')));
    }
    expect(urlsOf(sensor)).toHaveLength(64);
    expect(sensor.pipeline.observer.conversationsRefused).toBe(36);
    expect(sensor.pipeline.anomalies.counts['stream.refused']).toBe(36);
    sensor.finish();
    expect(sensor.of('flow')).toHaveLength(100);
    expect(sensor.pipeline.observer.conversationsLive).toBe(0);
  });

  it('have room again when others have ended', () => {
    const sensor = new Sensor(undefined, { streams: { connectionsMax: 64 } });
    for (let port = 0; port < 200; port++) {
      const talk = new TcpTalk({ cport: 10_000 + port, sport: 80 });
      sensor.send(...talk.handshake(), talk.says(request('www.example', `/${port}`)), talk.answers(ok), ...talk.close());
      sensor.wait(1);
    }
    expect(urlsOf(sensor)).toHaveLength(200);
  });
});
