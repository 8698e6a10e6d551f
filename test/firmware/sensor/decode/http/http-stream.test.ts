import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../../../../firmware/sensor/decode/anomaly.ts';
import {
  HttpExchange,
  type HttpRequest,
  HttpRequestStream,
  type HttpResponse,
  HttpResponseStream,
} from '../../../../../firmware/sensor/decode/http/http-stream.ts';

class Collected {
  readonly requests: HttpRequest[] = [];
  readonly responses: HttpResponse[] = [];
  readonly anomalies: Anomaly[] = [];
  request(request: HttpRequest): void {
    this.requests.push(request);
  }
  response(response: HttpResponse): void {
    this.responses.push(response);
  }
  anomaly(anomaly: Anomaly): void {
    this.anomalies.push(anomaly);
  }
}

type Stream = HttpRequestStream | HttpResponseStream;

/** Pushes copies that are wiped afterwards, and skips bodies as the observer does. */
function feed(stream: Stream, text: string, chunkBytes = text.length, skips = false): void {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes));
    const unseen = skips ? Math.min(chunk.length, stream.bodyBytesLeft) : 0;
    stream.skip(unseen);
    stream.push(chunk, unseen, chunk.length);
    chunk.fill(0x21);
  }
}

function requestsOf(text: string, chunkBytes = text.length): Collected {
  const collected = new Collected();
  const stream = new HttpRequestStream(collected, new HttpExchange());
  feed(stream, text, chunkBytes);
  stream.finish();
  return collected;
}

function responsesOf(text: string, methods: readonly string[] = [], chunkBytes = text.length, skips = false): Collected {
  const collected = new Collected();
  const exchange = new HttpExchange();
  for (const method of methods) exchange.asked(method);
  const stream = new HttpResponseStream(collected, exchange);
  feed(stream, text, chunkBytes, skips);
  stream.finish();
  return collected;
}

const request = (lines: readonly string[], body = '') => `${lines.join('\r\n')}\r\n\r\n${body}`;
const chunkSizes = [1, 2, 3, 4, 5, 7, 11, 16, 31, 64, 100, 1000];

describe('a request', () => {
  it('gives method, target, host, user agent and URL', () => {
    const text = request([
      'POST /gate.php?id=7 HTTP/1.1',
      'Accept: */*',
      'hOsT:  c2.example:8080 ',
      'User-Agent: Mozilla/4.0 (x)\t',
      'Content-Length: 0',
    ]);
    expect(requestsOf(text).requests).toEqual([
      {
        method: 'POST',
        target: '/gate.php?id=7',
        uri: '/gate.php?id=7',
        host: 'c2.example:8080',
        userAgent: 'Mozilla/4.0 (x)',
        url: 'http://c2.example:8080/gate.php?id=7',
      },
    ]);
  });

  it.each([
    [
      'absolute form, whatever the host line says',
      ['GET http://a.example/x HTTP/1.1', 'Host: b.example'],
      'http://a.example/x',
      'b.example',
    ],
    ['absolute form without a host line', ['GET HTTP://a.example/x HTTP/1.1'], 'HTTP://a.example/x', undefined],
    ['CONNECT', ['CONNECT a.example:443 HTTP/1.1', 'Host: a.example:443'], 'a.example:443', 'a.example:443'],
    ['the asterisk form', ['OPTIONS * HTTP/1.1', 'Host: a.example'], 'http://a.example*', 'a.example'],
    ['a target with blanks, cut at the first', ['GET /a b HTTP/1.1', 'Host: a.example'], 'http://a.example/a', 'a.example'],
    ['no host', ['GET / HTTP/1.0', 'Host:'], undefined, undefined],
    ['a blank before the colon, which makes no header', ['GET / HTTP/1.1', 'Host : a.example'], undefined, undefined],
    ['a folded line', ['GET / HTTP/1.1', 'Host:', ' a.example'], 'http://a.example/', 'a.example'],
  ])('of %s', (_, lines, url, host) => {
    const [only] = requestsOf(request(lines)).requests;
    expect(only?.url).toBe(url);
    expect(only?.host).toBe(host);
  });

  it('escapes what is not printable ASCII', () => {
    const [only] = requestsOf(request(['GET /\xe9 HTTP/1.1', 'User-Agent: a\tb\x01\xff\x7f'])).requests;
    expect(only?.uri).toBe('/\\xe9');
    expect(only?.userAgent).toBe('a b\\x01\\xff\\x7f');
  });

  it('is read with bare line feeds and after empty lines', () => {
    expect(requestsOf('\r\n\nGET /x HTTP/1.0\nHost: a.example\n\n').requests).toMatchObject([{ uri: '/x', host: 'a.example' }]);
  });

  it('of two host lines keeps the last and says that something is wrong', () => {
    const [only] = requestsOf(request(['GET / HTTP/1.1', 'Host: a.example', 'Host: b.example'])).requests;
    expect(only).toMatchObject({ host: 'b.example', anomaly: 'http.bad-request' });
  });

  it('that never ends is reported at the end, by its whole lines only', () => {
    expect(requestsOf('GET /slow HTTP/1.1\r\nHost: a.example\r\nUser-Agent: trunca').requests).toEqual([
      { method: 'GET', target: '/slow', uri: '/slow', host: 'a.example', url: 'http://a.example/slow' },
    ]);
    expect(requestsOf('GET /slow HTTP/1.1').requests).toEqual([]);
  });

  it('with too large a head is reported as far as it goes, at every chunk size', () => {
    const text = request(['GET /big HTTP/1.1', 'Host: a.example', `X: ${'y'.repeat(20_000)}`]);
    for (const size of [1, 100, 1460, 16_384, text.length]) {
      expect(requestsOf(text, size).requests).toMatchObject([{ uri: '/big', host: 'a.example', anomaly: 'http.header-too-large' }]);
    }
  });

  it('with more lines than are read is reported with what stood in them', () => {
    const text = request(['GET /many HTTP/1.1', 'Host: a.example', ...Array.from({ length: 500 }, () => 'A: b')]);
    expect(requestsOf(text).requests).toMatchObject([{ host: 'a.example', anomaly: 'http.header-too-large' }]);
  });
});

