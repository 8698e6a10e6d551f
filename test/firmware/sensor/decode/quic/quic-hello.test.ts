import { describe, expect, it } from 'vitest';
import { datagramsMax, failuresMax, QuicHello } from '../../../../../firmware/sensor/decode/quic/quic-hello.ts';
import { ja4 } from '../../../../../firmware/sensor/decode/tls/ja4.ts';
import { browserHello, clientHelloBody, message, randomBytes } from '../tls/hello-bytes.ts';
import { concat, cryptoFrame, DRAFT_29, hex, initialKeys, type Kind, type PacketParts, packet, padded, V1, V2 } from './quic-bytes.ts';
import { CONNECTION_ID, PAYLOAD } from './rfc-vectors.ts';

const SERVER_ID = hex('f067a5502a4262b5');
const hello = message(1, clientHelloBody(browserHello));
const PING = Uint8Array.of(1);
const ACK = Uint8Array.of(2, 0, 0, 0, 0);

/** An Initial packet with the piece `[start, end)` of the hello. */
function initial(start: number, end: number, parts: Partial<PacketParts> = {}): Uint8Array {
  return packet({ connectionId: CONNECTION_ID, payload: padded(cryptoFrame(start, hello.subarray(start, end)), 1150), ...parts });
}

function run(...datagrams: Uint8Array[]) {
  const quic = new QuicHello();
  const names: (string | undefined)[] = [];
  const anomalies: (string | undefined)[] = [];
  for (const datagram of datagrams) {
    const found = quic.push(concat(Uint8Array.of(1, 2, 3), datagram, Uint8Array.of(4)), 3, 3 + datagram.length);
    names.push(found?.sni);
    anomalies.push(quic.anomaly);
  }
  return { names, anomalies, done: quic.done, version: quic.version };
}

