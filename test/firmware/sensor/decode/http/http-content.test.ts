import { describe, expect, it } from 'vitest';
import {
  looksLikeHttpRequest,
  looksLikeHttpResponse,
  mayBecomeHttpRequest,
} from '../../../../../firmware/sensor/decode/http/http-stream.ts';

const ask = (test: (bytes: Uint8Array, start: number, end: number) => boolean, text: string) => {
  // Bytes around it must not matter.
  const bytes = Buffer.from(`\n ${text} HTTP/1.1\r\n`, 'latin1');
  return test(bytes, 2, 2 + Buffer.byteLength(text, 'latin1'));
};

describe('looksLikeHttpRequest', () => {
  it.each([
    'GET / HTTP/1.1\r\n',
    'GET / HTTP/1.0\n',
    'POST /x?y=1 HTTP/1.1\r\nHost: a\r\n',
    'GET http://a.example/ HTTP/1.1\r\n',
    'CONNECT a.example:443 HTTP/1.1\r\n',
    'OPTIONS * HTTP/1.1\r\n',
    'RPC_IN_DATA /rpc/rpcproxy.dll HTTP/1.1\r\n',
    'M-SEARCH * HTTP/1.1\r\n',
    'GET /a very long target that is cut',
    'GET /shell?cd+/tmp http://a.example/x HTTP/1.1\r\n',
    'GET noslash HTTP/1.1\r\n',
    'BEACON /own/method HTTP/1.1\r\n',
    'GET /nine\r\n',
  ])('takes %j', (text) => {
    expect(ask(looksLikeHttpRequest, text)).toBe(true);
  });

  it.each([
    '',
    'GET',
    'GET /x RTSP/1.0\r\n',
    'OPTIONS sip:a@b.example SIP/2.0\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'get / HTTP/1.1\r\n',
    'GET key\r\n',
    'HELO mail.example\r\n',
    'SOURCE /radio ICE/1.0\r\n',
    'SSH-2.0-OpenSSH_9.9\r\n',
    'HTTP/1.1 200 OK\r\n',
    'GET\t/ HTTP/1.1\r\n',
    'AVERYLONGMETHODTHATNOBODYHAS / HTTP/1.1\r\n',
    '\x16\x03\x01\x02\x00\x01',
  ])('refuses %j', (text) => {
    expect(ask(looksLikeHttpRequest, text)).toBe(false);
  });

  it('says when too little is here to tell', () => {
    for (const text of ['G', 'GET', 'GET ', 'POST', 'BEACON /x']) expect(ask(mayBecomeHttpRequest, text)).toBe(true);
    for (const text of ['g', 'GET\r', '\x16', 'QUIT\r\n', '220 mail']) expect(ask(mayBecomeHttpRequest, text)).toBe(false);
  });
});

describe('looksLikeHttpResponse', () => {
  it('takes status lines and nothing else', () => {
    for (const text of ['HTTP/1.1 200 OK\r\n', 'HTTP/1.0 404 \r\n', 'HTTP/1.1 204\r\n', 'HTTP/1.1 200'])
      expect(ask(looksLikeHttpResponse, text)).toBe(true);
    for (const text of ['', 'HTTP/1.1', 'HTTP/1.1 2', 'HTTP/1.1 2000 ', 'HTTP/1.1 abc', 'HTTP/2 200', 'ICY 200 OK', 'GET / HTTP/1.1\r\n'])
      expect(ask(looksLikeHttpResponse, text)).toBe(false);
  });
});