describe('several requests on one connection', () => {
  const pipelined =
    request(['POST /1 HTTP/1.1', 'Host: a.example', 'Content-Length: 30'], 'GET /no HTTP/1.1\r\nHost: no\r\n\r\n') +
    request(
      ['POST /2 HTTP/1.1', 'Host: b.example', 'Transfer-Encoding: gzip, Chunked'],
      '5;x=y\r\nGET /\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: 1\r\n\r\n',
    ) +
    request(['GET /3 HTTP/1.1', 'Host: c.example', 'User-Agent: agent']) +
    request(['HEAD /4 HTTP/1.1', 'Host: d.example']);

  it('are all found, at every chunk size, and nothing in their bodies', () => {
    const whole = requestsOf(pipelined);
    expect(whole.requests.map((entry) => entry.url)).toEqual([
      'http://a.example/1',
      'http://b.example/2',
      'http://c.example/3',
      'http://d.example/4',
    ]);
    expect(whole.anomalies).toEqual([]);
    for (const size of chunkSizes) expect(requestsOf(pipelined, size).requests).toEqual(whole.requests);
  });

  it('lose their place where bytes are no request, and find it at a chunk that begins with one', () => {
    const collected = new Collected();
    const stream = new HttpRequestStream(collected, new HttpExchange());
    feed(stream, `${request(['GET /1 HTTP/1.1', 'Host: a.example'])}\x16\x03\x01 no http`);
    feed(stream, 'more of it');
    feed(stream, request(['GET /2 HTTP/1.1', 'Host: a.example']));
    expect(collected.requests.map((entry) => entry.uri)).toEqual(['/1', '/2']);
    expect(collected.anomalies).toEqual(['http.bad-request']);
  });

  it('go on after a gap in a body, at a chunk that begins with a request', () => {
    const collected = new Collected();
    const stream = new HttpRequestStream(collected, new HttpExchange());
    feed(stream, request(['POST /1 HTTP/1.1', 'Host: a.example', 'Content-Length: 100000'], 'abc'));
    stream.gap();
    feed(stream, 'def');
    feed(stream, request(['GET /2 HTTP/1.1', 'Host: a.example']));
    expect(collected.requests.map((entry) => entry.uri)).toEqual(['/1', '/2']);
  });

  it('keep their place when lost bytes lie within a body', () => {
    const collected = new Collected();
    const stream = new HttpRequestStream(collected, new HttpExchange());
    feed(stream, request(['POST /1 HTTP/1.1', 'Content-Length: 100'], 'abc'));
    expect(stream.bodyBytesLeft).toBe(97);
    stream.skip(90);
    feed(stream, `1234567${request(['GET /2 HTTP/1.1'])}`);
    expect(collected.requests.map((entry) => entry.uri)).toEqual(['/1', '/2']);
  });
});