describe('QuicHello', () => {
  it('gives the hello of the published sample', () => {
    const quic = new QuicHello();
    const bytes = packet({ connectionId: CONNECTION_ID, payload: PAYLOAD });
    const found = quic.push(bytes, 0, bytes.length);
    expect(found).toMatchObject({ sni: 'example.com', alpn: ['alpn'], version: 0x0304, ciphers: [0x1301, 0x1302] });
    expect(found !== undefined && ja4(found, 'q')).toMatch(/^q13d0211an_/);
    expect(quic).toMatchObject({ done: true, version: 'v1', anomaly: undefined });
    expect(quic.push(bytes, 0, bytes.length)).toBeUndefined();
  });

  it.each([
    ['v1', V1],
    ['v2', V2],
    ['draft-29', DRAFT_29],
    ['draft-34', { ...V1, number: 0xff000022 } satisfies Kind],
  ])('names the version %s', (name, kind) => {
    expect(run(initial(0, hello.length, { kind }))).toMatchObject({ names: ['www.example.vn'], version: name });
  });

  it('joins a hello over two datagrams in either order', () => {
    const first = initial(0, 150, { packetNumber: 0, packetNumberBytes: 1 });
    const second = initial(150, hello.length, { packetNumber: 1, packetNumberBytes: 1 });
    expect(run(first, second).names).toEqual([undefined, 'www.example.vn']);
    expect(run(second, first).names).toEqual([undefined, 'www.example.vn']);
    expect(run(second, second, first).names).toEqual([undefined, undefined, 'www.example.vn']);
  });

  it('gives the same wherever the hello is cut, and in whatever pieces', () => {
    for (let cut = 1; cut < hello.length; cut++) {
      const pieces = concat(cryptoFrame(cut, hello.subarray(cut)), PING, cryptoFrame(0, hello.subarray(0, cut)));
      expect(run(packet({ connectionId: CONNECTION_ID, payload: pieces })).names).toEqual(['www.example.vn']);
    }
    for (let size = 12; size < 100; size += 11) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < hello.length; at += size)
        pieces.unshift(cryptoFrame(at, hello.subarray(at, at + size)), new Uint8Array(3), PING);
      expect(run(packet({ connectionId: CONNECTION_ID, payload: concat(...pieces) })).names).toEqual(['www.example.vn']);
    }
  });

  it('reads all packets of a datagram, past packets that are not for it', () => {
    const handshake = packet({ connectionId: SERVER_ID, payload: new Uint8Array(30), type: 'handshake', keys: initialKeys(V1, SERVER_ID) });
    const small = (start: number, end: number) =>
      initial(start, end, { payload: padded(cryptoFrame(start, hello.subarray(start, end)), 30) });
    expect(run(concat(small(0, 150), handshake, small(150, hello.length), new Uint8Array(100))).names).toEqual(['www.example.vn']);
  });

  it('keeps its keys when the client takes over the id that the server chose', () => {
    const later = initial(150, hello.length, { connectionId: SERVER_ID, keys: initialKeys(V1, CONNECTION_ID) });
    expect(run(initial(0, 150), later).names).toEqual([undefined, 'www.example.vn']);
  });

  it('derives new keys after a Retry, and still opens what was sent before it', () => {
    const retried = (start: number, end: number) => initial(start, end, { connectionId: SERVER_ID, token: randomBytes(2, 80) });
    expect(run(initial(0, 150), retried(0, 150), retried(150, hello.length)).names).toEqual([undefined, undefined, 'www.example.vn']);
    expect(run(retried(0, 150), initial(150, hello.length)).names).toEqual([undefined, 'www.example.vn']);
  });

  it('follows a change of version, with the old id or a new one', () => {
    const sameKeyMaterial = initial(150, hello.length, { kind: V2, connectionId: SERVER_ID, keys: initialKeys(V2, CONNECTION_ID) });
    expect(run(initial(0, 150), sameKeyMaterial)).toMatchObject({ names: [undefined, 'www.example.vn'], version: 'v2' });
    expect(run(initial(0, 150), initial(0, hello.length, { kind: V2 })).names).toEqual([undefined, 'www.example.vn']);
    expect(run(initial(0, 150), initial(0, hello.length, { kind: V2, connectionId: SERVER_ID })).names).toEqual([
      undefined,
      'www.example.vn',
    ]);
  });

  it('is not confused by packets of the server', () => {
    const server = packet({
      connectionId: new Uint8Array(0),
      sourceId: SERVER_ID,
      payload: padded(concat(ACK, cryptoFrame(0, randomBytes(1, 90))), 1150),
      keys: initialKeys(V1, CONNECTION_ID, 'server'),
    });
    expect(run(server, initial(0, 150), server, initial(150, hello.length))).toMatchObject({
      names: [undefined, undefined, undefined, 'www.example.vn'],
      anomalies: ['quic.decrypt-failed', undefined, 'quic.decrypt-failed', undefined],
    });
  });

  it('waits through datagrams without a CRYPTO frame', () => {
    const acknowledgement = initial(0, 0, { payload: padded(ACK, 40) });
    expect(run(acknowledgement, initial(0, hello.length)).names).toEqual([undefined, 'www.example.vn']);
  });

  it('gives up on a stream that begins with no ClientHello', () => {
    const other = packet({ connectionId: CONNECTION_ID, payload: cryptoFrame(0, message(2, new Uint8Array(60))) });
    expect(run(other)).toMatchObject({ done: true, names: [undefined], anomalies: ['quic.bad-frame'] });
    const endless = packet({ connectionId: CONNECTION_ID, payload: cryptoFrame(0, Uint8Array.of(1, 0xff, 0xff, 0xff, 1, 2)) });
    expect(run(endless)).toMatchObject({ done: true, anomalies: ['quic.too-large'] });
  });

  it('gives up after its limit of datagrams, and sooner when none can be opened', () => {
    const ping = initial(0, 0, { payload: padded(PING, 40) });
    const many = run(...Array.from({ length: datagramsMax }, () => ping));
    expect(many.done).toBe(true);
    expect(run(...Array.from({ length: datagramsMax - 1 }, () => ping)).done).toBe(false);
    const foreign = initial(0, 10, { keys: initialKeys(V1, SERVER_ID) });
    expect(run(...Array.from({ length: failuresMax - 1 }, () => foreign)).done).toBe(false);
    expect(run(...Array.from({ length: failuresMax }, () => foreign)).done).toBe(true);
    expect(run(concat(...Array.from({ length: 20 }, () => foreign)))).toMatchObject({ done: true, names: [undefined] });
  });

  it('survives every prefix, every changed byte and random datagrams', () => {
    const datagram = concat(initial(0, 150, { payload: padded(cryptoFrame(0, hello.subarray(0, 150)), 200) }), initial(150, hello.length));
    for (let length = 0; length < datagram.length; length++) expect(run(datagram.subarray(0, length)).names).toEqual([undefined]);
    for (let index = 0; index < datagram.length; index++) {
      const changed = Uint8Array.from(datagram);
      changed[index]! ^= 1 << (index & 7);
      expect(run(changed).names).toEqual([undefined]);
    }
    for (let seed = 1; seed < 500; seed++)
      run(
        concat(
          Uint8Array.of(0xc0, 0, 0, 0, 1),
          randomBytes(seed, 200).map((byte) => byte & 0x1f),
        ),
      );
  });
});