describe('responses', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nServer: s\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\nHTTP/1.1 404 no\r\n\r\n01234567\r\n0\r\n\r\n';
  const text =
    'HTTP/1.1 100 Continue\r\n\r\n' +
    'HTTP/1.1 201 Created\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nHTTP/' +
    chunked +
    'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n' +
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n' +
    'HTTP/1.1 204\r\n\r\n' +
    'HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 500 not this\r\n\r\n';
  const methods = ['POST', 'GET', 'HEAD', 'GET', 'GET', 'GET'];

  it('are told apart by their methods and lengths, at every chunk size, with bodies skipped or pushed', () => {
    const whole = responsesOf(text, methods);
    expect(whole.responses).toEqual([
      { status: 100 },
      { status: 201, contentType: 'text/html' },
      { status: 200, server: 's' },
      { status: 200 },
      { status: 304 },
      { status: 204 },
      { status: 200 },
    ]);
    expect(whole.anomalies).toEqual([]);
    for (const size of chunkSizes) {
      expect(responsesOf(text, methods, size).responses).toEqual(whole.responses);
      expect(responsesOf(text, methods, size, true).responses).toEqual(whole.responses);
    }
  });

  it('say how much may be skipped: without end for a body until close', () => {
    const stream = new HttpResponseStream(new Collected(), new HttpExchange());
    feed(stream, 'HTTP/1.1 200 OK\r\n\r\nabc');
    expect(stream.bodyBytesLeft).toBe(Number.POSITIVE_INFINITY);
    stream.skip(1e9);
    stream.gap();
    expect(stream.bodyBytesLeft).toBe(Number.POSITIVE_INFINITY);
  });

  it.each(['zz\r\n', '\r\n', 'ffffffffffffffff\r\n', '1\r\nab', `1${' '.repeat(3000)}`])(
    'lose their place in the broken chunk %j',
    (body) => {
      const collected = responsesOf(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`, ['GET']);
      expect(collected.anomalies).toEqual(['http.bad-response']);
    },
  );

  it('with lengths that differ are marked', () => {
    expect(responsesOf('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n').responses[0]?.anomaly).toBe(
      'http.bad-response',
    );
  });

  it('find their place again after a gap', () => {
    const collected = new Collected();
    const stream = new HttpResponseStream(collected, new HttpExchange());
    feed(stream, 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc');
    stream.gap();
    feed(stream, 'xyz');
    feed(stream, 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    expect(collected.responses.map((entry) => entry.status)).toEqual([200, 404]);
  });
});

describe('a tunnel', () => {
  function connect(answer: string): {
    exchange: HttpExchange;
    client: HttpRequestStream;
    server: HttpResponseStream;
    server200End: number;
  } {
    const exchange = new HttpExchange();
    const client = new HttpRequestStream(new Collected(), exchange);
    const server = new HttpResponseStream(new Collected(), exchange);
    feed(client, request(['CONNECT a.example:443 HTTP/1.1', 'Host: a.example:443']));
    const bytes = Buffer.from(answer);
    return { exchange, client, server, server200End: server.push(bytes, 0, bytes.length) };
  }

  it('begins behind the answer to CONNECT, in both directions', () => {
    const head = 'HTTP/1.1 200 Connection established\r\n\r\n';
    const { client, server, server200End } = connect(`${head}\x16\x03\x03`);
    expect(server200End).toBe(head.length);
    expect(server.tunnel && client.tunnel).toBe(true);
    expect(client.push(Buffer.from([0x16, 3, 1]), 0, 3)).toBe(0);
  });

  it('does not begin when the proxy refuses: the client may ask again', () => {
    const { client, server } = connect('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
    const again = Buffer.from(request(['CONNECT a.example:443 HTTP/1.1', 'Proxy-Authorization: x']));
    expect(client.push(again, 0, again.length)).toBe(again.length);
    expect(client.tunnel || server.tunnel).toBe(false);
  });

  it('begins after 101 Switching Protocols', () => {
    const exchange = new HttpExchange();
    const client = new HttpRequestStream(new Collected(), exchange);
    const server = new HttpResponseStream(new Collected(), exchange);
    feed(client, request(['GET /chat HTTP/1.1', 'Upgrade: websocket']));
    feed(server, 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');
    expect(client.tunnel).toBe(true);
  });

  it('is believed when only the client can be seen', () => {
    const client = new HttpRequestStream(new Collected(), new HttpExchange());
    feed(client, request(['CONNECT a.example:443 HTTP/1.1']));
    expect(client.push(Buffer.from([0x16, 3, 1]), 0, 3)).toBe(0);
    expect(client.tunnel).toBe(true);
  });
});

describe('hostile bytes', () => {
  const text =
    request(['POST /1 HTTP/1.1', 'Host: a.example', 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n') + request(['GET /2 HTTP/1.1']);

  it('never make a stream throw: every prefix, every flipped byte', () => {
    for (let length = 0; length <= text.length; length++) requestsOf(text.slice(0, length) || ' ', 8);
    for (let at = 0; at < text.length; at++) {
      for (const mask of [1, 0x20, 0x80, 0xff]) {
        const flipped = Buffer.from(text, 'latin1');
        flipped[at] = flipped[at]! ^ mask;
        expect(requestsOf(flipped.toString('latin1'), 13).requests.length).toBeLessThanOrEqual(3);
        responsesOf(flipped.toString('latin1'), [], 13);
      }
    }
  });

  it('one byte at a time cost no more than their number: a head of 16 KiB under 100 ms', () => {
    const begun = performance.now();
    requestsOf(`GET / HTTP/1.1\r\nX: ${'a'.repeat(30_000)}`, 1);
    expect(performance.now() - begun).toBeLessThan(100);
  });

  it('that pipeline a thousand requests without an answer do not fill the memory of methods', () => {
    const exchange = new HttpExchange();
    for (let count = 0; count < 1000; count++) exchange.asked('HEAD');
    let known = 0;
    for (let count = 0; count < 1000; count++) if (exchange.answered() !== undefined) known++;
    expect(known).toBe(64);
    exchange.asked('GET');
    expect(exchange.answered()).toBe('GET');
  });
});
